"""The settings of a deployment on Modal: read when `modal deploy` runs, and by programs that call the deployed app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names in one variable, with commas between."""

WORKER = "Worker"
"""The class of modal_app.py that runs jobs."""

WEIGHTS_PATH = "/weights"
"""The folder in which every container has the Volume of weights."""

CACHE_PATH = "/cache"
"""The folder in which a worker has the Volume of the node cache."""


class ModalSettings(BaseSettings):
    """The knobs of a deployment. Each is set by the environment variable STEMSET_MODAL_<NAME>; none is a secret."""

    model_config = SettingsConfigDict(env_prefix="STEMSET_MODAL_", frozen=True, extra="ignore")

    app: str = Field(default="stemset", min_length=1, description="name of the app; another name is another deployment")
    region: str | None = Field(default=None, description="where containers run, such as `eu`; default: anywhere")

    gpu: Names = Field(default=("L4", "A10"), description="GPUs, the one to try first in front")
    gpu_max_containers: int = Field(default=4, ge=1, description="the most GPUs at once: the bound of what it can cost")
    gpu_scaledown_s: int = Field(default=60, ge=2, le=1200, description="how long an idle GPU waits for the next song")
    gpu_cpu: float = Field(default=2.0, gt=0, description="CPU cores beside a GPU, which decode and encode")
    gpu_memory_mb: int = Field(default=8192, ge=1024, description="memory beside a GPU")
    gpu_startup_s: int = Field(default=600, ge=30, description="how long a container may take to start")
    gpu_snapshot: bool = Field(default=True, description="start from a memory snapshot with everything imported")
    job_deadline_s: int = Field(default=3600, ge=60, description="what takes longer is stopped and has failed")
    job_retries: int = Field(default=2, ge=0, le=10, description="how often Modal runs a job again that raised")
    cache_gb: float = Field(default=50, ge=0, description="gigabytes for what nodes made, so that none is done twice")

    api_min_containers: int = Field(default=0, ge=0, description="1: nobody waits for a start, and it is paid for")
    api_max_containers: int = Field(default=4, ge=1, description="the most API containers at once")
    api_concurrency: int = Field(default=100, ge=1, description="requests at once in one API container")
    api_timeout_s: int = Field(default=600, ge=60, description="the longest request; streams of events end before it")
    api_scaledown_s: int = Field(default=300, ge=2, le=1200, description="how long an idle API container waits")
    api_memory_mb: int = Field(default=1024, ge=512, description="memory of an API container")

    callback_url: str | None = Field(
        default=None,
        pattern="^https?://",
        validation_alias="STEMSET_CALLBACK_URL",
        description="address of the service as workers see it; default: the one that Modal gives to `api`",
    )

    @field_validator("gpu", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return cls.split_names(value) if isinstance(value, str) else value

    @field_validator("gpu")
    @classmethod
    def _require_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one GPU, such as L4")
        return value

    @staticmethod
    def split_names(text: str) -> tuple[str, ...]:
        """Split a text at its commas; spaces and empty names are left out."""
        return tuple(name.strip() for name in text.split(",") if name.strip())

    @property
    def container_environment(self) -> dict[str, str]:
        """The variables that containers need to read the same settings as the deployment."""
        seen = {"STEMSET_MODAL_APP": self.app, "STEMSET_MODAL_JOB_DEADLINE_S": str(self.job_deadline_s)}
        return seen | ({"STEMSET_CALLBACK_URL": self.callback_url} if self.callback_url else {})

    @property
    def weights_volume(self) -> str:
        """Name of the Volume that holds weights."""
        return f"{self.app}-weights"

    @property
    def cache_volume(self) -> str:
        """Name of the Volume of the node cache."""
        return f"{self.app}-node-cache"

    @property
    def required_secret_keys(self) -> dict[str, tuple[str, ...]]:
        """Name of each Secret -> the variables it must hold. A process is given those that it needs, no others."""
        return {
            self.database_secret: ("DATABASE_URL",),
            self.access_secret: ("STEMSET_ACCESS_KEY",),
            self.callback_secret: ("STEMSET_CALLBACK_SECRET",),
            self.storage_secret: ("R2_BUCKET", "R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"),
        }

    @property
    def optional_secret_keys(self) -> dict[str, tuple[str, ...]]:
        """Name of a Secret -> the variables that it may hold besides."""
        return {self.storage_secret: ("R2_REGION",)}

    @property
    def database_secret(self) -> str:
        return f"{self.app}-database"

    @property
    def access_secret(self) -> str:
        return f"{self.app}-access"

    @property
    def callback_secret(self) -> str:
        return f"{self.app}-callback"

    @property
    def storage_secret(self) -> str:
        return f"{self.app}-storage"


DOWNLOAD_COMMAND = "modal run modal_app.py::download_models"
"""The command that fetches missing weights, for error messages."""
