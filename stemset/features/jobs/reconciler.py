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

_BROKE_DOWN = (
    "The worker broke down again and again while it worked on this song. Most often memory runs out: "
    "try a shorter song or a smaller model."
)


@dataclass(frozen=True)
class ReconcileTimings:
    """When the reconciler looks, and how long it waits before it acts.

    interval_s: between two looks. silence_s: for which a worker may report nothing, and which a service that was just
    started waits for workers to find it. requeues: how often a job is queued again by itself. stopping_s: how long a
    worker may take to stop. deadline_s: how long a job may take from its first start; None: as long as it takes.
    """

    interval_s: float = 10.0
    silence_s: float = 60.0
    requeues: int = 3
    stopping_s: float = 30.0
    deadline_s: float | None = None


class Reconciler:
    """Settles jobs whose workers don't. Run `run()` as a task beside the API, and `stop()` at the end.

    changed: called with the id of every job that it settles.
    """

    def __init__(
        self,
        service: JobService,
        dispatcher: Dispatcher,
        outbox: Outbox,
        storage: Storage,
        changed: Callable[[UUID], None] = lambda _job_id: None,
        *,
        timings: ReconcileTimings | None = None,
    ) -> None:
        self._service = service
        self._dispatcher = dispatcher
        self._outbox = outbox
        self._storage = storage
        self._changed = changed
        self._timings = timings or ReconcileTimings()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let `run()` end after the pass that it is in."""
        self._stopping.set()

    async def run(self) -> None:
        """Reconcile again and again until `stop()`. A database, engine or storage that is away for a while only delays
        it."""
        # No worker could report while no service listened, so silence is counted from here.
        pause_s = self._timings.silence_s
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()
            except TimeoutError:
                pause_s = self._timings.interval_s
                await self._try_reconcile()

    async def _try_reconcile(self) -> None:
        try:
            await self.reconcile()
        except (Unavailable, DBAPIError, OSError) as error:
            log.warning("reconcile_delayed", reason=str(error))

    async def reconcile(self) -> int:
        """Settle every job that can be settled, and return how many those were."""
        ended = 0
        for job, end in [*await self._unkillable_jobs(), *await self._late_jobs()]:
            ended += await self._end(job, end)
        return ended + await self._settle_unheard()

    async def _unkillable_jobs(self) -> list[tuple[JobRecord, Event]]:
        """Jobs whose workers were told to stop and run on, each with its end."""
        told_before = datetime.now(UTC) - timedelta(seconds=self._timings.stopping_s)
        return [(job, Stopped()) for job in await self._service.unkillable_jobs(told_before)]

    async def _late_jobs(self) -> list[tuple[JobRecord, Event]]:
        """Jobs that are past their deadline, each with its end."""
        if self._timings.deadline_s is None:
            return []
        begun_before = datetime.now(UTC) - timedelta(seconds=self._timings.deadline_s)
        running, _ = await self._service.list_jobs([JobState.RUNNING], limit=500)
        late = [job for job in running if job.status.started_at and job.status.started_at < begun_before]
        return [(job, _failed(_deadline_passed(self._timings.deadline_s))) for job in late]

    async def _end(self, job: JobRecord, end: Event) -> bool:
        # First the engine, then the record: a job that has ended costs nothing any more.
        await self._outbox.end_run(job)
        ended = await self._apply(job, end)
        if ended:
            self._changed(job.id)
        return ended

    async def _settle_unheard(self) -> int:
        """Settle the jobs of which nothing was heard for silence_s, unless the engine looks after them."""
        heard_before = datetime.now(UTC) - timedelta(seconds=self._timings.silence_s)
        unheard = await self._service.unheard_jobs(heard_before)
        if not unheard:
            return 0
        runs = await self._dispatcher.look_up([job.dispatch_ref for job in unheard if job.dispatch_ref])
        settled = 0
        for job in unheard:
            run = runs.get(job.dispatch_ref or "", RunRecord(RunState.UNKNOWN))
            # A job that waited for long may have found its worker just now.
            started_lately = run.since is not None and run.since > heard_before
            if not _may_go_on(run) and not started_lately and await self._settle(job, run):
                settled += 1
                self._changed(job.id)
        return settled

    async def _settle(self, job: JobRecord, run: RunRecord) -> bool:
        end = await self._decide_end(job, run)
        if end is not None:
            return await self._apply(job, end)
        if await self._service.requeue(job) is None:
            return False
        log.warning("job_requeued", job=str(job.id), attempt=job.attempt, run=run.state.value)
        # Should the worker be alive, it is told at its next report; nobody else must resume the run.
        await self._outbox.end_run(job)
        self._outbox.kick()
        return True

    async def _apply(self, job: JobRecord, end: Event) -> bool:
        """Apply an end as if the worker had reported it, and tell whether it changed the job."""
        report = Report(job_id=job.id, attempt=job.attempt, nonce=job.nonce, event=end)
        try:
            applied = await self._service.apply(report, report.message_id)
        except (StaleAttempt, NotFound):
            return False
        log.warning("job_settled", job=str(job.id), attempt=job.attempt, state=applied.job.state.value)
        return applied.event is not None

    async def _decide_end(self, job: JobRecord, run: RunRecord) -> Event | None:
        """How the job ended, by the first of these that tells; None where it is worth another attempt."""
        manifest = run.manifest or await self._read_manifest(job)
        return (
            _success_by_manifest(job, manifest)
            or _stop(job, run)
            or _failure_by_manifest(job, run, manifest)
            or self._failure_by_run(run)
            or self._failure_by_requeues(job, run)
        )

    def _failure_by_run(self, run: RunRecord) -> Failed | None:
        """The failure by the engine's record of a run that another attempt would not mend."""
        match run.state:
            case RunState.REFUSED:
                return _failed(UnknownPayload(run.error or "The worker can't read this job."))
            case RunState.RAISED:
                return Failed(kind=run.kind, message=run.error or "The worker failed and did not say why.")
            case RunState.TIMED_OUT:
                return _failed(_deadline_passed(self._timings.deadline_s))
            case RunState.BROKE_DOWN:
                return _failed(WorkerLost(_BROKE_DOWN))
            case _:
                return None

    def _failure_by_requeues(self, job: JobRecord, run: RunRecord) -> Failed | None:
        """The failure of a job that was queued again as often as that is allowed."""
        if job.requeues < self._timings.requeues:
            return None
        why = f" The last one said: {run.error}" if run.error else ""
        return _failed(WorkerLost(f"{job.requeues + 1} workers, one after another, were lost over this job.{why}"))

    async def _read_manifest(self, job: JobRecord) -> Manifest | None:
        try:
            return Manifest.model_validate_json(await asyncio.to_thread(self._storage.read, Keys.manifest(job.id)))
        except (NotFound, ValidationError):
            return None


