"""Jobs that are asked for at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection, event

from stemset.database.engine import create_engine_for
from stemset.database.sessions import Sessions
from stemset.errors import ConfigError, NotFound
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.service import JobService
from tests.support.queue import PLAN, Queue, job_service


async def test_a_hundred_at_once_are_a_hundred_jobs_in_a_few_transactions(queue: Queue, tmp_path: Path) -> None:
    recordings = [await queue.recording() for _ in range(100)]
    engine = create_engine_for(f"sqlite:///{tmp_path}/stemset.db")
    commits: list[None] = []

    def committed(_connection: Connection) -> None:
        commits.append(None)

    event.listen(engine.sync_engine, "commit", committed)
    service = job_service(Sessions(engine), {PLAN.strategy: PLAN})
    jobs = await asyncio.gather(*(create(service, recording) for recording in recordings))
    await engine.dispose()
    assert [job.recording_id for job in jobs] == recordings
    assert [job.queue_position for job in jobs] == list(range(1, 101))
    assert len(commits) <= 4
    for job in jobs:
        assert await queue.story(job) == ["created"]


async def test_one_that_can_not_be_made_takes_nobody_along(queue: Queue) -> None:
    unknown = uuid4()
    first, large, nowhere, last = await asyncio.gather(
        queue.job(),
        queue.job(strategy="large", tree={"_": "x" * 9000}),
        queue.job(unknown),
        queue.job(),
        return_exceptions=True,
    )
    assert isinstance(first, JobRecord)
    assert isinstance(large, ConfigError)
    assert isinstance(nowhere, NotFound)
    assert isinstance(last, JobRecord)
    assert (await queue.service.list_jobs())[1] == 2


async def test_processes_that_ask_for_the_same_at_once_get_the_same_jobs(queue: Queue, tmp_path: Path) -> None:
    recordings = [await queue.recording() for _ in range(20)]
    engine = create_engine_for(f"sqlite:///{tmp_path}/stemset.db")
    other = job_service(Sessions(engine), {PLAN.strategy: PLAN})
    queue.plans[PLAN.strategy] = PLAN
    both = [create(service, recording) for recording in recordings for service in (queue.service, other)]
    jobs = await asyncio.gather(*both)
    assert [job.id for job in jobs[::2]] == [job.id for job in jobs[1::2]]
    assert (await other.list_jobs())[1] == 20
    await engine.dispose()


async def create(service: JobService, recording: UUID) -> JobRecord:
    return await service.create_job(recording, PLAN.strategy)
