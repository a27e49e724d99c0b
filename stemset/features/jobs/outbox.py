"""Handing jobs to an engine: the Dispatcher protocol, and the outbox that feeds it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from stemset.errors import Unavailable
from stemset.jobs.messages import JobPayload
from stemset.jobs.records import JobRecord, JobState
from stemset.jobs.service import JobService
from stemset.manifest import Manifest
from stemset.models.preparation import Order

log = structlog.stdlib.get_logger()

_AT_ONCE = 20
_QUIET_S = 0.03
_PATIENCE_S = 0.5


class RunState(StrEnum):
    """What an engine knows of a run."""

    WAITING = "waiting"
    """A worker is to take it."""
    RUNNING = "running"
    """A worker has taken it; whether that one still lives, the engine doesn't know."""
    PENDING = "pending"
    """It waits or runs, and has a worker again should its worker be lost; more the engine doesn't tell."""
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

    error: what the run raised, in words; kind: that of a `StemsetError`. since: when its state began. manifest: what
    it returned.
    """

    state: RunState
    error: str | None = None
    since: datetime | None = None
    kind: str = "internal"
    manifest: Manifest | None = None


class Dispatcher(Protocol):
    """An engine that runs payloads, each at least once. Raises Unavailable while it can't be reached.

    repeatable: handing the same payload over twice makes one run. Where it makes two, a job must be claimed before.
    """

    @property
    def repeatable(self) -> bool: ...

    async def dispatch(self, payload: JobPayload) -> str:
        """Hand over a payload and return the engine's name for the run."""
        ...

    async def cancel(self, ref: str) -> None:
        """Take a run back; one that a worker has is ended where the engine can do that, else through its reports."""
        ...

    async def prepare(self, order: Order) -> None:
        """Have weights fetched, beside the jobs."""
        ...

    async def look_up(self, refs: Collection[str]) -> Mapping[str, RunRecord]:
        """Ref -> what the engine knows of the run; unknown ones may be missing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Outbox:
    """Hands every queued job to the engine, also one whose API process died between storing it and handing it over.

    When many jobs are made at once, their makers are answered first: handing over would compete with that.
    Run `run()` as a task beside the API, `kick()` after a job was made, and `stop()` at the end.
    """

    def __init__(self, service: JobService, dispatcher: Dispatcher, *, interval_s: float = 2.0) -> None:
        self._service = service
        self._dispatcher = dispatcher
        self._interval_s = interval_s
        self._kicked = asyncio.Event()
        self._stopping = False

    def kick(self) -> None:
        """Look now, not at the next turn."""
        self._kicked.set()

    def stop(self) -> None:
        """Let `run()` end, after what it has in hand: a hand-over is not cut in the middle."""
        self._stopping = True
        self.kick()

    async def run(self) -> None:
        """Until `stop()`. A database or an engine that is away for a while only delays jobs."""
        while not self._stopping:
            self._kicked.clear()
            try:
                await self.flush()
            except (Unavailable, DBAPIError) as error:
                log.warning("dispatch_delayed", reason=str(error))
            if await self._kick_within(self._interval_s):
                await self._let_makers_finish()

    async def _let_makers_finish(self) -> None:
        """Until no job was made for a moment."""
        give_up_at = time.monotonic() + _PATIENCE_S
        self._kicked.clear()
        while not self._stopping and time.monotonic() < give_up_at and await self._kick_within(_QUIET_S):
            self._kicked.clear()

    async def _kick_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._kicked.wait()
        except TimeoutError:
            return False

    async def flush(self) -> int:
        """Hand over what waits, and return how many jobs that were."""
        handed_over = 0
        more = True
        while more:
            payloads = await self._waiting()
            for payload in payloads:
                ref = await self._dispatcher.dispatch(payload)
                if not await self._service.mark_dispatched(payload, ref):
                    # It was cancelled meanwhile, or we were so slow that another process has claimed it.
                    await self._dispatcher.cancel(ref)
            handed_over += len(payloads)
            more = len(payloads) == _AT_ONCE
        return handed_over

    async def _waiting(self) -> list[JobPayload]:
        if self._dispatcher.repeatable:
            return await self._service.undispatched_jobs(limit=_AT_ONCE)
        return await self._service.claim_jobs(limit=_AT_ONCE)

    async def withdraw(self, job: JobRecord) -> None:
        """After a cancel: spare the engine a run that would end at its first report."""
        if job.state is not JobState.CANCELLED or job.dispatch_ref is None:
            return
        try:
            await self._dispatcher.cancel(job.dispatch_ref)
        except Unavailable as error:
            log.warning("withdraw_failed", job=str(job.id), reason=str(error))
