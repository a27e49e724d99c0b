"""The tables, as classes of rows. migrations/ creates them; a test proves that both agree."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import DefaultBase, UUIDv7Base
from advanced_alchemy.types import DateTimeUTC
from pydantic import JsonValue
from sqlalchemy import (
    JSON,
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

# JSON columns hold what Pydantic dumped; the repositories read them back through the types of the records.
Json = dict[str, JsonValue]
JSON_COLUMN = JSON().with_variant(JSONB(), "postgresql")


class RecordingRow(UUIDv7Base):
    """A `library.records.RecordingRecord` without its latest job. overview: as in `TrackRow`, of the mixture."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_profile_created_at", "profile", "created_at"),)

    profile: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(400))
    file_name: Mapped[str] = mapped_column(String(400))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    duration_s: Mapped[float] = mapped_column(Float)
    sample_rate: Mapped[int] = mapped_column(Integer)
    channels: Mapped[int] = mapped_column(Integer)
    codec: Mapped[str] = mapped_column(String(80))
    source_key: Mapped[str] = mapped_column(String(200))
    overview: Mapped[list[int]] = mapped_column(JSON_COLUMN, default=list)
    tags: Mapped[list[str]] = mapped_column(JSON_COLUMN, default=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))


class UploadRow(UUIDv7Base):
    """A `library.records.UploadRecord`: an upload that isn't complete. It is removed after expires_at."""

    __tablename__ = "uploads"

    profile: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(400))
    bytes: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str | None] = mapped_column(String(64))
    part_bytes: Mapped[int] = mapped_column(BigInteger)
    transfer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True), index=True)


class JobRow(UUIDv7Base):
    """A `jobs.records.JobRecord`. state repeats `status["state"]` so that queries and the index below can use it.

    queued_at: when this attempt came into the queue. heard_at: when a worker last reported on it. claimed_at: when a
    process began to hand it over.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_recording_id_created_at", "recording_id", "created_at"),
        # A strategy runs on a recording once at a time, however many ask for it at once.
        Index(
            "uq_jobs_active",
            "recording_id",
            "strategy",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("ix_jobs_state_queued_at", "state", "queued_at"),
        Index("ix_jobs_created_at", "created_at"),
    )

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"))
    profile: Mapped[str] = mapped_column(String(40))
    strategy: Mapped[str] = mapped_column(String(40))
    tree: Mapped[Json] = mapped_column(JSON_COLUMN)
    expected_stems: Mapped[list[str]] = mapped_column(JSON_COLUMN)
    options: Mapped[Json] = mapped_column(JSON_COLUMN)
    state: Mapped[str] = mapped_column(String(16))
    status: Mapped[Json] = mapped_column(JSON_COLUMN)
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    requeues: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    dispatch_ref: Mapped[str | None] = mapped_column(String(200))
    nonce: Mapped[str] = mapped_column(String(40), server_default="")
    claimed_at: Mapped[datetime | None] = mapped_column(DateTimeUTC(timezone=True))
    last_event: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))
    queued_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))
    heard_at: Mapped[datetime | None] = mapped_column(DateTimeUTC(timezone=True))


class EventRow(DefaultBase):
    """A `jobs.records.EventRecord`.

    status: of the job after the event. message_id: of the report that made it, None for the service's own events.
    """

    __tablename__ = "job_events"
    __table_args__ = (UniqueConstraint("message_id", name="uq_job_events_message_id"),)

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str | None] = mapped_column(String(400))
    status: Mapped[Json] = mapped_column(JSON_COLUMN)
    at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))


class TrackRow(DefaultBase):
    """A `jobs.records.TrackRecord`. record: a `manifest.StemRecord`."""

    __tablename__ = "job_tracks"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    record: Mapped[Json] = mapped_column(JSON_COLUMN)
    streaminfo: Mapped[bytes] = mapped_column(LargeBinary)
    block_size: Mapped[int] = mapped_column(Integer)
    overview: Mapped[list[int]] = mapped_column(JSON_COLUMN)


class MixRow(DefaultBase):
    """A `mixes.mix.SavedMix`. mix: a `mixes.mix.Mix`."""

    __tablename__ = "mixes"

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    mix: Mapped[Json] = mapped_column(JSON_COLUMN)
    updated_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))


class ShareRow(DefaultBase):
    """A `mixes.mix.Share`."""

    __tablename__ = "shares"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    mix: Mapped[Json] = mapped_column(JSON_COLUMN)
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))


class ClipRow(UUIDv7Base):
    """A `mixes.mix.Clip`."""

    __tablename__ = "clips"

    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(400))
    start_frame: Mapped[int] = mapped_column(BigInteger)
    end_frame: Mapped[int] = mapped_column(BigInteger)
    mix: Mapped[Json] = mapped_column(JSON_COLUMN)
    created_at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))


class WrongKeyRow(UUIDv7Base):
    """One wrong key that a sender has tried; `accounts.key_limiter` counts them."""

    __tablename__ = "wrong_keys"
    __table_args__ = (Index("ix_wrong_keys_sender_at", "sender", "at"),)

    sender: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTimeUTC(timezone=True))
