"""The settings that belong to a machine or a deployment, from the environment: one class per kind of process."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from stemset.config.file import find_config_file
from stemset.errors import ConfigError
from stemset.models.network_cache import NetworkCache
from stemset.models.runtime import Device, Precision, Runtime
from stemset.storage.settings import R2Settings, StorageSettings


class CommonSettings(BaseSettings):
    """What every process needs. Each is set by the environment variable STEMSET_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="STEMSET_", frozen=True, extra="ignore")

    config: Path = Field(
        default_factory=find_config_file,
        description="the file with profiles, strategies and limits; default: config.yaml here, else the shipped one",
    )
    data_dir: Path = Field(default=Path("data"), description="database, queue, uploads and stems of this machine")
    models_dir: Path | None = Field(default=None, description="weights; default: models in the data folder")
    callback_secret: str | None = Field(
        default=None,
        description="key that signs the worker's reports (whsec_…); default: made at first start, in the data folder",
        repr=False,
    )
    storage: Literal["local", "r2"] | None = Field(
        default=None, description="where songs and stems are kept; default: in R2 if R2_BUCKET is set"
    )
    r2: R2Settings = Field(default_factory=R2Settings)
    queue_url: str | None = Field(default=None, description="database of the durable queue; default: SQLite")
    engine: Literal["local", "modal"] = Field(
        default="local", description="what runs jobs: workers on the queue, or the deployed app on Modal"
    )
    log_format: Literal["console", "json"] = "console"

    @property
    def weights_dir(self) -> Path:
        """The folder of weights."""
        return self.models_dir or self.data_dir / "models"

    @property
    def objects_dir(self) -> Path:
        """The folder of songs and stems, where they are kept on this machine."""
        return self.data_dir / "objects"

    @property
    def temporary_dir(self) -> Path:
        """The folder of files that last as long as one request."""
        return self.data_dir / "uploads"

    @property
    def cache_dir(self) -> Path:
        """The folder of what nodes made on this machine."""
        return self.data_dir / "cache" / "nodes"

    @property
    def object_storage(self) -> StorageSettings:
        """Where songs and stems are kept, for `open_storage`."""
        return StorageSettings(self.objects_dir, self.r2, self.storage)

    @property
    def queue_database(self) -> str:
        """The SQLAlchemy URL of the durable queue."""
        return self.queue_url or f"sqlite:///{(self.data_dir / 'queue.db').resolve()}"

    def signing_secret(self) -> str:
        """Return the key that signs the worker's reports; where none is set, one is made and stored."""
        return self.callback_secret or _read_or_create_secret(self.data_dir / "callback.key", generate_signing_secret)


class ApiSettings(CommonSettings):
    """What the API process needs."""

    database_url: str | None = Field(
        default=None, validation_alias="DATABASE_URL", description="SQLAlchemy URL (async driver); default: SQLite"
    )
    frontend_dir: Path = Field(default=Path("frontend/dist"), description="the built page")
    access: Literal["open", "closed"] | None = Field(
        default=None,
        description="`closed`: for whoever has the key, `open`: for everybody; default: `closed`, but `open` where "
        "`stemset serve` is reached from this machine alone",
    )
    access_key: str | None = Field(
        default=None,
        min_length=16,
        description="the key of a closed service; default: made at first start, in the data folder",
        repr=False,
    )
    silence_s: float = Field(
        default=60, gt=0, description="a job is looked into when its worker said nothing for so many seconds"
    )
    stream_limit_s: float | None = Field(
        default=None, gt=0, description="after this long a stream of events ends and the page opens another"
    )
    keep_days: float | None = Field(
        default=None,
        gt=0,
        description="recordings are deleted this many days after the last job on them; default: they are kept",
    )

    @property
    def key(self) -> str:
        """The key of a closed service; where none is set, one is made and stored in the data folder.

        Raises ConfigError on Modal, where a folder lasts no longer than its container.
        """
        if self.access_key:
            return self.access_key
        if self.engine == "modal" and self.access != "open":
            raise ConfigError("STEMSET_ACCESS_KEY", "is not set; run `stemset deploy check --fix` to make one")
        return _read_or_create_secret(self.data_dir / "access.key", lambda: secrets.token_urlsafe(24))

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of recordings and jobs."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'stemset.db').resolve()}"


class WorkerSettings(CommonSettings):
    """What a worker process needs."""

    callback_url: str = Field(default="http://127.0.0.1:8000", description="where this worker reports to")
    device: Device = Field(default="auto", description="what neural networks compute on")
    precision: Precision = Field(
        default="auto",
        description="what networks multiply in: float32, float16, bfloat16; default: float16 on CUDA, else float32",
    )
    compile: bool = Field(
        default=False, description="let torch compile Roformers at their first run: minutes, then faster"
    )
    threads: int = Field(default=0, ge=0, description="cores that a network uses on the CPU; 0: all")
    networks_gb: float | None = Field(
        default=None,
        gt=0,
        description="gigabytes of weights kept in memory between jobs; default: half of the memory there is",
    )
    cache_gb: float = Field(
        default=5, ge=0, description="gigabytes of 1,000,000,000 bytes for what nodes made, kept in the data folder"
    )
    weights_mirror: str | None = Field(
        default=None,
        pattern="^https?://",
        description="address of a folder to fetch weights from; default: where their authors publish them",
    )

    def runtime(self) -> Runtime:
        """Make the Runtime of models: folder of weights, device, precision, and the cache of loaded networks."""
        budget = None if self.networks_gb is None else int(self.networks_gb * 1_000_000_000)
        return Runtime(
            self.weights_dir,
            self.device,
            self.weights_mirror,
            threads=self.threads,
            precision=self.precision,
            compiled=self.compile,
            networks=NetworkCache(budget),
        )

    @property
    def cache_bytes(self) -> int:
        """The size limit of `cache_dir` in bytes; 0: nothing is cached."""
        return int(self.cache_gb * 1_000_000_000)


def generate_signing_secret() -> str:
    """Generate 32 random bytes in the format of Standard Webhooks: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _read_or_create_secret(file: Path, generate: Callable[[], str]) -> str:
    """Return the secret in `file`; where there is no such file, write a generated one that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    secret = generate()
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secret)
    return secret
