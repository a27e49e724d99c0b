"""The settings of the storage, from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stemset.errors import ConfigError


@dataclass(frozen=True)
class R2Account:
    """A bucket of Cloudflare R2, or of any S3, and the key to it. endpoint_url: without a slash at the end."""

    bucket: str
    endpoint_url: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    region: str = "auto"


class R2Settings(BaseSettings):
    """Where objects are when they are in R2, or in any S3. Each is set by the environment variable R2_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="R2_", frozen=True, extra="ignore", hide_input_in_errors=True)

    bucket: str | None = Field(default=None, description="name of the bucket; where it is set, objects are in R2")
    endpoint_url: str | None = Field(
        default=None,
        pattern="^https?://[^/?#]+/?$",
        description="address of the S3 API without the bucket: https://<account>.r2.cloudflarestorage.com",
    )
    access_key_id: str | None = Field(default=None, description="id of an API token that reads and writes", repr=False)
    secret_access_key: str | None = Field(default=None, description="secret of that token", repr=False)
    region: str = Field(default="auto", description="`auto` at R2, else where the bucket is")

    @field_validator("bucket", "endpoint_url", "access_key_id", "secret_access_key", mode="before")
    @classmethod
    def _treat_empty_as_unset(cls, value: object) -> object:
        return None if value == "" else value

    def missing_variables(self) -> tuple[str, ...]:
        """Return the names of the required environment variables that are not set."""
        names = ("bucket", "endpoint_url", "access_key_id", "secret_access_key")
        return tuple(f"R2_{name.upper()}" for name in names if getattr(self, name) is None)

    def account(self) -> R2Account:
        """Return the complete account. Raises ConfigError, which names the variables that are missing."""
        if self.bucket and self.endpoint_url and self.access_key_id and self.secret_access_key:
            return R2Account(
                self.bucket, self.endpoint_url.rstrip("/"), self.access_key_id, self.secret_access_key, self.region
            )
        missing = self.missing_variables()
        what = "is not set" if len(missing) == 1 else f"is not set, nor {', '.join(missing[1:])}"
        raise ConfigError(missing[0], f"{what}; objects in R2 need it (STEMSET_STORAGE=local keeps them in a folder)")


@dataclass(frozen=True)
class StorageSettings:
    """Where a process keeps objects: in a folder of this machine, or in R2.

    kind: None is R2 where a bucket is set.
    """

    objects_dir: Path
    r2: R2Settings
    kind: Literal["local", "r2"] | None = None

    @property
    def uses_r2(self) -> bool:
        """Whether objects are kept in R2."""
        return self.kind == "r2" or (self.kind is None and self.r2.bucket is not None)
