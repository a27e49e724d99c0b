"""Wrong keys, counted in the database: whichever process of a service is asked, all of them count together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from stemset.database.sessions import Sessions
from stemset.database.tables import WrongKeyRow
from stemset.errors import TooManyTries

TRIES = 10
_WITHIN = timedelta(minutes=1)


class Guesses:
    """sender: whom the guesses of one place are counted for, 64 characters at most."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def check(self, sender: str) -> None:
        """Raises TooManyTries where the last minute has seen too many of theirs."""
        now = datetime.now(UTC)
        recent = select(func.count(), func.min(WrongKeyRow.at)).where(
            WrongKeyRow.sender == sender, WrongKeyRow.at > now - _WITHIN
        )
        async with self._sessions() as session:
            count, first = (await session.execute(recent)).one()
        if count >= TRIES:
            raise TooManyTries((first + _WITHIN - now).total_seconds())

    async def note(self, sender: str) -> None:
        """One more of theirs. What is older than that minute is forgotten."""
        now = datetime.now(UTC)
        async with self._sessions.begin() as session:
            await session.execute(delete(WrongKeyRow).where(WrongKeyRow.at <= now - _WITHIN))
            session.add(WrongKeyRow(sender=sender, at=now))
