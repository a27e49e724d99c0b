"""What travels over HTTP. Field names are camelCase on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from stemset.jobs.records import JobState, NodeState


class Wire(BaseModel):
    """Frozen; snake_case in Python, camelCase on the wire."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Problem(Wire):
    """RFC 9457 problem details. `type` is `/problems/<kind>` and stable."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    choices: list[str] | None = None


class Health(Wire):
    """Whether the parts that a request needs answer."""

    status: Literal["ok", "degraded"]
    version: str
    database: bool
    storage: bool


class Limits(Wire):
    """What an upload may be, told before it starts."""

    max_bytes: int
    max_duration_s: float
    max_channels: int


class ServiceConfig(Wire):
    """What a page or program needs to know before it asks for anything else."""

    version: str
    default_profile: str
    limits: Limits
    formats: list[str]


class Profile(Wire):
    """A named collection of recordings with its defaults."""

    name: str
    title: str
    description: str
    strategy: str
    recordings: int


class WeightsState(StrEnum):
    """none: the model needs no file. present: all files are there. absent: they would be fetched first."""

    NONE = "none"
    PRESENT = "present"
    ABSENT = "absent"


class ModelScore(Wire):
    slot: str
    sdr_db: float
    source: str


class Model(Wire):
    """A registered model, described without loading it."""

    name: str
    title: str
    summary: str
    architecture: str
    slots: dict[str, str]
    size_bytes: int
    licence: str | None
    scores: list[ModelScore]
    device_advice: str
    weights: WeightsState


class StrategyNode(Wire):
    """One model run in a strategy's tree. parent: the path of the node above, null at the root."""

    path: str
    parent: str | None
    slot: str | None
    model: str
    title: str
    stems: dict[str, str]


class Quality(StrEnum):
    """preview: no neural network. good, very_good, best: by the published SDR of the weakest model."""

    PREVIEW = "preview"
    GOOD = "good"
    VERY_GOOD = "very_good"
    BEST = "best"


class Strategy(Wire):
    """A strategy with its plain-language hints. Times are for a song of four minutes on this machine."""

    name: str
    summary: str
    stems: list[str]
    nodes: list[StrategyNode]
    quality: Quality
    estimated_s: float
    download_bytes: int
    ready: bool
    missing: list[str]


class JobNode(Wire):
    """How far one node is. fraction: 0 to 1."""

    path: str
    parent: str | None
    model: str
    title: str
    state: NodeState
    fraction: float
    seconds: float | None
    cached: bool


class JobFailure(Wire):
    """Why a job failed. fallback: a strategy that would work without what was missing."""

    kind: str
    message: str
    node: str | None
    fallback: str | None


class Job(Wire):
    """One strategy run on one recording."""

    id: UUID
    recording_id: UUID
    profile: str
    strategy: str
    state: JobState
    nodes: list[JobNode]
    stems: list[str]
    expected_stems: list[str]
    failure: JobFailure | None
    sum_to_mixture_db: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    last_event: int


class JobRequest(Wire):
    """strategy: null takes the profile's."""

    recording_id: UUID
    strategy: str | None = None


class JobEvent(Wire):
    """One numbered change of a job; `job` is its state after the change."""

    number: int
    type: str
    at: datetime
    job: Job


class CallbackAnswer(Wire):
    """What the API tells a worker that reports. cancel: somebody asked for the job to stop."""

    cancel: bool


class Recording(Wire):
    """A song in a profile. overview: 0..100 peaks of the mixture over its length, once a job has decoded it."""

    id: UUID
    profile: str
    title: str
    file_name: str
    bytes: int
    duration_s: float
    sample_rate: int
    channels: int
    codec: str
    overview: list[int]
    created_at: datetime
    latest_job: Job | None


class RecordingPage(Wire):
    """Recordings, newest first."""

    items: list[Recording]
    total: int
    limit: int
    offset: int


class Uploaded(Wire):
    """What a multipart upload made. job: null when the request asked for none."""

    recording: Recording
    job: Job | None


class Track(Wire):
    """One audio file of the player.

    streaminfo: the 34 bytes of FLAC's STREAMINFO, base64. overview: min and max pairs, -128 to 127, at
    16384 samples per pixel. gain_db: advice for equal loudness, never applied to the file.
    """

    name: str
    label: str
    colour: str
    url: str
    bytes: int
    block_size: int
    streaminfo: str
    index_url: str
    peaks_url: str
    overview: list[int]
    gain_db: float
    lufs: float | None


class PlayerData(Wire):
    """Everything the player needs to start. stems: those that are ready, in the strategy's order."""

    recording_id: UUID
    job_id: UUID
    title: str
    profile: str
    strategy: str
    sample_rate: int
    frames: int
    common_gain: float = Field(description="factor already in every file, so that none clips")
    sum_to_mixture_db: float | None
    mixture: Track
    stems: list[Track]
