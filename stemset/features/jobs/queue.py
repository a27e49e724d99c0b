"""`JobQueue`: jobs, with all who have to hear of a change: the outbox, the engine, and those who watch."""

from __future__ import annotations

from uuid import UUID

from typing_extensions import override

from stemset.features.jobs.messages import Report
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.planning import JobPlans
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import Applied, JobService


class JobQueue(JobService):
    """One per process. Raises NotFound for an unknown id."""

    def __init__(self, repository: JobRepository, plans: JobPlans, outbox: Outbox, notifier: Notifier) -> None:
        super().__init__(repository)
        self._plans = plans
        self._outbox = outbox
        self._notifier = notifier

    async def start(
        self, recording_id: UUID, strategy: str | None, *, force: bool = False, dispatch_ref: str | None = None
    ) -> JobRecord:
        """A job of this strategy on this recording: a new one, or the one that is there already.

        strategy: None takes the default of the recording's profile. force, dispatch_ref: as in `create_job`.
        """
        plans = self._plans
        job = await self.create_job(
            recording_id,
            lambda profile: plans.plans[strategy or plans.default_strategy(profile)],
            force=force,
            dispatch_ref=dispatch_ref,
        )
        self._outbox.kick()
        return job

    async def cancel(self, job_id: UUID) -> JobRecord:
        """Ask a job to stop, tell all who watch it, and spare the engine a run that would end at its first report."""
        job = await self.request_cancel(job_id)
        self._notifier.changed(job_id)
        await self._outbox.withdraw(job)
        return job

    @override
    async def retry(self, job_id: UUID) -> JobRecord:
        job = await super().retry(job_id)
        self._notifier.changed(job_id)
        self._outbox.kick()
        return job

    @override
    async def apply(self, report: Report, message_id: str) -> Applied:
        applied = await super().apply(report, message_id)
        if applied.event is not None:
            self._notifier.changed(report.job_id)
        return applied
