"""The service and its queue on a real PostgreSQL."""

# pyright: reportUnusedImport=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from advanced_alchemy.base import orm_registry
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from dbos import DBOSClient
from sqlalchemy import create_engine, inspect, text

from stemset import audio
from stemset.jobs.database import create_engine_for, database_url, downgrade_database, sessions, upgrade_database
from stemset.jobs.messages import NodeStarted, Report
from stemset.jobs.reconciler import Patience, Reconciler
from stemset.jobs.records import JobState
from stemset.worker.presence import workers
from tests.support.engine import local_engine
from tests.support.jobs import worker
from tests.support.postgres import NewDatabase
from tests.unit.jobs.conftest import Desk

# What the unit tests say of SQLite holds here, too: on the `desk` below.
from tests.unit.jobs.test_service import (  # noqa: F401
    test_a_finished_job_is_the_answer_to_the_same_question_unless_force_or_another_tree,
    test_a_retry_is_the_next_attempt_and_the_reports_of_the_last_one_are_refused,
    test_jobs_are_listed_by_state_and_profile_newest_first,
    test_only_what_failed_or_was_cancelled_can_be_tried_again_and_only_once_at_a_time,
    test_the_queue_is_told_in_order_and_who_comes_back_stands_at_its_end,
    test_the_same_strategy_on_the_same_recording_is_one_job_while_it_is_active,
    test_the_time_left_is_told_from_the_last_runs_and_from_this_machine,
)


@pytest.fixture
async def desk(new_database: NewDatabase) -> AsyncIterator[Desk]:
    url = new_database()
    upgrade_database(url)
    engine = create_engine_for(url)
    yield Desk(sessions(engine))
    await engine.dispose()


def test_the_migrations_make_exactly_the_tables_of_the_models_and_go_down_again(new_database: NewDatabase):
    url = new_database()
    engine = create_engine(database_url(url))
    upgrade_database(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), orm_registry.metadata) == []
    downgrade_database(url, "0001")
    upgrade_database(url)
    downgrade_database(url, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade_database(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 0
    engine.dispose()


async def test_several_workers_share_one_queue_and_a_dead_ones_job_is_done_by_another(
    new_database: NewDatabase, tmp_path: Path
):
    samples = np.random.default_rng(2).uniform(-0.3, 0.3, (2, 44_100)).astype(np.float32)
    song = tmp_path / "song.wav"
    audio.write(song, samples, 44_100)
    queue_url = new_database()
    async with local_engine(tmp_path, new_database(), queue_url) as engine:
        reconciler = Reconciler(
            engine.service, engine.dispatcher, engine.outbox, engine.storage,
            patience=Patience(interval_s=0.5, silence_s=8),
        )  # fmt: skip
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold_the_first(report: Report) -> int | None:
            if isinstance(report.event, NodeStarted):
                loop.call_soon_threadsafe(begun.set)
                return 503
            return None

        engine.callback.before = hold_the_first
        first = await engine.submit(song)
        with worker(engine.settings) as lost:
            await asyncio.wait_for(begun.wait(), 60)
            lost.kill()
        engine.callback.before = lambda _report: None
        jobs = [first, *[await engine.submit(song) for _ in range(3)]]
        tasks = [asyncio.create_task(work) for work in (reconciler.run(), engine.outbox.run())]
        with worker(engine.settings), worker(engine.settings):
            done = [await engine.until_final(job) for job in jobs]
            assert len(workers(engine.settings.data_dir)) == 2
        reconciler.stop()
        engine.outbox.stop()
        await asyncio.gather(*tasks)
    assert {job.state for job in done} == {JobState.SUCCEEDED}
    assert done[0].attempt == 2
    client = DBOSClient(system_database_url=queue_url)
    runs = client.list_workflows()
    client.destroy()
    assert len({run.executor_id for run in runs if run.status == "SUCCESS"}) == 2
    told = [report.job_id for report in engine.callback.reports if report.event.type == "succeeded"]
    assert sorted(told) == sorted(job.id for job in jobs)
