from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from stemset.config import CommonSettings
from stemset.errors import ConfigError
from stemset.storage import LocalStorage, open_storage
from stemset.storage.r2 import R2Storage

WHOLE = {
    "R2_BUCKET": "songs",
    "R2_ENDPOINT_URL": "https://account.r2.cloudflarestorage.com/",
    "R2_ACCESS_KEY_ID": "an-id",
    "R2_SECRET_ACCESS_KEY": "a-secret",
}


def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **environment: str) -> CommonSettings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return CommonSettings(data_dir=tmp_path)


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, LocalStorage),
        (WHOLE, R2Storage),
        ({**WHOLE, "STEMSET_STORAGE": "r2"}, R2Storage),
        ({**WHOLE, "STEMSET_STORAGE": "local"}, LocalStorage),
        ({**WHOLE, "R2_BUCKET": ""}, LocalStorage),
    ],
)
def test_the_settings_name_the_storage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], kind: type
) -> None:
    assert isinstance(open_storage(settings(monkeypatch, tmp_path, **environment).object_storage), kind)


def test_a_storage_that_is_named_by_half_is_an_error_that_names_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    half = settings(monkeypatch, tmp_path, R2_BUCKET="songs", R2_ACCESS_KEY_ID="an-id")
    with pytest.raises(ConfigError, match="R2_ENDPOINT_URL: is not set, nor R2_SECRET_ACCESS_KEY"):
        open_storage(half.object_storage)


def test_a_secret_is_in_no_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = settings(monkeypatch, tmp_path, **WHOLE)
    for thing in (whole, whole.r2, whole.r2.account()):
        assert "a-secret" not in repr(thing)
        assert "an-id" not in repr(thing)


def test_an_address_with_a_path_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="endpoint_url"):
        settings(monkeypatch, tmp_path, **{**WHOLE, "R2_ENDPOINT_URL": "https://x.r2.cloudflarestorage.com/songs"})
