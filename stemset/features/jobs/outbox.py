"""Handing jobs to an engine: the Dispatcher protocol, and the outbox that feeds it."""

from __future__ import annotations

import asyncio
import time

import structlog
from sqlalchemy.exc import DBAPIError

from stemset.errors import Unavailable
from stemset.features.jobs.engines.dispatcher import Dispatcher
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.jobs.service import JobService

log = structlog.stdlib.get_logger()

_AT_ONCE = 20
_QUIET_S = 0.03
_PATIENCE_S = 0.5


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
