from __future__ import annotations

from pathlib import Path

import pytest

from stemset.errors import ConfigError
from stemset.storage.settings import R2Settings, StorageSettings

ACCOUNT = {
    "bucket": "songs", "endpoint_url": "https://x.r2.cloudflarestorage.com/", "access_key_id": "id",
    "secret_access_key": "secret",
}  # fmt: skip


def test_an_account_has_no_slash_at_the_end_of_its_address_and_the_region_of_r2() -> None:
    account = R2Settings.model_validate(ACCOUNT).account()
    assert (account.endpoint_url, account.region) == ("https://x.r2.cloudflarestorage.com", "auto")


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(f"R2_{name.upper()}", value)
    monkeypatch.setenv("R2_ACCESS_KEY_ID", "")
    settings = R2Settings()
    assert settings.missing_variables() == ("R2_ACCESS_KEY_ID",)
    with pytest.raises(ConfigError, match=r"^R2_ACCESS_KEY_ID: is not set; objects in R2 need it"):
        settings.account()


@pytest.mark.parametrize(
    ("kind", "bucket", "uses_r2"),
    [(None, None, False), (None, "songs", True), ("local", "songs", False), ("r2", None, True)],
)
def test_a_bucket_decides_unless_the_kind_is_named(kind: str | None, bucket: str | None, uses_r2: bool) -> None:
    r2 = R2Settings.model_validate({"bucket": bucket})
    match kind:
        case "local" | "r2" | None:
            assert StorageSettings(Path("objects"), r2, kind).uses_r2 is uses_r2
        case _:
            pytest.fail("no such kind")
