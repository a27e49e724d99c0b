"""Recordings and uploads as values. Frozen; the tables behind them live in `database.tables`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from stemset.features.jobs.records import JobRecord, Value


class NewRecording(Value):
    """An uploaded song whose bytes are stored already, under `source_key`. duration in seconds, as probed."""

    id: UUID
    profile: str
    title: str
    file_name: str
    bytes: int
    sha256: str
    duration_s: float
    sample_rate: int
    channels: int
    codec: str
    source_key: str


class RecordingRecord(NewRecording):
    """A song in a profile. overview: that of the mixture's track, empty until a job has decoded the song.
    latest_job: its newest separation."""

    created_at: datetime
    overview: tuple[int, ...]
    tags: tuple[str, ...]
    latest_job: JobRecord | None


class UploadRecord(Value):
    """An upload that was announced. bytes, content_type, sha256: as announced. part_bytes: size of each part but the
    last. transfer: the storage's name for what comes in parts; None where the whole comes at once."""

    id: UUID
    profile: str
    file_name: str
    bytes: int
    content_type: str
    sha256: str | None
    part_bytes: int
    transfer: str | None
    expires_at: datetime
