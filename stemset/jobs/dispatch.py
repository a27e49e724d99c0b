"""Handing jobs to an engine: the Dispatcher protocol, and the outbox that feeds it."""

from __future__ import annotations

from typing import Protocol

from stemset.jobs.messages import JobPayload


class Dispatcher(Protocol):
    """An engine that runs payloads, each at least once. Raises Unavailable while it can't be reached."""

    async def dispatch(self, payload: JobPayload) -> str:
        """Hand over a payload and return the engine's name for the run. Doing so twice makes one run."""
        ...

    async def cancel(self, ref: str) -> None:
        """Take a run back if it waits still; one that a worker has is told through its reports."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
