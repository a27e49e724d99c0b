"""`JobService`: what the service decides about jobs.

Every change of a job is one transaction whose first statement is a compare-and-set on the job's row. It takes
the write lock, so numbering needs no other lock on SQLite or PostgreSQL; whoever loses the race reads again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from stemset.errors import Conflict, NotFound, Unavailable
from stemset.features.jobs import transitions
from stemset.features.jobs.creation import JobCreator, NewJob
from stemset.features.jobs.kinds import JobKinds
from stemset.features.jobs.messages import Report, Started
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.records import (
    EventRecord,
    JobRecord,
    JobState,
    JobStatus,
    JobVersion,
    Plan,
    new_nonce,
)
from stemset.features.jobs.repository import MAX_RACES, JobChange, JobRepository

T = TypeVar("T")


@dataclass(frozen=True)
class Applied:
    """What a report did. event: None when it changed nothing. cancel: what the callback answers."""

    job: JobRecord
    event: EventRecord | None
    cancel: bool


class JobService:
    """Answers what is asked about jobs and decides how they change. One per process.

    Raises NotFound for an unknown id, Unavailable when other processes change a job faster than this one can.
    """

    def __init__(self, repository: JobRepository, kinds: JobKinds, outbox: Outbox, notifier: Notifier) -> None:
        self._repository = repository
        self._kinds = kinds
        self._creator = JobCreator(repository, kinds)
        self._outbox = outbox
        self._notifier = notifier

    # Reading -----------------------------------------------------------------------------------------------

    async def job_version(self, job_id: UUID) -> JobVersion:
        """What changes whenever the job does. A hundred who poll at once cost little more than one."""
        return _existing(await self._repository.find_version(job_id), job_id)

    async def get_job(self, job_id: UUID) -> JobRecord:
        return _existing(await self._repository.find_job(job_id), job_id)

    async def list_jobs(
        self,
        states: Collection[JobState] = (),
        profile: str | None = None,
        recording_id: UUID | None = None,
        kind: str | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[JobRecord], int]:
        """A page of jobs, newest first, and how many there are in all. states: none means all."""
        return await self._repository.list_jobs(states, profile, recording_id, kind, limit=limit, offset=offset)

    async def count_jobs(self) -> Mapping[JobState, int]:
        """State -> number of jobs, for every state."""
        return dict.fromkeys(JobState, 0) | await self._repository.count_jobs()

    async def recording_jobs(self, recording_id: UUID) -> list[JobRecord]:
        """All jobs of a recording, oldest first; none for an unknown recording."""
        return await self._repository.recording_jobs(recording_id)

    async def done_job(self, recording_id: UUID, plan: Plan) -> JobRecord | None:
        """The newest job that succeeded in just what the plan would make."""
        kind = self._kinds[plan.kind]
        succeeded = await self._repository.succeeded_jobs(recording_id, plan.kind, plan.identity)
        return next((job for job in succeeded if kind.is_done(job, plan)), None)

    async def events_after(self, job_id: UUID, number: int = 0, *, limit: int = 500) -> list[EventRecord]:
        """Events numbered above `number`, in order."""
        return _existing(await self._repository.find_events(job_id, number, limit=limit), job_id)

    # Changing ----------------------------------------------------------------------------------------------

    async def create_job(self, wanted: NewJob) -> JobRecord:
        """Make a queued job, which the outbox hands to a worker. Where one that does the same is queued, running or
        done on this recording, return that job; with force also where it is done, but not while it is queued or
        running.

        Raises the kind's error for a payload that is too large to hand over.
        """
        job = await self._creator.create(wanted)
        self._outbox.kick()
        return job

    async def apply(self, report: Report, message_id: str) -> Applied:
        """Apply a worker's report once, however often and in whatever order it comes.

        Raises StaleAttempt when the worker that sends it has lost the job, InvalidRequest when the job's kind can't
        read what it says.
        """
        for _ in range(MAX_RACES):
            found = await self._repository.find_reported_job(report.job_id, message_id)
            job, is_known = _existing(found, report.job_id)
            transitions.check_attempt(job, report)
            now = _now()
            kind = self._kinds.of(job)
            status = None if is_known else transitions.apply(job, kind, report, now)
            if status is None:
                if not job.state.final:
                    await self._repository.note_heartbeat(job, now)
                return Applied(job, None, transitions.must_stop(job))
            after = _advance(job, status, run=_reported_run(report))
            change = JobChange(
                type=report.event.type,
                before=job,
                after=after,
                at=now,
                message_id=message_id,
                store=partial(kind.store, job=after, event=report.event),
            )
            if event := await self._store(change):
                self._notifier.notify(job.id)
                return Applied(event.job, event, transitions.must_stop(job))
        raise _too_many_races(report.job_id)

    async def cancel(self, job_id: UUID) -> JobRecord:
        """Ask a job to stop, tell all who watch it, and spare the engine a run that would end at its first report."""
        job = await self.request_cancel(job_id)
        self._notifier.notify(job_id)
        await self._outbox.withdraw(job)
        return job

    async def request_cancel(self, job_id: UUID) -> JobRecord:
        """Ask a job to stop, and tell nobody. A queued job is cancelled at once; the worker of a running one is told
        at its next report. Asking again, or after the job's end, changes nothing."""
        for _ in range(MAX_RACES):
            job = await self.get_job(job_id)
            if job.state.final or job.cancel_requested:
                return job
            now = _now()
            if status := transitions.cancel(job, now):
                if event := await self._store(JobChange("cancelled", job, _advance(job, status), now)):
                    return event.job
            elif await self._repository.request_stop(job, now):
                return job.model_copy(update={"cancel_requested": True})
        raise _too_many_races(job_id)

    async def retry(self, job_id: UUID) -> JobRecord:
        """The next attempt of a job that failed or was cancelled, queued. Raises Conflict for one in another state,
        and while another job that does the same is queued or running."""
        for _ in range(MAX_RACES):
            job = await self.get_job(job_id)
            after = _begin_attempt(job, transitions.retry(job), requeues=0)
            try:
                if await self._store(JobChange("retried", job, after, _now())):
                    self._notifier.notify(job_id)
                    self._outbox.kick()
                    return await self.get_job(job_id)
            except IntegrityError:
                if active := await self._repository.find_active_twin(job):
                    raise Conflict(f"Job {active.id} does the same already; it is {active.state.value}.") from None
        raise _too_many_races(job_id)

    # Reconciler --------------------------------------------------------------------------------------------

    async def unheard_jobs(self, since: datetime, *, limit: int = 500) -> list[JobRecord]:
        """Jobs that an engine has and of which no worker has said anything since then, longest silent first."""
        return await self._repository.unheard_jobs(since, limit=limit)

    async def unkillable_jobs(self, since: datetime) -> list[JobRecord]:
        """Jobs whose worker was asked to stop before then and runs on."""
        return await self._repository.unkillable_jobs(since)

    async def requeue(self, job: JobRecord) -> JobRecord | None:
        """The next attempt of a job whose worker was lost, queued; None where the job has moved on since."""
        after = _begin_attempt(job, transitions.requeue(job), requeues=job.requeues + 1)
        event = await self._store(JobChange("requeued", job, after, _now()))
        return event.job if event else None

    async def _store(self, change: JobChange) -> EventRecord | None:
        event = await self._repository.store_change(change)
        if event is not None and event.job.state is JobState.SUCCEEDED:
            self._creator.forget_paces(event.job.kind)
        return event


def _existing(found: T | None, job_id: UUID) -> T:
    if found is None:
        raise NotFound("job", str(job_id))
    return found


def _advance(job: JobRecord, status: JobStatus, *, run: str | None = None) -> JobRecord:
    """The job one event later. run: the engine's name for what runs it, as the run itself reports it: who handed it
    over may have died before storing that."""
    ref = run if job.dispatch_ref is None else job.dispatch_ref
    changed = {"status": status, "last_event": job.last_event + 1, "queue_position": None, "dispatch_ref": ref}
    return job.model_copy(update=changed)


def _begin_attempt(job: JobRecord, status: JobStatus, *, requeues: int) -> JobRecord:
    """The job one event later, at its next attempt, which no engine has."""
    begun = {"attempt": job.attempt + 1, "requeues": requeues, "nonce": new_nonce()}
    unasked = {"cancel_requested": False, "dispatch_ref": None}
    return _advance(job, status).model_copy(update=begun | unasked)


def _now() -> datetime:
    return datetime.now(UTC)


def _too_many_races(job_id: UUID) -> Unavailable:
    return Unavailable(f"Job {job_id} is changing too fast to be changed; try again.")


def _reported_run(report: Report) -> str | None:
    return report.event.run if isinstance(report.event, Started) else None
