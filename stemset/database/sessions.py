"""Sessions of the service's database: for reading, for a single write, and for a transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class Sessions:
    """Opens sessions on one engine.

    Calling it opens a session for reading; every statement sees what was committed before it. `write()` opens one for
    a change that is a single statement, `begin()` one for a change of several, which is a transaction.

    On PostgreSQL only `begin()` costs the round trips of BEGIN and COMMIT: its transactions show no more to a reader
    (read committed) than autocommit does. SQLite's driver begins a transaction at the first change by itself.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        plain = engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._autocommit = async_sessionmaker(plain, expire_on_commit=False)
        self._transactional = async_sessionmaker(engine, expire_on_commit=False)

    def __call__(self) -> AsyncSession:
        return self._autocommit()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncSession]:
        """A session for one statement that changes something, committed when the block ends without an error."""
        async with self._autocommit() as session:
            yield session
            # For SQLite; on autocommit nothing is sent.
            await session.commit()

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session in a transaction, committed when the block ends without an error, else rolled back."""
        return self._transactional.begin()
