"""Connections to SQLite: how each is set up, and that none outlives the engine that opened it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from typing import Protocol, cast

import aiosqlite
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

_connect: Callable[..., sqlite3.Connection] = sqlite3.connect


class _SqliteConnection(DBAPIConnection, Protocol):
    """A connection with what SQLite's drivers have beyond DB-API."""

    def create_function(self, name: str, arguments: int, function: Callable[[str | None], str | None], /) -> object: ...


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection with two faults of 0.22 mended. Both show when a query is cancelled or a file can't be
    opened.

    Stopped twice, which SQLAlchemy does when a query is cancelled again while it is ended, the connection waits for a
    thread that is gone, for ever. And nobody waits for the thread of a stopped one, which then reports to an event
    loop that may be gone: that raises in the thread. So a stopped one leaves its thread in `ending`.
    """

    def __init__(self, opener: Callable[[], sqlite3.Connection], ending: set[Thread]) -> None:
        super().__init__(opener, iter_chunk_size=64)
        self._thread.daemon = True
        self._ending = ending
        self._stopped = False

    def stop(self) -> asyncio.Future[object] | None:
        if self._stopped:
            return None
        self._stopped = True
        self._ending.difference_update([thread for thread in self._ending if not thread.is_alive()])
        self._ending.add(self._thread)
        return cast("asyncio.Future[object] | None", super().stop())  # pyright: ignore[reportUnknownMemberType]


def end_connections_with(engine: Engine) -> None:
    """Have the engine open connections whose threads are ended when it is disposed of."""
    ending: set[Thread] = set()

    def open_connection(_dialect: object, _entry: object, args: Sequence[object], options: dict[str, object]) -> None:
        opener = partial(_connect, *args, **options)

        def create_connection(*_args: object, **_options: object) -> _Connection:
            return _Connection(opener, ending)

        options["async_creator_fn"] = create_connection

    def join_threads() -> None:
        for thread in list(ending):
            thread.join()

    def wait_for_threads(_engine: Engine) -> None:
        await_only(asyncio.to_thread(join_threads))

    event.listen(engine, "do_connect", open_connection)
    event.listen(engine, "engine_disposed", wait_for_threads)


def configure_connection(connection: _SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    """Set up a new connection, of either driver."""
    # SQLite's own lower() knows ASCII only.
    connection.create_function("lower", 1, _lower)
    cursor = connection.cursor()
    # Readers don't wait for the writer, and writers wait for each other rather than fail.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=30000")
    # With WAL a crash of the machine may lose the last commits but never damages the file.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()