def _success_by_manifest(job: JobRecord, manifest: Manifest | None) -> Succeeded | None:
    if manifest is None or manifest.state != "succeeded" or not _is_complete(job):
        return None
    return Succeeded(sum_to_mixture_db=manifest.sum_to_mixture_db, common_gain=manifest.common_gain)


def _stop(job: JobRecord, run: RunRecord) -> Stopped | None:
    return Stopped() if job.cancel_requested or run.state is RunState.WITHDRAWN else None


def _failure_by_manifest(job: JobRecord, run: RunRecord, manifest: Manifest | None) -> Failed | None:
    if manifest is None or manifest.error is None:
        return None
    if run.manifest is None and not _is_of_this_attempt(manifest, job):
        return None
    return Failed(kind=manifest.error.kind, message=manifest.error.message, node=manifest.error.node)


def _may_go_on(run: RunRecord) -> bool:
    """Whether the engine will see to it that a worker takes the run up, however long that lasts."""
    # A run that is pending has lost its worker, or that can't reach us; its deadline ends it.
    return run.state in (RunState.WAITING, RunState.PENDING)


def _is_complete(job: JobRecord) -> bool:
    """Whether all tracks are known that are played; the manifest has no frame index, so it can't add one."""
    return job.status.mixture_ready and set(job.status.stems) == set(job.expected_stems)


def _is_of_this_attempt(manifest: Manifest, job: JobRecord) -> bool:
    """A manifest that a former attempt left is older than the start of this attempt."""
    started_at = job.status.started_at
    return job.state is JobState.RUNNING and started_at is not None and manifest.finished_at >= started_at


def _deadline_passed(deadline_s: float | None) -> DeadlinePassed:
    allowed = "allowed" if deadline_s is None else f"the {deadline_s / 60:.0f} minutes that are allowed"
    return DeadlinePassed(f"This took longer than {allowed}; try a shorter song or a smaller model.")


def _failed(error: StemsetError) -> Failed:
    return Failed(kind=error.kind, message=str(error))
