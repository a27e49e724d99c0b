"""`Outbox`: hands queued jobs to the engine."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import DBAPIError

from stemset.errors import Unavailable
from stemset.features.jobs.engines.dispatcher import Dispatcher
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import JobRecord, JobState, new_nonce
from stemset.features.jobs.repository import JobRepository

log = structlog.stdlib.get_logger()

LEASE_S = 60.0
"""How long a hand-over may take before it counts as lost."""

_BATCH = 20
_QUIET_S = 0.03
_MAX_DELAY_S = 0.5


class Outbox:
    """Hands every queued job to the engine, also one whose API process died between storing it and handing it over.

    When many jobs are made at once, the requests that make them are answered first: handing over would compete with
    that. Run `run()` as a task beside the API, `kick()` after a job was made, and `stop()` at the end. interval_s:
    between two looks for jobs that nobody has kicked for.
    """

    def __init__(self, repository: JobRepository, dispatcher: Dispatcher, *, interval_s: float = 2.0) -> None:
        self._repository = repository
        self._dispatcher = dispatcher
        self._interval_s = interval_s
        self._kicked = asyncio.Event()
        self._stopping = False

    def kick(self) -> None:
        """Have `run()` look for queued jobs now, not only after interval_s."""
        self._kicked.set()

    def stop(self) -> None:
        """Let `run()` end after the batch that it is handing over; no hand-over is cut in the middle."""
        self._stopping = True
        self.kick()

    async def run(self) -> None:
        """Hand over jobs until `stop()`. A database or an engine that is away for a while only delays them."""
        while not self._stopping:
            self._kicked.clear()
            try:
                await self.flush()
            except (Unavailable, DBAPIError) as error:
                log.warning("dispatch_delayed", reason=str(error))
            if await self._kick_within(self._interval_s):
                await self._wait_until_quiet()

    async def _wait_until_quiet(self) -> None:
        """Return when no job was made for _QUIET_S, at the latest after _MAX_DELAY_S."""
        give_up_at = time.monotonic() + _MAX_DELAY_S
        self._kicked.clear()
        while not self._stopping and time.monotonic() < give_up_at and await self._kick_within(_QUIET_S):
            self._kicked.clear()

    async def _kick_within(self, seconds: float) -> bool:
        """Wait for a kick, and tell whether one came in time."""
        try:
            async with asyncio.timeout(seconds):
                return await self._kicked.wait()
        except TimeoutError:
            return False

    async def flush(self) -> int:
        """Hand over all queued jobs that no engine has, and return how many those were."""
        handed_over = 0
        more = True
        while more:
            payloads = await self._next_batch()
            for payload in payloads:
                ref = await self._dispatcher.dispatch(payload)
                if not await self._repository.mark_dispatched(payload, ref):
                    # It was cancelled meanwhile, or we were so slow that another process has claimed it.
                    await self._dispatcher.cancel(ref)
            handed_over += len(payloads)
            more = len(payloads) == _BATCH
        return handed_over

    async def _next_batch(self) -> list[JobPayload]:
        # Two processes that hand over the same job make two runs of it on an engine that isn't repeatable.
        if self._dispatcher.repeatable:
            return await self._repository.undispatched_jobs(limit=_BATCH)
        # A nonce tells the hand-overs of one job apart; that several jobs have the same does no harm.
        return await self._repository.claim_jobs(
            nonce=new_nonce(), now=datetime.now(UTC), lease_s=LEASE_S, limit=_BATCH
        )

    async def withdraw(self, job: JobRecord) -> None:
        """Take a cancelled job back from the engine, which would run it only to its first report."""
        if job.state is JobState.CANCELLED:
            await self.end_run(job)

    async def end_run(self, job: JobRecord) -> None:
        """Have the engine end the job's run, if it has one. An engine that is away is only logged: the run ends at its
        next report, too."""
        if job.dispatch_ref is None:
            return
        try:
            await self._dispatcher.cancel(job.dispatch_ref)
        except Unavailable as error:
            log.warning("withdraw_failed", job=str(job.id), reason=str(error))
