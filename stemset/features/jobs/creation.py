"""`JobCreator`: new jobs. All that are asked for at once are stored in one transaction: a hundred cost little more
than one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from stemset.concurrency.batching import Batcher
from stemset.errors import ConfigError, NotFound, StemsetError, Unavailable
from stemset.features.jobs.estimates import LAST_RUNS, estimate_nodes, measure_paces
from stemset.features.jobs.messages import MAX_PAYLOAD_BYTES, JobPayload
from stemset.features.jobs.planning import JobPlans
from stemset.features.jobs.records import JobRecord, JobState, JobStatus, Plan, new_id, new_nonce
from stemset.features.jobs.repository import MAX_RACES, JobRepository, Source


@dataclass(frozen=True)
class NewJob:
    """What is asked for; `JobService.create_job` explains it."""

    recording_id: UUID
    strategy: str | None
    force: bool = False
    dispatch_ref: str | None = None


class JobCreator:
    """Makes jobs, or finds those that do the same already. One per process."""

    def __init__(self, repository: JobRepository, plans: JobPlans) -> None:
        self._repository = repository
        self._plans = plans
        self._batcher = Batcher(self._create_batch)
        self._paces: Mapping[str, float] | None = None
        """Of models, as last measured; None after a job that may have changed them."""

    async def create(self, wanted: NewJob) -> JobRecord:
        """The new job, or the one that is there. Raises NotFound, ConfigError, Unavailable as `create_job` does."""
        answer = await self._batcher.ask(wanted)
        if isinstance(answer, StemsetError):
            raise answer
        return answer

    def forget_paces(self) -> None:
        """Have paces measured anew for the next job: one has succeeded meanwhile."""
        self._paces = None

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
        before = await self._repository.jobs_before({wanted.recording_id for wanted in batch})
        paces = await self._measure_paces()
        now = datetime.now(UTC)
        answers: list[JobRecord | StemsetError] = []
        created: list[JobRecord] = []
        for wanted in batch:
            source = before.sources.get(wanted.recording_id)
            if source is None:
                answers.append(NotFound("recording", str(wanted.recording_id)))
                continue
            plan = self._plans.find(wanted.strategy, source.profile)
            jobs = before.jobs[wanted.recording_id]
            answer = _find_same(plan, [job for job in jobs if job.strategy == plan.strategy], force=wanted.force)
            if answer is None:
                answer = _new_job(wanted, plan, source, paces, now, place=before.queued + len(created) + 1)
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

    async def _measure_paces(self) -> Mapping[str, float]:
        if self._paces is None:
            self._paces = measure_paces(await self._repository.last_runs(limit=LAST_RUNS))
        return self._paces


def _find_same(plan: Plan, jobs: Sequence[JobRecord], *, force: bool) -> JobRecord | None:
    """Of the strategy's jobs, the one that already does what is asked for; with force only one that isn't done yet."""
    done = None if force else next((job for job in jobs if job.has_done(plan)), None)
    return done or next((job for job in jobs if not job.state.final), None)


def _new_job(
    wanted: NewJob, plan: Plan, source: Source, paces: Mapping[str, float], now: datetime, *, place: int
) -> JobRecord | ConfigError:
    job = JobRecord(
        id=new_id(),
        recording_id=source.recording_id,
        profile=source.profile,
        strategy=plan.strategy,
        tree=plan.tree,
        expected_stems=plan.expected_stems,
        options=plan.options,
        status=JobStatus(nodes=estimate_nodes(plan.nodes, source.duration_s, paces)),
        attempt=1,
        cancel_requested=False,
        dispatch_ref=wanted.dispatch_ref,
        nonce=new_nonce(),
        last_event=1,
        created_at=now,
        queue_position=place,
    )
    if len(JobPayload.of(job, source.source_key).model_dump_json()) > MAX_PAYLOAD_BYTES:
        return ConfigError(f"strategies.{plan.strategy}", f"its tree is larger than {MAX_PAYLOAD_BYTES} bytes")
    return job
