"""Jobs that are asked for at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection, event

from stemset.errors import ConfigError, NotFound
from stemset.jobs.database import create_engine_for
from stemset.jobs.reads import JobReads
from stemset.jobs.records import JobRecord
from stemset.jobs.service import JobService
from stemset.jobs.sessions import Sessions
from tests.unit.jobs.conftest import PLAN, Desk


async def test_a_hundred_at_once_are_a_hundred_jobs_in_a_few_transactions(desk: Desk, tmp_path: Path) -> None:
    recordings = [await desk.recording() for _ in range(100)]
    engine = create_engine_for(f"sqlite:///{tmp_path}/stemset.db")
    commits: list[None] = []

    def committed(_connection: Connection) -> None:
        commits.append(None)

    event.listen(engine.sync_engine, "commit", committed)
    service = JobService(Sessions(engine))
    jobs = await asyncio.gather(*(create(service, recording) for recording in recordings))
    await engine.dispose()
    assert [job.recording_id for job in jobs] == recordings
    assert [job.queue_position for job in jobs] == list(range(1, 101))
    assert len(commits) <= 4
    for job in jobs:
        assert await desk.story(job) == ["created"]


async def test_one_that_can_not_be_made_takes_nobody_along(desk: Desk) -> None:
    unknown = uuid4()
    first, large, nowhere, last = await asyncio.gather(
        desk.job(),
        desk.job(tree={"_": "x" * 9000}),
        desk.job(unknown),
        desk.job(),
        return_exceptions=True,
    )
    assert isinstance(first, JobRecord)
    assert isinstance(large, ConfigError)
    assert isinstance(nowhere, NotFound)
    assert isinstance(last, JobRecord)
    assert (await desk.service.list_jobs())[1] == 2


async def test_processes_that_ask_for_the_same_at_once_get_the_same_jobs(desk: Desk, tmp_path: Path) -> None:
    recordings = [await desk.recording() for _ in range(20)]
    engine = create_engine_for(f"sqlite:///{tmp_path}/stemset.db")
    other = JobService(Sessions(engine))
    both = [create(service, recording) for recording in recordings for service in (desk.service, other)]
    jobs = await asyncio.gather(*both)
    assert [job.id for job in jobs[::2]] == [job.id for job in jobs[1::2]]
    assert (await JobReads(Sessions(engine)).list_jobs())[1] == 20
    await engine.dispose()


async def create(service: JobService, recording: UUID) -> JobRecord:
    return await service.create_job(recording, lambda _: PLAN)
