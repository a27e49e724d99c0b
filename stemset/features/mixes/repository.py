"""`MixRepository` stores what listeners save of a recording: its mix, links to it, clips.

All of it is deleted with the recording.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete, select, update
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

    async def get_mix(self, recording_id: UUID) -> SavedMix:
        """Find the mix of a recording; where none was saved, a neutral one of version 0."""
        async with self._sessions() as session:
            await _check_ids(session, recording_id)
            row = await session.get(MixRow, recording_id)
        if row is None:
            return SavedMix(recording_id=recording_id, version=0, mix=Mix(), updated_at=None)
        return _read_mix(row)

    async def save_mix(self, recording_id: UUID, mix: Mix, *, replaces: int) -> SavedMix:
        """Replace the mix of this version, 0 for none. Raises Stale where it is not the current one any more."""
        now = datetime.now(UTC)
        row = MixRow(recording_id=recording_id, version=replaces + 1, mix=_write_mix(mix), updated_at=now)
        async with self._sessions.begin() as session:
            await _check_ids(session, recording_id)
            if replaces > 0:
                swap = (
                    update(MixRow)
                    .where(MixRow.recording_id == recording_id, MixRow.version == replaces)
                    .values(version=row.version, mix=row.mix, updated_at=now)
                    .returning(MixRow.version)
                )
                if await session.scalar(swap.execution_options(synchronize_session=False)) is not None:
                    return _read_mix(row)
        if replaces > 0:
            raise Stale("mix", f'"{(await self.get_mix(recording_id)).version}"')
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            # Either somebody saved the first one meanwhile, or the recording has gone: get_mix() tells which.
            raise Stale("mix", f'"{(await self.get_mix(recording_id)).version}"') from None
        return _read_mix(row)

    # Shares ----------------------------------------------------------------------------------------------

    async def add_share(self, recording_id: UUID, job_id: UUID, mix: Mix) -> Share:
        """Make a link. Raises Conflict where a recording has a hundred already."""
        async with self._sessions.begin() as session:
            await _check_ids(session, recording_id, job_id)
            if len(await _load_shares(session, recording_id)) >= MAX_SHARES:
                raise Conflict(f"This recording has {MAX_SHARES} links already; revoke one first.")
            row = ShareRow(
                token=secrets.token_urlsafe(_TOKEN_BYTES),
                recording_id=recording_id,
                job_id=job_id,
                mix=_write_mix(mix),
                created_at=datetime.now(UTC),
            )
            session.add(row)
        return _read_share(row)

    async def list_shares(self, recording_id: UUID) -> Sequence[Share]:
        """List the links of a recording, the newest first."""
        async with self._sessions() as session:
            await _check_ids(session, recording_id)
            return [_read_share(row) for row in await _load_shares(session, recording_id)]

    async def get_share(self, token: str) -> Share:
        async with self._sessions() as session:
            row = await session.get(ShareRow, token)
        if row is None:
            raise NotFound("link", token)
        return _read_share(row)

    async def revoke_share(self, recording_id: UUID, token: str) -> None:
        revocation = delete(ShareRow).where(ShareRow.token == token, ShareRow.recording_id == recording_id)
        async with self._sessions.begin() as session:
            if await session.scalar(revocation.returning(ShareRow.token)) is None:
                raise NotFound("link of this recording", token)

    # Clips -----------------------------------------------------------------------------------------------

    async def add_clip(self, recording_id: UUID, *, job_id: UUID, title: str, start: int, end: int, mix: Mix) -> Clip:
        """Keep a range of frames. Raises Conflict where a recording has five hundred clips already."""
        async with self._sessions.begin() as session:
            await _check_ids(session, recording_id, job_id)
            if len(await _load_clips(session, recording_id)) >= MAX_CLIPS:
                raise Conflict(f"This recording has {MAX_CLIPS} clips already; delete one first.")
            row = ClipRow(
                id=new_id(),
                recording_id=recording_id,
                job_id=job_id,
                title=title,
                start_frame=start,
                end_frame=end,
                mix=_write_mix(mix),
                created_at=datetime.now(UTC),
            )
            session.add(row)
        return _read_clip(row)

    async def list_clips(self, recording_id: UUID) -> Sequence[Clip]:
        """List the clips of a recording, in the order of the song."""
        async with self._sessions() as session:
            await _check_ids(session, recording_id)
            return [_read_clip(row) for row in await _load_clips(session, recording_id)]

    async def get_clip(self, clip_id: UUID) -> Clip:
        async with self._sessions() as session:
            return _read_clip(await _load_clip(session, clip_id))

    async def change_clip(
        self,
        clip_id: UUID,
        *,
        title: str | None = None,
        start: int | None = None,
        end: int | None = None,
        mix: Mix | None = None,
    ) -> Clip:
        """Change what is not None. The caller has made sure that end comes after start."""
        async with self._sessions.begin() as session:
            row = await _load_clip(session, clip_id)
            row.title = row.title if title is None else title
            row.start_frame = row.start_frame if start is None else start
            row.end_frame = row.end_frame if end is None else end
            row.mix = row.mix if mix is None else _write_mix(mix)
        return _read_clip(row)

    async def delete_clip(self, clip_id: UUID) -> None:
        async with self._sessions.begin() as session:
            await session.delete(await _load_clip(session, clip_id))


async def _check_ids(session: AsyncSession, recording_id: UUID, job_id: UUID | None = None) -> None:
    """Raise NotFound for an unknown recording, and for a job that is not one of it."""
    if await session.scalar(select(RecordingRow.id).where(RecordingRow.id == recording_id)) is None:
        raise NotFound("recording", str(recording_id))
    if job_id is not None:
        query = select(JobRow.id).where(JobRow.id == job_id, JobRow.recording_id == recording_id)
        if await session.scalar(query) is None:
            raise NotFound(f"job of recording {recording_id} named", str(job_id))


async def _load_shares(session: AsyncSession, recording_id: UUID) -> Sequence[ShareRow]:
    query = select(ShareRow).where(ShareRow.recording_id == recording_id)
    return (await session.scalars(query.order_by(ShareRow.created_at.desc(), ShareRow.token))).all()


async def _load_clips(session: AsyncSession, recording_id: UUID) -> Sequence[ClipRow]:
    query = select(ClipRow).where(ClipRow.recording_id == recording_id)
    return (await session.scalars(query.order_by(ClipRow.start_frame, ClipRow.id))).all()


async def _load_clip(session: AsyncSession, clip_id: UUID) -> ClipRow:
    row = await session.get(ClipRow, clip_id)
    if row is None:
        raise NotFound("clip", str(clip_id))
    return row


def _write_mix(mix: Mix) -> dict[str, JsonValue]:
    return mix.model_dump(mode="json", by_alias=True)


def _read_mix(row: MixRow) -> SavedMix:
    return SavedMix(
        recording_id=row.recording_id, version=row.version, mix=Mix.model_validate(row.mix), updated_at=row.updated_at
    )


def _read_share(row: ShareRow) -> Share:
    return Share(
        token=row.token,
        recording_id=row.recording_id,
        job_id=row.job_id,
        mix=Mix.model_validate(row.mix),
        created_at=row.created_at,
    )


def _read_clip(row: ClipRow) -> Clip:
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
