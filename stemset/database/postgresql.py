"""Connections to PostgreSQL: how many there are, and when one is tried before it is used."""

from __future__ import annotations

import time

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

CONNECTIONS = 15
"""At most, of a process; none is closed while others wait for one: opening one takes longer than all that is asked."""

_QUIET_S = 1.0
_SINCE = "quiet_since"


def try_quiet_ones(engine: Engine) -> None:
    """Whether a connection is still one takes a round trip to find out. That is spent on those which lay unused for a
    second; where one is broken, as after a restart of the server, all are opened anew."""

    def returned(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = time.monotonic()

    def taken(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - entry.info.get(_SINCE, time.monotonic()) < _QUIET_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)
