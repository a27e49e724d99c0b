"""The reconciler: no job stays running for ever because its worker went silent.

Workers report at least every few seconds. A job of which nothing was heard for long is settled from what its worker
left: the manifest in storage, or what the run returned; else the engine's record of the run. What can't be settled is
queued again as the next attempt, a few times; the reports of the attempt before are refused from then on. A worker that
doesn't stop when it is told to, or that goes on past the deadline, is ended by the engine.

Several processes may reconcile at once: every change is a compare-and-set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from stemset.errors import DeadlinePassed, NotFound, StaleAttempt, StemsetError, Unavailable, UnknownPayload, WorkerLost
from stemset.features.jobs.engines.dispatcher import Dispatcher, RunRecord, RunState
from stemset.features.jobs.messages import Event, Failed, Report, Stopped, Succeeded
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.jobs.service import JobService
from stemset.manifest import Manifest
from stemset.storage import Keys, Storage

log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Patience:
    """interval_s: between two looks. silence_s: for which a worker may say nothing, and which a service that was just
    started waits for workers to find it. requeues: how often a job is queued again by itself. stopping_s: how long a
    worker may take to stop. deadline_s: how long a job may take from its first start; None: as long as it takes."""

    interval_s: float = 10.0
    silence_s: float = 60.0
    requeues: int = 3
    stopping_s: float = 30.0
    deadline_s: float | None = None


class Reconciler:
    """Run `run()` as a task beside the API, and `stop()` at the end. changed: told the id of every job it settles."""

    def __init__(
        self,
        service: JobService,
        dispatcher: Dispatcher,
        outbox: Outbox,
        storage: Storage,
        changed: Callable[[UUID], None] = lambda _job_id: None,
        *,
        patience: Patience | None = None,
    ) -> None:
        self._service = service
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._storage = storage
        self._changed = changed
        self._patience = patience or Patience()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let `run()` end, after the job it has in hand."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop()`. A database, engine or storage that is away for a while only delays it."""
        # Nobody listened before, so the silence is counted from here.
        pause_s = self._patience.silence_s
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()
            except TimeoutError:
                pause_s = self._patience.interval_s
                try:
                    await self.reconcile()
                except (Unavailable, DBAPIError, OSError) as error:
                    log.warning("reconcile_delayed", reason=str(error))

    async def reconcile(self) -> int:
        """Settle every job that can be settled, and return how many those were."""
        return await self._end_the_stubborn() + await self._settle_the_silent()

    async def _end_the_stubborn(self) -> int:
        """Workers that were told to stop and go on, and jobs that are past their deadline."""
        now = datetime.now(UTC)
        ends: list[tuple[JobRecord, Event]] = [
            (job, Stopped())
            for job in await self._service.stubborn_jobs(now - timedelta(seconds=self._patience.stopping_s))
        ]
        if self._patience.deadline_s is not None:
            running, _ = await self._service.list_jobs([JobState.RUNNING], limit=500)
            begun_before = now - timedelta(seconds=self._patience.deadline_s)
            late = [job for job in running if job.started_at is not None and job.started_at < begun_before]
            ends += [(job, _failed(_too_late(self._patience.deadline_s))) for job in late]
        ended = 0
        for job, end in ends:
            # First the engine, then the record: a job that has ended costs nothing any more.
            await self._withdraw(job)
            if await self._apply(job, end):
                ended += 1
                self._changed(job.id)
        return ended

    async def _settle_the_silent(self) -> int:
        heard_before = datetime.now(UTC) - timedelta(seconds=self._patience.silence_s)
        silent = await self._service.silent_jobs(heard_before)
        if not silent:
            return 0
        runs = await self._dispatcher.look_up([job.dispatch_ref for job in silent if job.dispatch_ref])
        settled = 0
        for job in silent:
            run = runs.get(job.dispatch_ref or "", RunRecord(RunState.UNKNOWN))
            # A job that waited for long may have found its worker just now.
            taken_lately = run.since is not None and run.since > heard_before
            if not _may_go_on(run) and not taken_lately and await self._settle(job, run):
                settled += 1
                self._changed(job.id)
        return settled

    async def _settle(self, job: JobRecord, run: RunRecord) -> bool:
        end = await self._end_of(job, run)
        bound = log.bind(job=str(job.id), attempt=job.attempt, run=run.state.value)
        if end is None:
            if await self._service.requeue(job) is None:
                return False
            bound.warning("job_requeued")
            # Where the worker lives after all, it is told at its next report; nobody else must resume the run.
            await self._withdraw(job)
            self._outbox.kick()
            return True
        return await self._apply(job, end)

    async def _apply(self, job: JobRecord, end: Event) -> bool:
        report = Report(job_id=job.id, attempt=job.attempt, nonce=job.nonce, event=end)
        try:
            applied = await self._service.apply(report, report.message_id)
        except (StaleAttempt, NotFound):
            return False
        log.warning("job_settled", job=str(job.id), attempt=job.attempt, state=applied.job.state.value)
        return applied.event is not None

    async def _end_of(self, job: JobRecord, run: RunRecord) -> Event | None:
        """How the job ended, or None where it is worth another attempt."""
        manifest = run.manifest or await self._manifest(job)
        if manifest is not None and manifest.state == "succeeded" and _complete(job):
            return Succeeded(sum_to_mixture_db=manifest.sum_to_mixture_db, common_gain=manifest.common_gain)
        if job.cancel_requested or run.state is RunState.WITHDRAWN:
            return Stopped()
        if manifest is not None and manifest.error is not None and (run.manifest or _of_this_attempt(manifest, job)):
            return Failed(kind=manifest.error.kind, message=manifest.error.message, node=manifest.error.node)
        if run.state is RunState.REFUSED:
            return _failed(UnknownPayload(run.error or "The worker can't read this job."))
        if run.state is RunState.RAISED:
            return Failed(kind=run.kind, message=run.error or "The worker failed and did not say why.")
        if run.state is RunState.TIMED_OUT:
            return _failed(_too_late(self._patience.deadline_s))
        if run.state is RunState.BROKE_DOWN:
            return _failed(
                WorkerLost(
                    "The worker broke down again and again while it worked on this song. Most often memory runs out: "
                    "try a shorter song or a smaller model."
                )
            )
        if job.requeues >= self._patience.requeues:
            why = f" The last one said: {run.error}" if run.error else ""
            return _failed(WorkerLost(f"{job.requeues + 1} workers, one after another, were lost over this job.{why}"))
        return None

    async def _manifest(self, job: JobRecord) -> Manifest | None:
        try:
            return Manifest.model_validate_json(await asyncio.to_thread(self._storage.read, Keys.manifest(job.id)))
        except (NotFound, ValidationError):
            return None

    async def _withdraw(self, job: JobRecord) -> None:
        if job.dispatch_ref is None:
            return
        try:
            await self._dispatcher.cancel(job.dispatch_ref)
        except Unavailable as error:
            log.warning("withdraw_failed", job=str(job.id), reason=str(error))


def _may_go_on(run: RunRecord) -> bool:
    """Whether the engine will see to it that a worker takes it up, as long as that may last."""
    # A run that is pending has lost its worker, or that can't reach us; its deadline ends it.
    return run.state in (RunState.WAITING, RunState.PENDING)


def _too_late(deadline_s: float | None) -> DeadlinePassed:
    allowed = "allowed" if deadline_s is None else f"the {deadline_s / 60:.0f} minutes that are allowed"
    return DeadlinePassed(f"This took longer than {allowed}; try a shorter song or a smaller model.")


def _complete(job: JobRecord) -> bool:
    """Whether everything that is played is known; the manifest holds no frame index."""
    return job.mixture_ready and set(job.stems) == set(job.expected_stems)


def _of_this_attempt(manifest: Manifest, job: JobRecord) -> bool:
    """A manifest that a former attempt left is older than this attempt's place in the queue."""
    return job.state is JobState.RUNNING and job.started_at is not None and manifest.finished_at >= job.started_at


def _failed(error: StemsetError) -> Failed:
    return Failed(kind=error.kind, message=str(error))
