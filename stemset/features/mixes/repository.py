"""`MixRepository`: what listeners saved of a recording: its mix, links to it, clips.

All of it goes when the recording goes.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from stemset.database.sessions import Sessions
from stemset.database.tables import ClipRow, JobRow, MixRow, RecordingRow, ShareRow
from stemset.errors import Conflict, NotFound, Stale
from stemset.features.jobs.records import new_id
from stemset.features.mixes.mix import Clip, Mix, SavedMix, Share

MAX_CLIPS = 500
MAX_SHARES = 100
_TOKEN_BYTES = 18


class MixRepository:
    """Stores and finds mixes, links and clips. One per process. Raises NotFound for an unknown id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, recording_id: UUID) -> SavedMix:
        """Version 0 with everything neutral where none was saved."""
        async with self._sessions() as session:
            await _require(session, recording_id)
            row = await session.get(MixRow, recording_id)
        if row is None:
            return SavedMix(recording_id=recording_id, version=0, mix=Mix(), updated_at=None)
        return _saved(row)

    async def save(self, recording_id: UUID, mix: Mix, *, seen: int) -> SavedMix:
        """Put mix in place of the version that was seen. Raises Stale where another has come between."""
        now = datetime.now(UTC)
        row = MixRow(recording_id=recording_id, version=seen + 1, mix=_stored(mix), updated_at=now)
        async with self._sessions.begin() as session:
            await _require(session, recording_id)
            if seen > 0:
                swap = (
                    update(MixRow)
                    .where(MixRow.recording_id == recording_id, MixRow.version == seen)
                    .values(version=row.version, mix=row.mix, updated_at=now)
                )
                done = await session.execute(swap.execution_options(synchronize_session=False))
                if cast("CursorResult[Any]", done).rowcount == 1:
                    return _saved(row)
        if seen > 0:
            raise Stale("mix", f'"{(await self.get(recording_id)).version}"')
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            # Either somebody saved the first one meanwhile, or the recording has gone: get() tells which.
            raise Stale("mix", f'"{(await self.get(recording_id)).version}"') from None
        return _saved(row)

    # Shares ----------------------------------------------------------------------------------------------

    async def share(self, recording_id: UUID, job_id: UUID, mix: Mix) -> Share:
        """A new link. Raises Conflict where a recording has a hundred already."""
        async with self._sessions.begin() as session:
            await _require(session, recording_id, job_id)
            if len(await _shares(session, recording_id)) >= MAX_SHARES:
                raise Conflict(f"This recording has {MAX_SHARES} links already; revoke one first.")
            row = ShareRow(
                token=secrets.token_urlsafe(_TOKEN_BYTES),
                recording_id=recording_id,
                job_id=job_id,
                mix=_stored(mix),
                created_at=datetime.now(UTC),
            )
            session.add(row)
        return _share(row)

    async def shares_of(self, recording_id: UUID) -> Sequence[Share]:
        """The newest first."""
        async with self._sessions() as session:
            await _require(session, recording_id)
            return [_share(row) for row in await _shares(session, recording_id)]

    async def get_share(self, token: str) -> Share:
        async with self._sessions() as session:
            row = await session.get(ShareRow, token)
        if row is None:
            raise NotFound("link", token)
        return _share(row)

    async def revoke(self, recording_id: UUID, token: str) -> None:
        gone = delete(ShareRow).where(ShareRow.token == token, ShareRow.recording_id == recording_id)
        async with self._sessions.begin() as session:
            if await session.scalar(gone.returning(ShareRow.token)) is None:
                raise NotFound("link of this recording", token)

    # Clips -----------------------------------------------------------------------------------------------

    async def add_clip(self, recording_id: UUID, *, job_id: UUID, title: str, start: int, end: int, mix: Mix) -> Clip:
        """Raises Conflict where a recording has five hundred already."""
        async with self._sessions.begin() as session:
            await _require(session, recording_id, job_id)
            if len(await _clips(session, recording_id)) >= MAX_CLIPS:
                raise Conflict(f"This recording has {MAX_CLIPS} clips already; delete one first.")
            row = ClipRow(
                id=new_id(),
                recording_id=recording_id,
                job_id=job_id,
                title=title,
                start_frame=start,
                end_frame=end,
                mix=_stored(mix),
                created_at=datetime.now(UTC),
            )
            session.add(row)
        return _clip(row)

    async def clips_of(self, recording_id: UUID) -> Sequence[Clip]:
        """In the order of the song."""
        async with self._sessions() as session:
            await _require(session, recording_id)
            return [_clip(row) for row in await _clips(session, recording_id)]

    async def get_clip(self, clip_id: UUID) -> Clip:
        async with self._sessions() as session:
            return _clip(await _existing_clip(session, clip_id))

    async def change_clip(
        self,
        clip_id: UUID,
        *,
        title: str | None = None,
        start: int | None = None,
        end: int | None = None,
        mix: Mix | None = None,
    ) -> Clip:
        """None leaves it. The caller has made sure that end comes after start."""
        async with self._sessions.begin() as session:
            row = await _existing_clip(session, clip_id)
            row.title = row.title if title is None else title
            row.start_frame = row.start_frame if start is None else start
            row.end_frame = row.end_frame if end is None else end
            row.mix = row.mix if mix is None else _stored(mix)
        return _clip(row)

    async def delete_clip(self, clip_id: UUID) -> None:
        async with self._sessions.begin() as session:
            await session.delete(await _existing_clip(session, clip_id))


async def _require(session: AsyncSession, recording_id: UUID, job_id: UUID | None = None) -> None:
    if await session.scalar(select(RecordingRow.id).where(RecordingRow.id == recording_id)) is None:
        raise NotFound("recording", str(recording_id))
    if job_id is not None:
        of_it = select(JobRow.id).where(JobRow.id == job_id, JobRow.recording_id == recording_id)
        if await session.scalar(of_it) is None:
            raise NotFound(f"job of recording {recording_id} named", str(job_id))


async def _shares(session: AsyncSession, recording_id: UUID) -> Sequence[ShareRow]:
    of_it = select(ShareRow).where(ShareRow.recording_id == recording_id)
    return (await session.scalars(of_it.order_by(ShareRow.created_at.desc(), ShareRow.token))).all()


async def _clips(session: AsyncSession, recording_id: UUID) -> Sequence[ClipRow]:
    of_it = select(ClipRow).where(ClipRow.recording_id == recording_id)
    return (await session.scalars(of_it.order_by(ClipRow.start_frame, ClipRow.id))).all()


async def _existing_clip(session: AsyncSession, clip_id: UUID) -> ClipRow:
    row = await session.get(ClipRow, clip_id)
    if row is None:
        raise NotFound("clip", str(clip_id))
    return row


def _stored(mix: Mix) -> dict[str, Any]:
    return mix.model_dump(mode="json", by_alias=True)


def _saved(row: MixRow) -> SavedMix:
    return SavedMix(
        recording_id=row.recording_id, version=row.version, mix=Mix.model_validate(row.mix), updated_at=row.updated_at
    )


def _share(row: ShareRow) -> Share:
    return Share(
        token=row.token,
        recording_id=row.recording_id,
        job_id=row.job_id,
        mix=Mix.model_validate(row.mix),
        created_at=row.created_at,
    )


def _clip(row: ClipRow) -> Clip:
    return Clip(
        id=row.id,
        recording_id=row.recording_id,
        job_id=row.job_id,
        title=row.title,
        start=row.start_frame,
        end=row.end_frame,
        mix=Mix.model_validate(row.mix),
        created_at=row.created_at,
    )
