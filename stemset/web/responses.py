"""One real-looking value of every answer, for the API's documentation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from pydantic import BaseModel, JsonValue

from stemset.api.models import (
    CallbackAnswer,
    Health,
    Job,
    JobEvent,
    JobNode,
    JobPage,
    JobState,
    Limits,
    Model,
    ModelFile,
    ModelScore,
    NodeState,
    Peaks,
    PlayerData,
    Profile,
    Quality,
    Recording,
    RecordingPage,
    ServiceConfig,
    Session,
    Strategy,
    StrategyModel,
    StrategyNode,
    Track,
    Upload,
    Uploaded,
    UploadPart,
    WeightsState,
)
from stemset.manifest import InputRecord, Manifest, NodeRecord

RECORDING_ID = UUID("0193b1c2-7d10-7a44-8b1f-6f0d0c9e5a11")
JOB_ID = UUID("0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03")
_AT = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)

SESSION = Session(closed=True, signed_in=True)
HEALTH = Health(status="ok", version="0.1.0", database=True, storage=True, worker=True, queued=0, running=1)
CONFIG = ServiceConfig(
    version="0.1.0",
    default_profile="demo",
    limits=Limits(max_bytes=500_000_000, max_duration_s=1800, max_channels=8),
    formats=["flac", "wav", "mp3", "opus", "m4a"],
)
PROFILE = Profile(
    name="demo", title="Demo", description="A short song that is already separated.", strategy="instant", recordings=1
)
MODEL = Model(
    name="kuielab_b_drums.onnx",
    title="KUIELab B, drums",
    summary="Drums against everything else.",
    architecture="MDX-Net",
    slots={"drums": "the drum kit", "not_drums": "everything else"},
    size_bytes=29_700_000,
    licence="MIT",
    scores=[ModelScore(slot="drums", sdr_db=7.1, source="MDX challenge 2021")],
    device_advice="Runs well on a CPU.",
    weights=WeightsState.PRESENT,
    files=[ModelFile(name="kuielab_b_drums.onnx", bytes=29_700_000, present=True)],
)
STRATEGY = Strategy(
    name="instant",
    summary="A preview that needs no download.",
    stems=["drums", "bass", "vocals", "other"],
    nodes=[
        StrategyNode(
            path="root",
            parent=None,
            slot=None,
            models=[StrategyModel(name="percussive", title="Percussive")],
            blend=None,
            stems={"drums": "drums"},
        ),
    ],
    quality=Quality.PREVIEW,
    estimated_s=15,
    download_bytes=0,
    ready=True,
    missing=[],
    preparing=None,
    failure=None,
)
JOB = Job(
    id=JOB_ID,
    recording_id=RECORDING_ID,
    profile="demo",
    strategy="instant",
    state=JobState.RUNNING,
    nodes=[
        JobNode(
            path="root",
            parent=None,
            model="percussive",
            title="Percussive",
            state=NodeState.RUNNING,
            fraction=0.4,
            seconds=None,
            cached=False,
        ),
    ],
    stems=[],
    expected_stems=["drums", "bass", "vocals", "other"],
    failure=None,
    sum_to_mixture_db=None,
    attempt=1,
    eta_s=6.5,
    queue_position=None,
    created_at=_AT,
    started_at=_AT + timedelta(seconds=1),
    finished_at=None,
    last_event=4,
)
EVENT = JobEvent(number=4, type="node_progress", at=_AT + timedelta(seconds=3), job=JOB)
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
    created_at=_AT,
    latest_job=JOB,
)
PAGE = RecordingPage(items=[RECORDING], total=1, limit=50, offset=0)
JOBS = JobPage(items=[JOB], total=1, limit=50, offset=0)
UPLOADED = Uploaded(recording=RECORDING, job=JOB, known=False)
KNOWN = UPLOADED.model_copy(update={"known": True})
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
    expires_at=_AT + timedelta(hours=1),
)
PLAYER = PlayerData(
    recording_id=RECORDING_ID,
    job_id=JOB_ID,
    title="First Light",
    profile="demo",
    strategy="instant",
    sample_rate=44100,
    frames=1_058_400,
    common_gain=1.0,
    sum_to_mixture_db=-96.3,
    mixture=Track(
        name="mixture",
        label="Mixture",
        colour="#9aa4b2",
        url=f"/api/jobs/{JOB_ID}/stems/mixture.flac?v=3f1c2a90d4e7b856",
        bytes=2_311_004,
        block_size=4096,
        streaminfo="EAAQAAAADgAAEAxERAECAAAQJgAAAAAAAAAAAAAAAAAAAAAA",
        index_url=f"/api/jobs/{JOB_ID}/stems/mixture.index?v=3f1c2a90d4e7b856",
        peaks=[Peaks(samples_per_pixel=256, url=f"/api/jobs/{JOB_ID}/peaks/mixture.256.dat?v=3f1c2a90d4e7b856")],
        overview=[-64, 70, -90, 88],
        gain_db=0.0,
        lufs=-14.2,
    ),
    stems=[],
)


CALLBACK = CallbackAnswer(cancel=False)
MANIFEST = Manifest(
    stemset_version="0.1.0",
    versions={"python": "3.11.2", "numpy": "2.4.1"},
    device="cpu",
    strategy="instant",
    tree={"_": "percussive", "drums": "drums", "not_drums": "other"},
    started_at=_AT,
    finished_at=_AT + timedelta(seconds=4),
    state="succeeded",
    input=InputRecord(
        sha256="3f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b8563f1c2a90d4e7b856",
        container="wav",
        codec="pcm_s16le",
        sample_rate=44100,
        channels=2,
        duration_s=24.0,
    ),
    nodes=(NodeRecord(path="root", model="percussive", params={}, weights_sha256={}, state="done", seconds=1.2),),
    mixture=None,
    stems=(),
    sum_to_mixture_db=-96.3,
    common_gain=1.0,
)


def json_response(value: BaseModel | list[Profile] | list[Strategy] | list[Model], description: str) -> ResponseSpec:
    """The ResponseSpec of a route that answers with something like `value`, as JSON."""
    if isinstance(value, list):
        return _spec(list[type(value[0])], [_wire(item) for item in value], description, "application/json")
    return _spec(type(value), _wire(value), description, "application/json")


def event_stream_response(value: JobEvent, description: str) -> ResponseSpec:
    """The ResponseSpec of a stream of server-sent events whose `data` is like `value`."""
    return _spec(type(value), _wire(value), description, "text/event-stream")


def binary_response(description: str, media_type: str) -> ResponseSpec:
    """The ResponseSpec of bytes that are no JSON."""
    return ResponseSpec(data_container=bytes, description=description, media_type=media_type, generate_examples=False)


def empty_response(description: str) -> ResponseSpec:
    """The ResponseSpec of an answer without a body."""
    return ResponseSpec(data_container=None, description=description, generate_examples=False)


def _wire(value: BaseModel) -> dict[str, JsonValue]:
    return value.model_dump(mode="json", by_alias=True)


def _spec(container: object, example: JsonValue, description: str, media_type: str) -> ResponseSpec:
    return ResponseSpec(
        data_container=container,  # pyright: ignore - typed for classes only
        description=description,
        media_type=media_type,
        generate_examples=False,
        examples=[Example(value=example)],
    )
