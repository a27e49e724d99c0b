from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path

import anyio
import pytest
from advanced_alchemy.base import orm_registry
from advanced_alchemy.types import GUID
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from stemset.database import tables
from stemset.database.engine import create_engine_for, database_url, downgrade_database, upgrade_database
from tests.support.waiting import LIMIT_S

# About a second.
SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/new folder/stemset.db"


def table_names(url: str) -> set[str]:
    engine = create_engine(url.replace("+aiosqlite", ""))
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def same_type(_context: object, _column: object, _other: object, _found: object, wanted: object) -> bool | None:
    # SQLite reads a 16-byte GUID column back as NUMERIC; every other type is compared as usual.
    return False if isinstance(wanted, GUID) else None


def test_the_migrations_make_exactly_the_tables_of_the_models(url: str):
    assert tables.JobRow.__tablename__ == "jobs"
    upgrade_database(url)
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        differences = compare_metadata(context, orm_registry.metadata)
    engine.dispose()
    assert differences == []


def test_the_active_job_index_is_partial(url: str):
    upgrade_database(url)
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        sql = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'uq_jobs_active'")).scalar_one()
    engine.dispose()
    assert "WHERE state IN ('queued', 'running')" in sql


def test_going_down_to_base_removes_every_table_and_up_again_works(url: str):
    upgrade_database(url)
    downgrade_database(url, "base")
    assert table_names(url) == {"alembic_version"}
    upgrade_database(url)
    assert {"recordings", "jobs", "job_events", "job_tracks"} <= table_names(url)


def test_an_upgrade_with_nothing_to_do_is_quick(url: str, monkeypatch: pytest.MonkeyPatch):
    upgrade_database(url)
    # Loading and comparing the migrations is what takes long.
    monkeypatch.delattr("alembic.command.upgrade")
    upgrade_database(url)


async def test_sqlite_runs_with_wal_a_busy_timeout_and_foreign_keys(url: str):
    engine = create_engine_for(url)
    async with engine.connect() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    await engine.dispose()
    assert found == ["wal", 30000, 1]


async def test_a_query_that_is_cancelled_leaves_no_task_that_waits_for_ever(url: str):
    engine = create_engine_for(url)
    before = asyncio.all_tasks()
    with anyio.move_on_after(0.05) as scope:
        async with engine.connect() as connection:
            await connection.execute(text(SLOW))
    assert scope.cancelled_caught
    if left := asyncio.all_tasks() - before:
        _, pending = await asyncio.wait(left, timeout=LIMIT_S)
        assert not pending
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await engine.dispose()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("slow", [False, True], ids=["that can't be opened", "whose query is cancelled"])
def test_an_engine_that_is_disposed_of_leaves_no_thread_of_a_connection(url: str, tmp_path: Path, slow: bool):
    async def work() -> None:
        engine = create_engine_for(url if slow else f"sqlite:///{tmp_path}")
        with anyio.move_on_after(0.05), contextlib.suppress(OperationalError):
            async with engine.connect() as connection:
                await connection.execute(text(SLOW))
        await engine.dispose()
        assert threads() == before

    before = threads()
    asyncio.run(work())


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if "connection_worker" in thread.name}


@pytest.mark.parametrize("spelling", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_postgresql_is_reached_through_the_driver_that_is_shipped(spelling: str):
    url = database_url(f"{spelling}://user:secret@db/stemset")
    assert url.drivername == "postgresql+psycopg"
    assert url.password == "secret"
