"""`Dispatcher`: what the service needs of an engine that runs jobs; `WeightsFetcher`: what an engine may do, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from stemset.features.jobs.messages import JobPayload
from stemset.manifest import Manifest
from stemset.models.weights.prefetch import WeightsRequest


class RunState(StrEnum):
    """The state of a run, as far as its engine knows."""

    WAITING = "waiting"
    """A worker is to take it."""
    RUNNING = "running"
    """A worker has taken it; whether that one still lives, the engine doesn't know."""
    PENDING = "pending"
    """It waits or runs; should its worker be lost, it gets another. More the engine doesn't tell."""
    ENDED = "ended"
    """Nobody will take it up again, however it went."""
    RAISED = "raised"
    """Its worker said why it can't be done; another attempt would not go better."""
    TIMED_OUT = "timed_out"
    """It took longer than the engine allows."""
    WITHDRAWN = "withdrawn"
    """Somebody told the engine to end it."""
    BROKE_DOWN = "broke_down"
    """Its worker died of it so often that the engine gave up."""
    REFUSED = "refused"
    """The worker can't read what it was handed."""
    UNKNOWN = "unknown"
    """The engine has never heard of it, or forgot it."""


@dataclass(frozen=True)
class RunRecord:
    """An engine's record of a run.

    error: what the run raised, as a sentence; kind: that of a `StemsetError`. since: when its state began; None where
    the engine doesn't tell. manifest: what the run returned.
    """

    state: RunState
    error: str | None = None
    since: datetime | None = None
    kind: str = "internal"
    manifest: Manifest | None = None


class Dispatcher(Protocol):
    """An engine that runs payloads, each at least once. Raises Unavailable while it can't be reached.

    repeatable: whether a payload that is handed over twice makes one run. Where it makes two, a job must be claimed
    first.
    """

    @property
    def repeatable(self) -> bool: ...

    async def dispatch(self, payload: JobPayload) -> str:
        """Hand over a payload and return the engine's name for the run."""
        ...

    async def cancel(self, ref: str) -> None:
        """Take a run back. One that a worker has is ended where the engine can do that; else it ends at its next
        report."""
        ...

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        """Ref -> the engine's record of the run; unknown ones may be missing."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


@runtime_checkable
class WeightsFetcher(Protocol):
    """An engine that fetches weights, too. Where none does, as on Modal, the operator runs `DOWNLOAD_COMMAND`."""

    async def prepare(self, request: WeightsRequest) -> None:
        """Have the weights of a request fetched, beside the jobs. Raises Unavailable as Dispatcher does."""
        ...
