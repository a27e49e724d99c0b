"""The JSON of health, limits and profiles."""

from __future__ import annotations

from typing import Literal

from stemset.web.schema import Wire


class Health(Wire):
    """Whether the parts that a request needs answer, and how much the queue holds. worker: one takes jobs."""

    status: Literal["ok", "degraded"]
    version: str
    database: bool
    storage: bool
    worker: bool
    queued: int
    running: int


HEALTH = Health(status="ok", version="0.1.0", database=True, storage=True, worker=True, queued=0, running=1)


class Limits(Wire):
    """What an upload may be, told before it starts."""

    max_bytes: int
    max_duration_s: float
    max_channels: int


class ServiceConfig(Wire):
    """What a page or program needs to know before it asks for anything else."""

    version: str
    default_profile: str
    limits: Limits
    formats: list[str]


CONFIG = ServiceConfig(
    version="0.1.0",
    default_profile="demo",
    limits=Limits(max_bytes=500_000_000, max_duration_s=1800, max_channels=8),
    formats=["flac", "wav", "mp3", "opus", "m4a"],
)


class Profile(Wire):
    """A named collection of recordings with its defaults."""

    name: str
    title: str
    description: str
    strategy: str
    recordings: int


PROFILE = Profile(
    name="demo", title="Demo", description="A short song that is already separated.", strategy="instant", recordings=1
)
