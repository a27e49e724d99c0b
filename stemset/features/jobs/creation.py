"""`JobCreator`: new jobs. All that are asked for at once are stored in one transaction: a hundred cost little more
than one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from stemset.concurrency.batching import Batcher
from stemset.errors import NotFound, StemsetError, Unavailable
from stemset.features.jobs.estimates import LAST_RUNS, estimate_steps, measure_paces
from stemset.features.jobs.kinds import JobKind, JobKinds
from stemset.features.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload
from stemset.features.jobs.records import JobRecord, JobState, JobStatus, Plan, new_id, new_nonce
from stemset.features.jobs.repository import MAX_RACES, JobRepository, JobsBefore, Source


@dataclass(frozen=True)
class NewJob:
    """What is asked for.

    plan: what the job is to do, by what is known of its recording. recording_id: None for a job without one; profile
    names then whose it is. force: also where a job has done the same already. dispatch_ref: names whoever runs a new
    job; the outbox leaves it alone then.
    """

    plan: Callable[[Source], Plan]
    recording_id: UUID | None
    profile: str = ""
    force: bool = False
    dispatch_ref: str | None = None


class JobCreator:
    """Makes jobs, or finds those that do the same already. One per process."""

    def __init__(self, repository: JobRepository, kinds: JobKinds) -> None:
        self._repository = repository
        self._kinds = kinds
        self._batcher = Batcher(self._create_batch)
        self._paces: dict[str, Mapping[str, float]] = {}
        """Kind -> paces of its steps, as last measured; without a kind one of whose jobs may have changed them."""

    async def create(self, wanted: NewJob) -> JobRecord:
        """The new job, or the one that is there. Raises as `JobService.create_job` does."""
        answer = await self._batcher.ask(wanted)
        if isinstance(answer, StemsetError):
            raise answer
        return answer

    def forget_paces(self, kind: str) -> None:
        """Have a kind's paces measured anew for its next job: one has succeeded meanwhile."""
        self._paces.pop(kind, None)

    async def _create_batch(self, batch: Sequence[NewJob]) -> Sequence[JobRecord | StemsetError]:
        for _ in range(MAX_RACES):
            try:
                return await self._find_or_insert(batch)
            except IntegrityError:
                # Another process has just made one of them, or deleted a recording: look again.
                continue
        return [Unavailable("Jobs are being made too fast for this one to be made; try again.") for _ in batch]

    async def _find_or_insert(self, batch: Sequence[NewJob]) -> list[JobRecord | StemsetError]:
        """The answer to each, in order. Raises IntegrityError where the database has changed meanwhile."""
        before = await self._repository.jobs_before(
            {wanted.recording_id for wanted in batch if wanted.recording_id},
            {wanted.profile for wanted in batch if wanted.recording_id is None},
        )
        now = datetime.now(UTC)
        answers: list[JobRecord | StemsetError] = []
        created: list[JobRecord] = []
        for wanted in batch:
            source = _find_source(wanted, before)
            if source is None:
                answers.append(NotFound("recording", str(wanted.recording_id)))
                continue
            plan = wanted.plan(source)
            kind = self._kinds[plan.kind]
            jobs = before.jobs.setdefault(source.recording_id or source.profile, [])
            answer = _find_same(kind, plan, jobs, force=wanted.force)
            if answer is None:
                paces = await self._measure_paces(kind.name)
                answer = _new_job(wanted, kind, plan, source, paces, now, place=before.queued + len(created) + 1)
                if isinstance(answer, JobRecord):
                    jobs.insert(0, answer)
                    created.append(answer)
            answers.append(answer)
        if created:
            await self._repository.insert_jobs(created)
        return await self._add_places(answers)

    async def _add_places(self, answers: Sequence[JobRecord | StemsetError]) -> list[JobRecord | StemsetError]:
        """The answers, with their places in the queue also those jobs that were there before."""
        jobs = [answer for answer in answers if isinstance(answer, JobRecord)]
        unplaced = {job.id for job in jobs if job.state is JobState.QUEUED and job.queue_position is None}
        if not unplaced:
            return list(answers)
        placed = await self._repository.find_jobs(unplaced)
        return [placed.get(answer.id, answer) if isinstance(answer, JobRecord) else answer for answer in answers]

    async def _measure_paces(self, kind: str) -> Mapping[str, float]:
        if kind not in self._paces:
            self._paces[kind] = measure_paces(await self._repository.last_runs(kind, limit=LAST_RUNS))
        return self._paces[kind]


def _find_source(wanted: NewJob, before: JobsBefore) -> Source | None:
    """What the new job takes from its recording; None where that is gone."""
    if wanted.recording_id is None:
        return Source(recording_id=None, profile=wanted.profile, duration_s=None, source_key=None)
    return before.sources.get(wanted.recording_id)


def _find_same(kind: JobKind, plan: Plan, jobs: Sequence[JobRecord], *, force: bool) -> JobRecord | None:
    """Of the jobs on one recording, the one that already does what is asked for; with force only one that isn't done
    yet."""
    same = [job for job in jobs if job.kind == plan.kind and job.identity == plan.identity]
    succeeded = [] if force else [job for job in same if job.state is JobState.SUCCEEDED]
    done = next((job for job in succeeded if kind.is_done(job, plan)), None)
    return done or next((job for job in same if not job.state.final), None)


def _new_job(
    wanted: NewJob,
    kind: JobKind,
    plan: Plan,
    source: Source,
    paces: Mapping[str, float],
    now: datetime,
    *,
    place: int,
) -> JobRecord | StemsetError:
    job = JobRecord(
        id=new_id(),
        kind=plan.kind,
        profile=source.profile,
        recording_id=source.recording_id,
        identity=plan.identity,
        payload=plan.payload,
        status=JobStatus(steps=estimate_steps(plan.steps, source.duration_s, paces, kind.pace_of)),
        attempt=1,
        cancel_requested=False,
        dispatch_ref=wanted.dispatch_ref,
        nonce=new_nonce(),
        last_event=1,
        created_at=now,
        queue_position=place,
    )
    if len(JobPayload.of(job, source.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
        return kind.explain_size(plan, MAX_PAYLOAD_BYTES)
    return job
