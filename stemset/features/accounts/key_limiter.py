"""`WrongKeyLimiter` makes whoever sends wrong keys wait.

It counts them in the database, so that all processes of a service count together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from stemset.database.sessions import Sessions
from stemset.database.tables import WrongKeyRow
from stemset.errors import TooManyTries

MAX_WRONG_KEYS = 10
_WINDOW = timedelta(minutes=1)


class WrongKeyLimiter:
    """Lets a sender try ten wrong keys a minute. sender: stands for one address, 64 characters at most."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def check_sender(self, sender: str) -> None:
        """Raise TooManyTries where the sender has sent ten wrong keys within the last minute."""
        now = datetime.now(UTC)
        recent = select(func.count(), func.min(WrongKeyRow.at)).where(
            WrongKeyRow.sender == sender, WrongKeyRow.at > now - _WINDOW
        )
        async with self._sessions() as session:
            count, first = (await session.execute(recent)).one()
        if count >= MAX_WRONG_KEYS:
            raise TooManyTries((first + _WINDOW - now).total_seconds())

    async def count_wrong_key(self, sender: str) -> None:
        """Count one more wrong key of the sender, and delete the rows that are older than a minute."""
        now = datetime.now(UTC)
        async with self._sessions.begin() as session:
            await session.execute(delete(WrongKeyRow).where(WrongKeyRow.at <= now - _WINDOW))
            session.add(WrongKeyRow(sender=sender, at=now))
