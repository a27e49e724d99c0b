"""The settings of a machine."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

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


SECRETS = {
    "STEMSET_ACCESS_KEY": "correct-horse-battery",
    "STEMSET_CALLBACK_SECRET": "whsec_c2VjcmV0",
    "R2_SECRET_ACCESS_KEY": "key-of-the-bucket",
}


def test_a_secret_of_the_environment_is_read_and_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    settings = ApiSettings()
    assert (settings.access_key, settings.signing_secret(), settings.r2.secret_access_key) == tuple(SECRETS.values())
    for text in (repr(settings), str(settings), repr(settings.r2), repr(settings.object_storage)):
        assert not [value for value in SECRETS.values() if value in text]


@pytest.mark.parametrize("settings", [ApiSettings, WorkerSettings])
def test_a_setting_is_named_by_its_variable_and_told_what_it_is(settings: type[BaseSettings]) -> None:
    for name, field in settings.model_fields.items():
        if name not in {"r2", "log_format"}:
            assert field.description, name
            # It goes on after the variable's name.
            assert not field.description[0].isupper() or field.description.startswith("SQLAlchemy"), name


def test_defaults_need_no_environment() -> None:
    api, worker = ApiSettings(), WorkerSettings()
    assert (api.data_dir, api.frontend_dir, api.engine, api.log_format) == (
        Path("data"), Path("frontend/dist"), "local", "console",
    )  # fmt: skip
    assert (api.access, api.access_key, api.keep_days, api.stream_limit_s, api.silence_s) == (
        None,
        None,
        None,
        None,
        60,
    )
    assert (worker.callback_url, worker.device, worker.precision) == ("http://127.0.0.1:8000", "auto", "auto")
    assert (worker.cache_bytes, worker.threads, worker.compile, worker.networks_gb) == (5_000_000_000, 0, False, None)
    assert api.object_storage.uses_r2 is False


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("STEMSET_DATA_DIR", "/srv/stemset", "data_dir", Path("/srv/stemset")),
        ("STEMSET_CALLBACK_URL", "https://stemset.example", "callback_url", "https://stemset.example"),
        ("STEMSET_DEVICE", "cpu", "device", "cpu"),
        ("STEMSET_PRECISION", "bfloat16", "precision", "bfloat16"),
        ("STEMSET_COMPILE", "true", "compile", True),
        ("STEMSET_THREADS", "3", "threads", 3),
        ("STEMSET_NETWORKS_GB", "1.5", "networks_gb", 1.5),
        ("STEMSET_CACHE_GB", "0", "cache_gb", 0),
        ("STEMSET_WEIGHTS_MIRROR", "http://mirror.example", "weights_mirror", "http://mirror.example"),
        ("STEMSET_LOG_FORMAT", "json", "log_format", "json"),
        ("STEMSET_STORAGE", "local", "storage", "local"),
        ("STEMSET_ENGINE", "modal", "engine", "modal"),
    ],
)
def test_a_worker_reads_its_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, read: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(WorkerSettings(), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEMSET_DEVICE", "tpu"),
        ("STEMSET_PRECISION", "int8"),
        ("STEMSET_THREADS", "-1"),
        ("STEMSET_NETWORKS_GB", "0"),
        ("STEMSET_CACHE_GB", "-1"),
        ("STEMSET_WEIGHTS_MIRROR", "ftp://mirror.example"),
        ("STEMSET_COMPILE", "perhaps"),
        ("STEMSET_LOG_FORMAT", "xml"),
        ("STEMSET_STORAGE", "tape"),
    ],
)
def test_a_worker_refuses_what_means_nothing_and_names_the_field(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=rf"(?m)^{name.removeprefix('STEMSET_').lower()}$"):
        WorkerSettings()


def test_a_worker_knows_no_key_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMSET_ACCESS_KEY", "correct-horse-battery")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/stemset")
    assert not {"access_key", "database_url", "access"} & set(WorkerSettings().model_dump())


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CommonSettings().engine = "modal"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_signing_secret_is_made_once_for_api_and_worker_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = ApiSettings(data_dir=tmp_path / "data").signing_secret()
    assert WorkerSettings(data_dir=tmp_path / "data").signing_secret() == made
    assert (tmp_path / "data" / "callback.key").stat().st_mode & 0o777 == 0o600


def test_a_secret_in_a_file_may_end_in_a_line_break(tmp_path: Path) -> None:
    (tmp_path / "access.key").write_text("correct-horse-battery\n")
    assert ApiSettings(data_dir=tmp_path).key == "correct-horse-battery"
