"""What travels over HTTP. Field names are camelCase on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from stemset.jobs.records import JobState, NodeState
from stemset.strategy import BlendDomain, BlendKind

MAX_NAME = 40
MAX_TITLE = 120
MAX_TAG = 40
MAX_TAGS = 20
MAX_FILE_NAME = 1000

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE, pattern=_PRINTABLE)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
ContentType = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$")]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG, pattern=_PRINTABLE)]


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


class Session(Wire):
    """Whether a key is needed here, and whether this browser is signed in; on an open service everybody is."""

    closed: bool
    signed_in: bool


class SignIn(Wire):
    """The key of this Stemset, as its operator gave it."""

    key: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)] = Field(repr=False)


class Health(Wire):
    """Whether the parts that a request needs answer, and how much the queue holds. worker: one takes jobs."""

    status: Literal["ok", "degraded"]
    version: str
    database: bool
    storage: bool
    worker: bool
    queued: int
    running: int


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


class ModelFile(Wire):
    """One file of a model's weights.

    present: it is on this machine. bytes: its size; about, or null where that isn't known, while it is not here.
    """

    name: str
    bytes: int | None
    present: bool


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
    files: list[ModelFile]


class StrategyModel(Wire):
    """One model of a node."""

    name: str
    title: str


class StrategyBlend(Wire):
    """How the outputs of several models become one. weights: of an average, one for each model; null where equal."""

    kind: BlendKind
    domain: BlendDomain
    weights: list[float] | None


class StrategyNode(Wire):
    """One node of a strategy's tree. parent: the path of the node above, null at the root.

    models: one, or several whose outputs are blended; blend is null with one.
    """

    path: str
    parent: str | None
    slot: str | None
    models: list[StrategyModel]
    blend: StrategyBlend | None
    stems: dict[str, str]


class Quality(StrEnum):
    """preview: no neural network. good, very_good, best: by the published SDR of the weakest model."""

    PREVIEW = "preview"
    GOOD = "good"
    VERY_GOOD = "very_good"
    BEST = "best"


class Strategy(Wire):
    """A strategy with its plain-language hints. Times are for a song of four minutes on this machine.

    preparing: 0 to 1 while its weights are fetched. failure: why they could not be, the last time.
    """

    name: str
    summary: str
    stems: list[str]
    nodes: list[StrategyNode]
    quality: Quality
    estimated_s: float
    download_bytes: int
    ready: bool
    missing: list[str]
    preparing: float | None
    failure: str | None


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
    """One strategy run on one recording.

    attempt: 1 at first, one more by every retry. eta_s: seconds that are left. queue_position: 1 is next; null unless
    queued.
    """

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
    attempt: int
    eta_s: float | None
    queue_position: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    last_event: int


class JobRequest(Wire):
    """strategy: null takes the profile's. force: also where this strategy has run on this recording already."""

    recording_id: UUID
    strategy: str | None = Field(default=None, max_length=MAX_NAME)
    force: bool = False


class JobPage(Wire):
    """Jobs, newest first."""

    items: list[Job]
    total: int
    limit: int
    offset: int


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


class Uploaded(Wire):
    """What an upload made. job: null when the request asked for none.

    known: the same content was in the profile already; `recording` is that one, and nothing was stored.
    """

    recording: Recording
    job: Job | None
    known: bool


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


class UploadCompletion(Wire):
    """strategy: null takes the profile's. separate: false stores the recording and starts no job."""

    strategy: str | None = Field(default=None, max_length=MAX_NAME)
    separate: bool = True


class Peaks(Wire):
    """A waveform of a track: audiowaveform's format, version 2, 8 bit, one channel."""

    samples_per_pixel: int
    url: str


class Track(Wire):
    """One audio file of the player.

    streaminfo: the 34 bytes of FLAC's STREAMINFO, base64. peaks: fine to coarse. overview: min and max pairs, -128 to
    127, at 16384 samples per pixel. gain_db: advice for equal loudness, never applied to the file.
    """

    name: str
    label: str
    colour: str
    url: str
    bytes: int
    block_size: int
    streaminfo: str
    index_url: str
    peaks: list[Peaks]
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
