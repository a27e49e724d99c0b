"""The settings of a machine."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from stemset.config import ApiSettings, CommonSettings, WorkerSettings
from stemset.config.settings import generate_signing_secret
from stemset.errors import ConfigError


def test_all_that_a_machine_keeps_is_in_its_data_folder(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path)
    assert settings.weights_dir == tmp_path / "models"
    assert settings.object_storage.objects_dir == tmp_path / "objects"
    assert settings.temporary_dir == tmp_path / "uploads"
    assert settings.cache_dir == tmp_path / "cache" / "nodes"
    assert settings.queue_database == f"sqlite:///{tmp_path / 'queue.db'}"
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path / 'stemset.db'}"


def test_what_is_named_is_not_in_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEMSET_MODELS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("STEMSET_QUEUE_URL", "postgresql://queue.example/q")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/stemset")
    settings = ApiSettings()
    assert settings.weights_dir == tmp_path / "weights"
    assert settings.queue_database == "postgresql://queue.example/q"
    assert settings.database == "postgresql://db.example/stemset"


def test_a_signing_secret_is_32_random_bytes_in_the_format_of_standard_webhooks() -> None:
    first, second = generate_signing_secret(), generate_signing_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_a_generated_key_is_the_same_for_every_process_of_a_data_folder(tmp_path: Path) -> None:
    first = ApiSettings(data_dir=tmp_path)
    assert first.key == ApiSettings(data_dir=tmp_path).key
    assert len(first.key) == 32
    assert (tmp_path / "access.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_set_is_not_written_anywhere(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, access_key="correct-horse-battery")
    assert settings.key == "correct-horse-battery"
    assert not (tmp_path / "access.key").exists()


def test_on_modal_a_closed_service_needs_its_key_from_outside(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="STEMSET_ACCESS_KEY: is not set; run `stemset deploy check --fix`"):
        _ = ApiSettings(data_dir=tmp_path, engine="modal").key


def test_secrets_are_in_no_text(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, access_key="correct-horse-battery", callback_secret="whsec_c2VjcmV0")
    assert "correct-horse" not in repr(settings)
    assert "whsec_" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEMSET_ACCESS_KEY", "short"),
        ("STEMSET_SILENCE_S", "0"),
        ("STEMSET_KEEP_DAYS", "-1"),
        ("STEMSET_ENGINE", "cloud"),
        ("STEMSET_ACCESS", "half"),
    ],
)
def test_a_value_that_means_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        ApiSettings()


def test_gigabytes_are_of_a_thousand_million_bytes(tmp_path: Path) -> None:
    settings = WorkerSettings(data_dir=tmp_path, cache_gb=1.5)
    assert settings.cache_bytes == 1_500_000_000
    assert WorkerSettings(cache_gb=0).cache_bytes == 0


def test_the_runtime_of_models_is_that_of_the_settings(tmp_path: Path) -> None:
    runtime = WorkerSettings(data_dir=tmp_path, device="cpu", threads=2).runtime()
    assert (runtime.device, runtime.threads) == ("cpu", 2)


def test_the_config_of_the_working_folder_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert CommonSettings().config.name == "config.yaml"
    assert CommonSettings().config != Path("config.yaml")
    (tmp_path / "config.yaml").write_text("")
    assert CommonSettings().config == Path("config.yaml")
