"""Connections to PostgreSQL: how many there are, and when one is tried before it is used."""

from __future__ import annotations

import time

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

CONNECTIONS = 15
"""The most connections of a process. They stay open: opening one takes longer than any query."""

_IDLE_S = 1.0
_IDLE_SINCE = "idle_since"


def ping_idle_connections(engine: Engine) -> None:
    """Have the engine test a connection before its use if nobody used it for a second; a test before each use would
    double the round trips. Where one is broken, as after a restart of the server, all are opened anew."""

    def note_return(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_IDLE_SINCE] = time.monotonic()

    def ping_if_idle(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - entry.info.get(_IDLE_SINCE, time.monotonic()) < _IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note_return)
    event.listen(engine, "checkout", ping_if_idle)
