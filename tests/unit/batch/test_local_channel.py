"""LocalChannel applies reports in the service's event loop, and says what a worker would hear over HTTP."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from stemset.batch.local_channel import LocalChannel
from stemset.errors import StaleAttempt, Unavailable
from stemset.features.jobs.messages import Answer, Event, Report, Started, StepProgress
from stemset.features.jobs.records import JobRecord, JobState
from tests.support.queue import Queue, recording_of


class Line:
    """The sending end, in threads as a worker's. changed: what `on_change` was called with."""

    def __init__(self, queue: Queue) -> None:
        self.changed: list[JobRecord] = []
        self._channel = LocalChannel(queue.service, asyncio.get_running_loop(), self.changed.append)

    async def send(self, job: JobRecord, event: Event, *, attempt: int = 1) -> Answer:
        report = Report(job_id=job.id, attempt=attempt, nonce=job.nonce, event=event)
        return await asyncio.to_thread(self._channel.send, report)


async def test_a_report_changes_the_job_and_is_told_on(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    assert await line.send(job, Started()) == Answer(cancel=False)
    assert [changed.state for changed in line.changed] == [JobState.RUNNING]
    assert (await queue.service.get_job(job.id)).state is JobState.RUNNING


async def test_a_report_that_changes_nothing_is_not_told_on(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    await line.send(job, Started())
    await line.send(job, StepProgress(step="root", fraction=0.5))
    await line.send(job, StepProgress(step="root", fraction=0.25))
    assert len(line.changed) == 2


async def test_the_answer_says_that_the_job_is_to_stop(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    await line.send(job, Started())
    await queue.service.request_cancel(job.id)
    assert (await line.send(job, StepProgress(step="root", fraction=0.5))).cancel


async def test_a_report_of_another_attempt_is_stale(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    with pytest.raises(StaleAttempt):
        await line.send(job, Started(), attempt=2)
    assert line.changed == []


async def test_a_report_on_a_deleted_recording_is_stale(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    await queue.recordings.delete(recording_of(job))
    with pytest.raises(StaleAttempt):
        await line.send(job, Started())


async def test_a_database_that_fails_is_unavailable(queue: Queue) -> None:
    job, line = await queue.job(), Line(queue)
    async with queue.sessions.begin() as session:
        await session.execute(text("DROP TABLE job_events"))
    with pytest.raises(Unavailable, match="The database can't be reached: no such table: job_events"):
        await line.send(job, Started())
