from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from stemset.database.engine import create_engine_for
from stemset.database.sessions import Sessions

INSERT = text("INSERT INTO wrong_keys (id, sender, at) VALUES (:id, 'somebody', '2026-01-01 00:00:00')")


@pytest.fixture
async def engine(tmp_path: Path, empty_database: Path) -> AsyncIterator[AsyncEngine]:
    shutil.copy(empty_database, tmp_path / "stemset.db")
    engine = create_engine_for(f"sqlite:///{tmp_path}/stemset.db")
    yield engine
    await engine.dispose()


async def count(engine: AsyncEngine) -> int | None:
    async with Sessions(engine)() as session:
        return await session.scalar(text("SELECT count(*) FROM wrong_keys"))


async def test_what_write_and_begin_change_is_there_when_their_block_ends(engine: AsyncEngine):
    sessions = Sessions(engine)
    async with sessions.write() as session:
        await session.execute(INSERT, {"id": b"1"})
    assert await count(engine) == 1
    async with sessions.begin() as session:
        await session.execute(INSERT, {"id": b"2"})
        await session.execute(INSERT, {"id": b"3"})
        assert await count(engine) == 1
    assert await count(engine) == 3


async def test_an_error_in_the_block_takes_the_change_back(engine: AsyncEngine):
    sessions = Sessions(engine)
    for opened in (sessions.write, sessions.begin):
        with pytest.raises(IntegrityError):
            await insert_twice(opened())
    assert await count(engine) == 0


async def insert_twice(opened: AbstractAsyncContextManager[AsyncSession]) -> None:
    async with opened as session:
        await session.execute(INSERT, {"id": b"1"})
        await session.execute(INSERT, {"id": b"1"})


async def test_a_session_for_reading_stores_nothing(engine: AsyncEngine):
    commits: list[None] = []

    def note_commit(_connection: Connection) -> None:
        commits.append(None)

    event.listen(engine.sync_engine, "commit", note_commit)
    async with Sessions(engine)() as session:
        await session.execute(INSERT, {"id": b"1"})
    assert not commits
    assert await count(engine) == 0
