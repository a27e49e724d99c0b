"""Recordings and uploads as they travel over HTTP, an example of each, and how records become them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from uuid import UUID

from pydantic import Field

from stemset.config import Config
from stemset.features.jobs.schemas import (
    JOB,
    RECORDING_ID,
    Job,
    describe_job,
)
from stemset.features.library.records import RecordingRecord
from stemset.web.schema import (
    EXAMPLE_TIME,
    MAX_FILE_NAME,
    MAX_NAME,
    MAX_TAGS,
    ContentType,
    Sha256,
    Tag,
    Title,
    Wire,
)

_OVERVIEW_POINTS = 240


class Recording(Wire):
    """A song in a profile. overview: 0..100 peaks of the mixture over its length, once a job has decoded it.

    sha256: of the file as it came, in hex.
    """

    id: UUID
    profile: str
    title: str
    tags: list[str]
    file_name: str
    bytes: int
    sha256: str
    duration_s: float
    sample_rate: int
    channels: int
    codec: str
    overview: list[int]
    created_at: datetime
    latest_job: Job | None


RECORDING = Recording(
    id=RECORDING_ID,
    profile="demo",
    title="First Light",
    tags=["live"],
    file_name="first light.wav",
    bytes=4_233_644,
    sha256="3f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b856",
    duration_s=24.0,
    sample_rate=44100,
    channels=2,
    codec="pcm_s16le",
    overview=[0, 35, 80, 62],
    created_at=EXAMPLE_TIME,
    latest_job=JOB,
)


class RecordingChange(Wire):
    """What to change of a recording; what is absent or null stays. tags: all of them, in place of those it has."""

    title: Title | None = None
    tags: list[Tag] | None = Field(default=None, max_length=MAX_TAGS)


class RecordingPage(Wire):
    """Recordings in the order asked for."""

    items: list[Recording]
    total: int
    limit: int
    offset: int


PAGE = RecordingPage(items=[RECORDING], total=1, limit=50, offset=0)


class Uploaded(Wire):
    """What an upload made. job: null when the request asked for none.

    known: the same content was in the profile already; `recording` is that one, and nothing was stored.
    """

    recording: Recording
    job: Job | None
    known: bool


UPLOADED = Uploaded(recording=RECORDING, job=JOB, known=False)


class UploadRequest(Wire):
    """A file that is going to be sent. sha256: of its bytes, in hex; where given, what arrives must have it."""

    profile: str = Field(max_length=MAX_NAME)
    file_name: str = Field(max_length=MAX_FILE_NAME)
    bytes: int = Field(ge=0, strict=True)
    content_type: ContentType = "application/octet-stream"
    sha256: Sha256 | None = None


class UploadPart(Wire):
    """A part of a file, `bytes` long from `offset` on: one request to `url` by `method`, with these `headers` and
    nothing but those bytes. The address may be the storage's own, and ends after hours: ask for the upload again then.

    received: it is there already.
    """

    number: int
    offset: int
    bytes: int
    received: bool
    url: str
    method: Literal["PUT"]
    headers: dict[str, str]


class Upload(Wire):
    """Where to send a file. The parts may be sent in any order, several at once, and again.

    Then complete the upload; after `expiresAt` it is gone.
    """

    id: UUID
    profile: str
    file_name: str
    bytes: int
    parts: list[UploadPart]
    expires_at: datetime


UPLOAD = Upload(
    id=UUID("0193b1c2-7c04-7b11-a3f8-51d2c9e07b44"),
    profile="demo",
    file_name="first light.wav",
    bytes=1_000_000,
    parts=[
        UploadPart(
            number=1,
            offset=0,
            bytes=1_000_000,
            received=False,
            url="/api/uploads/0193b1c2-7c04-7b11-a3f8-51d2c9e07b44/parts/1",
            method="PUT",
            headers={"Content-Type": "audio/wav"},
        )
    ],
    expires_at=EXAMPLE_TIME + timedelta(hours=1),
)


class UploadCompletion(Wire):
    """strategy: null takes the profile's. separate: false stores the recording and starts no job."""

    strategy: str | None = Field(default=None, max_length=MAX_NAME)
    separate: bool = True


def _thumbnail(overview: Sequence[int]) -> list[int]:
    """Min and max pairs of -128..127 -> at most 240 peaks of 0..100."""
    peaks = [max(abs(low), abs(high)) for low, high in zip(overview[::2], overview[1::2], strict=False)]
    if not peaks:
        return []
    points = min(len(peaks), _OVERVIEW_POINTS)
    edges = [round(n * len(peaks) / points) for n in range(points + 1)]
    return [min(100, round(max(peaks[start:stop]) * 100 / 127)) for start, stop in pairwise(edges)]


KNOWN = UPLOADED.model_copy(update={"known": True})


def describe_recording(record: RecordingRecord, config: Config) -> Recording:
    return Recording(
        id=record.id,
        profile=record.profile,
        title=record.title,
        tags=list(record.tags),
        file_name=record.file_name,
        bytes=record.bytes,
        sha256=record.sha256,
        duration_s=record.duration_s,
        sample_rate=record.sample_rate,
        channels=record.channels,
        codec=record.codec,
        overview=_thumbnail(record.overview),
        created_at=record.created_at,
        latest_job=None if record.latest_job is None else describe_job(record.latest_job, config),
    )
