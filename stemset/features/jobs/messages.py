"""What travels between the service and a worker: `JobPayload` one way, `Report` the other.

A report is one POST to the callback. Its message id is deterministic: a resumed run that repeats a report repeats the
id, too.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from stemset import __version__
from stemset.errors import InvalidRequest, UnknownPayload
from stemset.features.jobs.records import JobRecord

SCHEMA_VERSION = 2
MAX_PAYLOAD_BYTES = 8192

M = TypeVar("M", bound=BaseModel)


class Message(BaseModel):
    """A frozen message that refuses fields it does not know, so that an old worker and a new service notice each
    other."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobPayload(Message):
    """Everything a worker needs to begin: ids, keys and names, never audio. At most 8 KiB as JSON.

    nonce: is repeated in every report and shows that the report is of this hand-over. recording_id, source_key: None
    for a job without a recording. payload: what the kind adds, see `read_content`.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    job_id: UUID
    attempt: int = Field(ge=1)
    nonce: str
    kind: str
    recording_id: UUID | None
    source_key: str | None
    payload: dict[str, JsonValue]

    @property
    def ref(self) -> str:
        """The attempt's name in the engine; a payload that is handed over twice has the same one."""
        return f"{self.job_id}.{self.attempt}"

    @classmethod
    def of(cls, job: JobRecord, source_key: str | None) -> JobPayload:
        """The payload of the job's present attempt. source_key: where its recording is stored."""
        return cls(
            job_id=job.id,
            attempt=job.attempt,
            nonce=job.nonce,
            kind=job.kind,
            recording_id=job.recording_id,
            source_key=source_key,
            payload=job.payload,
        )

    def read_content(self, model: type[M]) -> M:
        """What the kind adds, as its model. Raises UnknownPayload where that is another version's."""
        try:
            return model.model_validate(self.payload)
        except ValidationError as error:
            raise UnknownPayload(
                f"The worker can't read this {self.kind} ({_explain_first(error)}): its version of Stemset "
                f"({__version__}) is not the service's."
            ) from None


def parse_payload(text: str) -> JobPayload:
    """A payload from its JSON. Raises UnknownPayload for one of another version."""
    try:
        return JobPayload.model_validate_json(text)
    except ValidationError as error:
        version = _read_version(text)
        if version not in (None, SCHEMA_VERSION):
            raise UnknownPayload(
                f"The service hands over jobs in version {version} of its messages, and the worker reads version "
                f"{SCHEMA_VERSION}: its version of Stemset ({__version__}) is not the service's."
            ) from None
        raise UnknownPayload(
            f"The worker can't read this job ({_explain_first(error)}): its version of Stemset ({__version__}) is not "
            f"the service's."
        ) from None


class Started(Message):
    """A worker has the job. run: the engine's name for what it runs, where the worker knows it."""

    type: Literal["started"] = "started"
    run: str | None = None


class StepStarted(Message):
    """A step is being done. step: its path."""

    type: Literal["step_started"] = "step_started"
    step: str


class StepProgress(Message):
    """A step has come this far. fraction: 0 to 1, sent at whole percents."""

    type: Literal["step_progress"] = "step_progress"
    step: str
    fraction: float = Field(ge=0, le=1)


class StepDone(Message):
    """What a step makes exists. seconds: that it took. cached: it had not to be done."""

    type: Literal["step_done"] = "step_done"
    step: str
    seconds: float = Field(ge=0)
    cached: bool = False


class Output(Message):
    """Something that the job makes is stored and can be used before the job's end.

    name: of what it is, within the job. version: tells it from an earlier one of the same name, which it replaces.
    content: what the kind says of it.
    """

    type: Literal["output"] = "output"
    name: str
    version: str
    content: dict[str, JsonValue]


class Succeeded(Message):
    """All that the job was to make is stored. result: what the kind says of that."""

    type: Literal["succeeded"] = "succeeded"
    result: dict[str, JsonValue]


class Failed(Message):
    """The job can't be done. kind, message, step: as in `records.Failure`."""

    type: Literal["failed"] = "failed"
    kind: str
    message: str
    step: str | None = None


class Stopped(Message):
    """The worker has stopped the job because it was told to."""

    type: Literal["cancelled"] = "cancelled"


Event = Annotated[
    Started | StepStarted | StepProgress | StepDone | Output | Succeeded | Failed | Stopped,
    Field(discriminator="type"),
]


class Report(Message):
    """The body of one callback."""

    schema_version: Literal[2] = SCHEMA_VERSION
    job_id: UUID
    attempt: int = Field(ge=1)
    nonce: str
    event: Event

    @property
    def message_id(self) -> str:
        """The webhook-id: `{job}.{attempt}.{type}`, and whatever tells two events of that type apart."""
        match self.event:
            case StepProgress(step=step, fraction=fraction):
                detail = f".{step}.{round(fraction * 100)}"
            case StepStarted(step=step) | StepDone(step=step):
                detail = f".{step}"
            case Output(name=name, version=version):
                detail = f".{name}.{version}"
            case Started() | Succeeded() | Failed() | Stopped():
                detail = ""
        return f"{self.job_id}.{self.attempt}.{self.event.type}{detail}"


class ForeignReport(BaseModel):
    """What every version's reports have in common."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int
    job_id: UUID
    attempt: int = Field(ge=1)
    nonce: str

    @property
    def error(self) -> UnknownPayload:
        """Why it can't be read."""
        return UnknownPayload(
            f"The worker reports in version {self.schema_version} of its messages, and the service, Stemset "
            f"{__version__}, reads version {SCHEMA_VERSION}: update the older of the two, then try again."
        )

    def as_failure(self) -> Report:
        """The report that the service makes of it: what the worker does can't be followed any more."""
        failed = Failed(kind=self.error.kind, message=str(self.error))
        return Report(job_id=self.job_id, attempt=self.attempt, nonce=self.nonce, event=failed)


def parse_report(body: bytes) -> Report | ForeignReport:
    """A report from its JSON, or what can be read of one of another version. Raises InvalidRequest, which names the
    field, for anything else."""
    try:
        return Report.model_validate_json(body)
    except ValidationError as error:
        if _read_version(body) not in (None, SCHEMA_VERSION):
            try:
                return ForeignReport.model_validate_json(body)
            except ValidationError:
                pass
        first = error.errors()[0]
        raise InvalidRequest(".".join(str(part) for part in first["loc"]) or "body", first["msg"]) from None


class Answer(Message):
    """The callback's answer to a report. cancel: the worker is to stop and report `cancelled`."""

    cancel: bool


class _Version(BaseModel):
    schema_version: int


def _read_version(text: str | bytes) -> int | None:
    """The version that a message says it is of; None where it says none."""
    try:
        return _Version.model_validate_json(text).schema_version
    except ValidationError:
        return None


def _explain_first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
