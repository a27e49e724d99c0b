"""How the database is asked, and how it is changed."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class Sessions:
    """Called, a session for reading: statement by statement, each of which sees what was committed before it; also for
    a change that is one statement, with a `commit` behind it. `begin`, one for other changes: a transaction.

    PostgreSQL's own transactions show no more to a reader (read committed), for two more round trips; SQLite's driver
    begins one at the first change only.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        plain = engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._reading = async_sessionmaker(plain, expire_on_commit=False)
        self._changing = async_sessionmaker(engine, expire_on_commit=False)

    def __call__(self) -> AsyncSession:
        return self._reading()

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._changing.begin()
