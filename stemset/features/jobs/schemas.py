"""Jobs and their events as they travel over HTTP, an example of each, and how records become them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from stemset.features.jobs.kinds import JobKind, JobKinds
from stemset.features.jobs.records import EventRecord, Failure, JobRecord, JobState, StepState, StepStatus
from stemset.web.schema import EXAMPLE_TIME, Wire

_EVENT_TYPES = {
    "step_started": "node_started",
    "step_progress": "node_progress",
    "step_done": "node_done",
    "output": "track_ready",
}
"""Events by the names that they have over HTTP, where those are others: clients know the steps as nodes."""

RECORDING_ID = UUID("0193b1c2-7d10-7a44-8b1f-6f0d0c9e5a11")

JOB_ID = UUID("0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03")


class JobNode(Wire):
    """How far one step is; of a separation, one model's run. model: what it does, title: in people's words. fraction: 0
    to 1."""

    path: str
    parent: str | None
    model: str
    title: str
    state: StepState
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
    """Work that a worker does once, on one recording of a profile.

    kind: `separation` runs a strategy; strategy is null, and stems are none, for other kinds. recording_id: null for a
    job that makes the recording. nodes: its steps. attempt: 1 at first, one more by every retry. eta_s: seconds that
    are left. queue_position: 1 is next; null unless queued.
    """

    id: UUID
    kind: str
    recording_id: UUID | None
    profile: str
    strategy: str | None
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


JOB = Job(
    id=JOB_ID,
    kind="separation",
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
            state=StepState.RUNNING,
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
    created_at=EXAMPLE_TIME,
    started_at=EXAMPLE_TIME + timedelta(seconds=1),
    finished_at=None,
    last_event=4,
)


class JobPage(Wire):
    """Jobs, newest first."""

    items: list[Job]
    total: int
    limit: int
    offset: int


JOBS = JobPage(items=[JOB], total=1, limit=50, offset=0)


class JobEvent(Wire):
    """One numbered change of a job; `job` is its state after the change."""

    number: int
    type: str
    at: datetime
    job: Job


EVENT = JobEvent(number=4, type="node_progress", at=EXAMPLE_TIME + timedelta(seconds=3), job=JOB)


class CallbackAnswer(Wire):
    """What the API tells a worker that reports. cancel: somebody asked for the job to stop."""

    cancel: bool


CALLBACK = CallbackAnswer(cancel=False)


def describe_job(record: JobRecord, kinds: JobKinds) -> Job:
    kind = kinds.of(record)
    details = kind.describe(record)
    return Job(
        id=record.id,
        kind=record.kind,
        recording_id=record.recording_id,
        profile=record.profile,
        strategy=details.strategy,
        state=record.state,
        nodes=[_describe_step(step, kind) for step in record.status.steps],
        stems=list(details.stems),
        expected_stems=list(details.expected_stems),
        failure=_describe_failure(record.status.failure, details.fallback),
        sum_to_mixture_db=details.sum_to_mixture_db,
        attempt=record.attempt,
        eta_s=record.eta_s,
        queue_position=record.queue_position,
        created_at=record.created_at,
        started_at=record.status.started_at,
        finished_at=record.status.finished_at,
        last_event=record.last_event,
    )


def describe_event(record: EventRecord, kinds: JobKinds) -> JobEvent:
    type_ = _EVENT_TYPES.get(record.type, record.type)
    return JobEvent(number=record.number, type=type_, at=record.at, job=describe_job(record.job, kinds))


def _describe_step(step: StepStatus, kind: JobKind) -> JobNode:
    return JobNode(
        path=step.path,
        parent=step.parent,
        model=step.label,
        title=kind.title_of(step.label),
        state=step.state,
        fraction=step.fraction,
        seconds=step.seconds,
        cached=step.cached,
    )


def _describe_failure(failure: Failure | None, fallback: str | None) -> JobFailure | None:
    if failure is None:
        return None
    return JobFailure(kind=failure.kind, message=failure.message, node=failure.step, fallback=fallback)
