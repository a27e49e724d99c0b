"""The settings that belong to a machine or a deployment, from the environment: one class per kind of process."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from stemset.config.file import nearest_config
from stemset.models.base import Device


class CommonSettings(BaseSettings):
    """What every process needs. Each is set by the environment variable STEMSET_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="STEMSET_", frozen=True, extra="ignore")

    config: Path = Field(
        default_factory=nearest_config,
        description="the file with profiles, strategies and limits; default: config.yaml here, else the shipped one",
    )
    data_dir: Path = Field(default=Path("data"), description="database, queue, uploads and stems of this machine")
    models_dir: Path | None = Field(default=None, description="weights; default: models in the data folder")
    callback_secret: str | None = Field(
        default=None,
        description="key that signs the worker's reports (whsec_…); default: made at first start, in the data folder",
        repr=False,
    )
    queue_url: str | None = Field(default=None, description="database of the durable queue; default: SQLite")
    log_format: Literal["console", "json"] = "console"

    @property
    def weights_dir(self) -> Path:
        """The folder of weights."""
        return self.models_dir or self.data_dir / "models"

    @property
    def queue_database(self) -> str:
        """The SQLAlchemy URL of the durable queue."""
        return self.queue_url or f"sqlite:///{(self.data_dir / 'queue.db').resolve()}"

    def signing_secret(self) -> str:
        """The key that signs the worker's reports; made and kept in the data folder where none is set."""
        return self.callback_secret or _kept_secret(self.data_dir / "callback.key")


class ApiSettings(CommonSettings):
    """The API process."""

    database_url: str | None = Field(
        default=None, validation_alias="DATABASE_URL", description="SQLAlchemy URL (async driver); default: SQLite"
    )
    frontend_dir: Path = Field(default=Path("frontend/dist"), description="the built page")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of recordings and jobs."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'stemset.db').resolve()}"


class WorkerSettings(CommonSettings):
    """A worker process."""

    callback_url: str = Field(default="http://127.0.0.1:8000", description="where this worker reports to")
    device: Device = Field(default="auto", description="what neural networks compute on")
    cache_gb: float = Field(
        default=5, ge=0, description="gigabytes of 1,000,000,000 bytes for what nodes made, kept in the data folder"
    )
    weights_mirror: str | None = Field(
        default=None,
        pattern="^https?://",
        description="address of a folder to fetch weights from; default: where their authors publish them",
    )

    @property
    def cache_dir(self) -> Path:
        """The folder of what nodes made."""
        return self.data_dir / "cache" / "nodes"

    @property
    def cache_bytes(self) -> int:
        """The most that lies there; 0: nothing is kept."""
        return int(self.cache_gb * 1_000_000_000)


def _kept_secret(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    # The format of Standard Webhooks: base64 behind a prefix that tells what it is.
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secret)
    return secret
