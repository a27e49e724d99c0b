"""What travels between the service and a worker: `JobPayload` one way, `Report` the other.

A report is one POST to the callback. Its message id is deterministic: a resumed run that repeats a report repeats the
id, too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from stemset import __version__
from stemset.errors import UnknownPayload
from stemset.features.jobs.records import JobRecord, RunOptions
from stemset.manifest import StemRecord

SCHEMA_VERSION = 1
MAX_PAYLOAD_BYTES = 8192


class Message(BaseModel):
    """A frozen message that refuses fields it does not know, so that an old worker and a new service notice each
    other."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobPayload(Message):
    """Everything a worker needs to begin: ids, keys and names, never audio. At most 8 KiB as JSON.

    nonce: is repeated in every report and shows that the report is of this hand-over.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    job_id: UUID
    attempt: int = Field(ge=1)
    nonce: str
    recording_id: UUID
    source_key: str
    strategy: str
    tree: dict[str, JsonValue]
    options: RunOptions

    @property
    def ref(self) -> str:
        """The attempt's name in the engine; a payload that is handed over twice has the same one."""
        return f"{self.job_id}.{self.attempt}"

    @classmethod
    def of(cls, job: JobRecord, source_key: str) -> JobPayload:
        """The payload of the job's present attempt. source_key: where its recording is stored."""
        return cls(
            job_id=job.id,
            attempt=job.attempt,
            nonce=job.nonce,
            recording_id=job.recording_id,
            source_key=source_key,
            strategy=job.strategy,
            tree=job.tree,
            options=job.options,
        )


def parse_payload(text: str) -> JobPayload:
    """A payload from its JSON. Raises UnknownPayload for one of another version."""
    try:
        return JobPayload.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnknownPayload(
            f"The worker can't read this job ({where}: {first['msg']}): its version of Stemset ({__version__}) is not "
            f"the service's."
        ) from None


class Started(Message):
    """A worker has the job. run: the engine's name for what it runs, where the worker knows it."""

    type: Literal["started"] = "started"
    run: str | None = None


class NodeStarted(Message):
    """The model of a node runs. node: its path."""

    type: Literal["node_started"] = "node_started"
    node: str


class NodeProgress(Message):
    """A node has come this far. fraction: 0 to 1, sent at whole percents."""

    type: Literal["node_progress"] = "node_progress"
    node: str
    fraction: float = Field(ge=0, le=1)


class NodeDone(Message):
    """A node's outputs exist. seconds: that it took. cached: it had not to be run."""

    type: Literal["node_done"] = "node_done"
    node: str
    seconds: float = Field(ge=0)
    cached: bool = False


class Layout(Message):
    """A FLAC file's STREAMINFO, block size and waveform overview. Units as in `TrackRecord`."""

    streaminfo: Base64Bytes
    block_size: int = Field(gt=0)
    overview: tuple[int, ...]

    @classmethod
    def of(cls, streaminfo: bytes, block_size: int, overview: Sequence[int]) -> Layout:
        """A layout from raw bytes; the constructor itself takes base64, as it comes over HTTP."""
        return cls(streaminfo=b64encode(streaminfo), block_size=block_size, overview=tuple(overview))


class TrackReady(Message):
    """The file, its index and its peaks are stored. A second one for the same name replaces the first."""

    type: Literal["track_ready"] = "track_ready"
    record: StemRecord
    layout: Layout


class Succeeded(Message):
    """All stems and the manifest are stored."""

    type: Literal["succeeded"] = "succeeded"
    sum_to_mixture_db: float | None
    common_gain: float


class Failed(Message):
    """The job can't be done. kind, message, node: as in `records.Failure`."""

    type: Literal["failed"] = "failed"
    kind: str
    message: str
    node: str | None = None


class Stopped(Message):
    """The worker has stopped the job because it was told to."""

    type: Literal["cancelled"] = "cancelled"


Event = Annotated[
    Started | NodeStarted | NodeProgress | NodeDone | TrackReady | Succeeded | Failed | Stopped,
    Field(discriminator="type"),
]


class Report(Message):
    """The body of one callback."""

    schema_version: Literal[1] = SCHEMA_VERSION
    job_id: UUID
    attempt: int = Field(ge=1)
    nonce: str
    event: Event

    @property
    def message_id(self) -> str:
        """The webhook-id: `{job}.{attempt}.{type}`, and whatever tells two events of that type apart."""
        match self.event:
            case NodeProgress(node=node, fraction=fraction):
                detail = f".{node}.{round(fraction * 100)}"
            case NodeStarted(node=node) | NodeDone(node=node):
                detail = f".{node}"
            case TrackReady(record=record):
                detail = f".{record.name}.{record.sha256[:16]}"
            case Started() | Succeeded() | Failed() | Stopped():
                detail = ""
        return f"{self.job_id}.{self.attempt}.{self.event.type}{detail}"


class Answer(Message):
    """The callback's answer to a report. cancel: the worker is to stop and report `cancelled`."""

    cancel: bool
