"""`RecordingRepository`: what the service knows of recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, RecordingRow
from stemset.errors import NotFound
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.repository import latest_jobs
from stemset.features.library.records import NewRecording, RecordingRecord


class RecordingSort(StrEnum):
    """The orders of a list of recordings; `-` is falling."""

    OLDEST = "created"
    NEWEST = "-created"
    TITLE = "title"
    TITLE_FALLING = "-title"
    SHORTEST = "duration"
    LONGEST = "-duration"


_KEYS: Mapping[str, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
    "created": RecordingRow.created_at,
    "title": func.lower(RecordingRow.title),
    "duration": RecordingRow.duration_s,
}


class RecordingRepository:
    """Stores and finds recordings. One per process. Raises NotFound for an unknown id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def add(self, recording: NewRecording) -> RecordingRecord:
        """Its bytes are stored already, under `recording.source_key`."""
        async with self._sessions.begin() as session:
            session.add(row := _row(recording))
            await session.flush()
            return recording_of(row, None)

    async def add_unless_known(self, recording: NewRecording) -> RecordingRecord:
        """The same; but where the profile has a recording of the same content, that one, and nothing is added."""
        async with self._sessions.begin() as session:
            # Writing comes first: it takes SQLite's lock, so of two at once the later sees the earlier.
            session.add(row := _row(recording))
            await session.flush()
            known = await _of_content(session, recording.profile, recording.sha256, other_than=recording.id)
            if known is None:
                return recording_of(row, None)
            await session.rollback()
        return await self.get(known)

    async def get(self, recording_id: UUID) -> RecordingRecord:
        async with self._sessions() as session:
            row = await _existing(session, recording_id)
            latest = await latest_jobs(session, [row.id])
        return recording_of(row, latest.get(row.id))

    async def find_by_hash(self, profile: str, sha256: str) -> RecordingRecord | None:
        """The profile's recording of this content, the oldest if there are several."""
        async with self._sessions() as session:
            known = await _of_content(session, profile, sha256)
        return None if known is None else await self.get(known)

    async def page(
        self,
        profile: str | None = None,
        *,
        search: str = "",
        tag: str | None = None,
        sort: RecordingSort = RecordingSort.NEWEST,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[RecordingRecord], int]:
        """A page of recordings, each with its latest job; and how many there are in all.

        search: what title, file name or a tag contains. tag: one of the tags. Upper and lower case are alike.
        """
        async with self._sessions() as session:
            dialect = session.get_bind().dialect.name
            matching = [
                *([] if profile is None else [RecordingRow.profile == profile]),
                *([] if not search.strip() else [_contains(search.strip(), dialect)]),
                *([] if tag is None else [_tagged(dialect, lambda value: value == tag.strip().lower())]),
            ]
            total = await session.scalar(select(func.count()).select_from(RecordingRow).where(*matching))
            found = select(RecordingRow).where(*matching).order_by(*_order(sort)).limit(limit).offset(offset)
            rows = (await session.scalars(found)).all()
            latest = await latest_jobs(session, [row.id for row in rows])
        return [recording_of(row, latest.get(row.id)) for row in rows], total or 0

    async def count(self) -> Mapping[str, int]:
        """Profile name -> number of recordings, for profiles that have any."""
        async with self._sessions() as session:
            rows = await session.execute(select(RecordingRow.profile, func.count()).group_by(RecordingRow.profile))
            return {profile: count for profile, count in rows}  # noqa: C416 - rows are Row objects, not tuples

    async def change(
        self, recording_id: UUID, *, title: str | None = None, tags: Iterable[str] | None = None
    ) -> RecordingRecord:
        """Rename it or replace its tags; None leaves them. A tag that is there in other letters is the same."""
        async with self._sessions.begin() as session:
            row = await _existing(session, recording_id)
            if title is not None:
                row.title = title
            if tags is not None:
                row.tags = _distinct(tags)
        return await self.get(recording_id)

    async def unused_since(self, before: datetime, *, limit: int = 100) -> list[UUID]:
        """Recordings that were made before then and whose jobs have not changed since, oldest first."""
        used = exists().where(JobRow.recording_id == RecordingRow.id, JobRow.updated_at >= before)
        old = select(RecordingRow.id).where(RecordingRow.created_at < before, ~used)
        async with self._sessions() as session:
            return list(await session.scalars(old.order_by(RecordingRow.created_at).limit(limit)))

    async def delete(self, recording_id: UUID) -> Sequence[UUID]:
        """Forget a recording with its jobs, their events and tracks. Returns the ids of the jobs; what is stored of
        them is the caller's to remove."""
        async with self._sessions.begin() as session:
            jobs = await session.scalars(delete(JobRow).where(JobRow.recording_id == recording_id).returning(JobRow.id))
            ids = jobs.all()
            gone = delete(RecordingRow).where(RecordingRow.id == recording_id).returning(RecordingRow.id)
            if await session.scalar(gone) is None:
                raise NotFound("recording", str(recording_id))
        return ids


def _now() -> datetime:
    return datetime.now(UTC)


def _row(recording: NewRecording) -> RecordingRow:
    return RecordingRow(**recording.model_dump(), overview=[], tags=[], created_at=_now())


def _distinct(tags: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(tag.lower(), tag)
    return list(found.values())


async def _existing(session: AsyncSession, recording_id: UUID) -> RecordingRow:
    row = await session.get(RecordingRow, recording_id)
    if row is None:
        raise NotFound("recording", str(recording_id))
    return row


async def _of_content(
    session: AsyncSession, profile: str, sha256: str, *, other_than: UUID | None = None
) -> UUID | None:
    known = select(RecordingRow.id).where(RecordingRow.sha256 == sha256, RecordingRow.profile == profile)
    if other_than is not None:
        known = known.where(RecordingRow.id != other_than)
    return await session.scalar(known.order_by(RecordingRow.created_at, RecordingRow.id).limit(1))


def _contains(words: str, dialect: str) -> ColumnElement[bool]:
    lower = words.lower()
    return or_(
        func.lower(RecordingRow.title).contains(lower, autoescape=True),
        func.lower(RecordingRow.file_name).contains(lower, autoescape=True),
        _tagged(dialect, lambda value: value.contains(lower, autoescape=True)),
    )


def _tagged(dialect: str, fits: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether one of a recording's tags, in small letters, fits."""
    unfold = func.jsonb_array_elements_text if dialect == "postgresql" else func.json_each
    tags = unfold(RecordingRow.tags).table_valued("value")
    return select(1).select_from(tags).where(fits(func.lower(tags.c.value))).exists()


def _order(sort: RecordingSort) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    key = _KEYS[sort.value.removeprefix("-")]
    if sort.value.startswith("-"):
        return key.desc(), RecordingRow.id.desc()
    return key.asc(), RecordingRow.id.asc()


def recording_of(row: RecordingRow, latest_job: JobRecord | None) -> RecordingRecord:
    known = {name: getattr(row, name) for name in NewRecording.model_fields}
    return RecordingRecord(
        **known,
        created_at=row.created_at,
        overview=tuple(row.overview),
        tags=tuple(row.tags),
        latest_job=latest_job,
    )
