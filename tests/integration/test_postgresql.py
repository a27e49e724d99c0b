"""The service and its queue on a real PostgreSQL."""

# pyright: reportUnusedImport=false

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from advanced_alchemy.base import orm_registry
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from dbos import DBOSClient
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from stemset import audio
from stemset.database import postgresql
from stemset.database.engine import create_engine_for, database_url, downgrade_database, upgrade_database
from stemset.database.sessions import Sessions
from stemset.features.jobs.messages import NodeStarted, Report, Started
from stemset.features.jobs.reconciler import Reconciler, ReconcileTimings
from stemset.features.jobs.records import JobState
from stemset.worker.pid_files import find_workers
from tests.support.engine import local_engine
from tests.support.jobs import worker
from tests.support.postgres import NewDatabase, Postgres
from tests.support.queue import Queue
from tests.support.waiting import LIMIT_S

# What the unit tests say of SQLite holds here, too: on the `queue` below.
from tests.unit.features.jobs.test_claims import (  # noqa: F401
    test_a_job_whose_process_died_before_spawning_is_spawned_once_by_another,
    test_many_processes_hand_each_job_over_once,
    test_of_two_runs_of_an_attempt_the_later_hand_over_counts,
)
from tests.unit.features.jobs.test_service import (  # noqa: F401
    test_a_finished_job_is_the_answer_to_the_same_question_unless_force_or_another_tree,
    test_a_retry_is_the_next_attempt_and_the_reports_of_the_last_one_are_refused,
    test_jobs_are_listed_by_state_and_profile_newest_first,
    test_only_what_failed_or_was_cancelled_can_be_tried_again_and_only_once_at_a_time,
    test_the_queue_is_told_in_order_and_who_comes_back_stands_at_its_end,
    test_the_same_strategy_on_the_same_recording_is_one_job_while_it_is_active,
    test_the_time_left_is_told_from_the_last_runs_and_from_this_machine,
)


@pytest.fixture
async def queue(new_database: NewDatabase) -> AsyncIterator[Queue]:
    url = new_database()
    upgrade_database(url)
    engine = create_engine_for(url)
    yield Queue(Sessions(engine))
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


@pytest.mark.slow
async def test_several_workers_share_one_queue_and_a_dead_ones_job_is_done_by_another(
    new_database: NewDatabase, tmp_path: Path
):
    samples = np.random.default_rng(2).uniform(-0.3, 0.3, (2, 44_100)).astype(np.float32)
    song = tmp_path / "song.wav"
    audio.write(song, samples, 44_100)
    queue_url = new_database()
    async with local_engine(tmp_path, new_database(), queue_url) as engine:
        reconciler = Reconciler(
            engine.service, engine.dispatcher, engine.outbox, engine.storage, timings=ReconcileTimings(silence_s=0)
        )
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
            await asyncio.wait_for(begun.wait(), LIMIT_S)
            lost.kill()
        assert await reconciler.reconcile() == 1
        jobs = [first, *[await engine.submit(song) for _ in range(3)]]
        at_work: set[UUID] = set()
        both_work = threading.Event()

        def hold_until_both_work(report: Report) -> None:
            # A worker does one job at a time, so a second job is another worker's.
            at_work.add(report.job_id)
            if len(at_work) > 1:
                both_work.set()
            assert both_work.wait(LIMIT_S)

        engine.callback.before = hold_until_both_work
        with worker(engine.settings), worker(engine.settings):
            done = [await engine.until_final(job) for job in jobs]
            assert len(find_workers(engine.settings.data_dir)) == 2
    assert {job.state for job in done} == {JobState.SUCCEEDED}
    assert done[0].attempt == 2
    client = DBOSClient(system_database_url=queue_url)
    runs = client.list_workflows()
    client.destroy()
    assert len({run.executor_id for run in runs if run.status == "SUCCESS"}) == 2
    told = [report.job_id for report in engine.callback.reports if report.event.type == "succeeded"]
    assert sorted(told) == sorted(job.id for job in jobs)


@pytest.fixture
async def engine(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    url = postgres.new_database()
    upgrade_database(url)
    engine = create_engine_for(url)
    yield engine
    await engine.dispose()


async def test_few_statements_make_a_job_and_tell_of_it(postgres: Postgres, engine: AsyncEngine):
    queue = Queue(Sessions(engine))
    first, second = await queue.recording(), await queue.recording()
    # The first job of a process reads the paces of models, too.
    running = await queue.job(first)
    await queue.tell(running, Started())
    async with postgres.statements(engine) as submitting:
        queued = await queue.job(second)
    assert submitting == ["SELECT", "BEGIN", "INSERT", "INSERT", "COMMIT"]
    async with postgres.statements(engine) as polling:
        await queue.service.job_version(running.id)
        await queue.service.job_version(queued.id)
        await queue.service.get_job(queued.id)
    assert polling == ["SELECT", "SELECT", "SELECT"]
    async with postgres.statements(engine) as handing_over:
        for payload in await queue.claim_jobs():
            await queue.repository.mark_dispatched(payload, "fc-1")
    assert handing_over == ["WITH", "UPDATE"]


async def test_only_a_connection_that_lay_unused_is_tried_first(
    postgres: Postgres, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
):
    queue = Queue(Sessions(engine))
    monkeypatch.setattr(postgresql, "_IDLE_S", LIMIT_S)
    async with postgres.statements(engine) as busy:
        await queue.service.count_jobs()
        await queue.service.count_jobs()
    assert busy == ["SELECT", "SELECT"]
    monkeypatch.setattr(postgresql, "_IDLE_S", 0.05)
    async with postgres.statements(engine) as quiet:
        await queue.service.count_jobs()
        await asyncio.sleep(0.1)
        await queue.service.count_jobs()
    assert quiet == ["SELECT", ";", "SELECT"]


@pytest.mark.slow
async def test_after_a_restart_of_the_server_nobody_notices(postgres: Postgres, engine: AsyncEngine):
    queue = Queue(Sessions(engine))
    # Several connections, all of which are lost.
    await asyncio.gather(*(queue.service.count_jobs() for _ in range(5)))
    await asyncio.to_thread(postgres.restart)
    await asyncio.sleep(1.1)
    await asyncio.gather(*(queue.service.count_jobs() for _ in range(5)))
    job = await queue.job()
    assert (await queue.service.get_job(job.id)).state is JobState.QUEUED
