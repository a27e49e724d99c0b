"""Engine, sessions and migrations of the service's own database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from stemset.jobs.rows import Sessions

_MIGRATIONS = Path(__file__).parent / "migrations"


def database_url(text: str) -> URL:
    """The URL with the driver that we ship, whichever of the usual spellings an operator has."""
    url = make_url(text)
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case _:
            return url


def create_engine_for(text: str) -> AsyncEngine:
    """The engine of a process; dispose of it at its end."""
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    _make_folder(url)
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "connect", _stop_once)
    return engine


def sessions(engine: AsyncEngine) -> Sessions:
    """What JobService works with."""
    return async_sessionmaker(engine, expire_on_commit=False)


def upgrade_database(text: str) -> None:
    """Bring the database to the newest migration, creating it if need be. Blocking; quick with nothing to do."""
    engine = _blocking_engine(text)
    try:
        with engine.begin() as connection:
            config = _config(connection)
            head = ScriptDirectory.from_config(config).get_current_head()
            if MigrationContext.configure(connection).get_current_revision() != head:
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def database_revision(text: str) -> tuple[str | None, str | None]:
    """The migration that the database is at, None before the first; and the newest that there is. Blocking."""
    engine = _blocking_engine(text)
    try:
        with engine.connect() as connection:
            head = ScriptDirectory.from_config(_config(connection)).get_current_head()
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()


def downgrade_database(text: str, revision: str) -> None:
    """Take migrations back to `revision`; `base` removes every table."""
    engine = _blocking_engine(text)
    try:
        with engine.begin() as connection:
            command.downgrade(_config(connection), revision)
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _blocking_engine(text: str) -> Engine:
    """Alembic is synchronous; both drivers have a synchronous side."""
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    _make_folder(url)
    engine = create_engine(url.set(drivername="sqlite+pysqlite"))
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _stop_once(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Let a connection be stopped twice, which SQLAlchemy does when a query is cancelled again while it is ended.

    aiosqlite 0.22 then waits for a thread that is gone, for ever, and the process can't end.
    """
    driver: Any = connection.driver_connection
    stop = driver.stop

    def once() -> object:
        driver.stop = lambda: None
        return stop()

    driver.stop = once


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Its own lower() knows ASCII only.
    connection.create_function("lower", 1, _lower)  # pyright: ignore
    cursor = connection.cursor()
    # Readers don't wait for the writer, and writers wait for each other rather than fail.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=30000")
    # With WAL a crash of the machine may lose the last commits but never damages the file.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
