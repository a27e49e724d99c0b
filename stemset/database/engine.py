"""Engine and migrations of the service's own database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from stemset.database.postgresql import CONNECTIONS, ping_idle_connections
from stemset.database.sqlite import configure_connection, end_connections_with

_MIGRATIONS = Path(__file__).parent / "migrations"


def database_url(text: str) -> URL:
    """The URL with the driver that Stemset ships, whichever of the usual spellings an operator has."""
    url = make_url(text)
    match url.get_backend_name():
        case "sqlite":
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case _:
            return url


def create_engine_for(text: str) -> AsyncEngine:
    """An engine on the database at this URL; one per process, to be disposed of at its end."""
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
        ping_idle_connections(engine.sync_engine)
        return engine
    _make_folder(url)
    engine = create_async_engine(url)
    end_connections_with(engine.sync_engine)
    event.listen(engine.sync_engine, "connect", configure_connection)
    return engine


def upgrade_database(text: str) -> None:
    """Bring the database to the newest migration, creating it if need be. Blocking; quick with nothing to do."""
    engine = _create_blocking_engine(text)
    try:
        with engine.begin() as connection:
            config = _alembic_config(connection)
            head = ScriptDirectory.from_config(config).get_current_head()
            if MigrationContext.configure(connection).get_current_revision() != head:
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def database_revision(text: str) -> tuple[str | None, str | None]:
    """The migration that the database is at, None before the first; and the newest that there is. Blocking."""
    engine = _create_blocking_engine(text)
    try:
        with engine.connect() as connection:
            head = ScriptDirectory.from_config(_alembic_config(connection)).get_current_head()
            return MigrationContext.configure(connection).get_current_revision(), head
    finally:
        engine.dispose()


def downgrade_database(text: str, revision: str) -> None:
    """Take migrations back to `revision`; `base` removes every table."""
    engine = _create_blocking_engine(text)
    try:
        with engine.begin() as connection:
            command.downgrade(_alembic_config(connection), revision)
    finally:
        engine.dispose()


def _alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _create_blocking_engine(text: str) -> Engine:
    """An engine with the synchronous side of the same driver, for Alembic, which is synchronous."""
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    _make_folder(url)
    engine = create_engine(url.set(drivername="sqlite+pysqlite"))
    event.listen(engine, "connect", configure_connection)
    return engine


def _make_folder(url: URL) -> None:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
