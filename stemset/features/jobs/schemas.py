"""Jobs and their events as they travel over HTTP, an example of each, and how records become them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field

from stemset.config import Config
from stemset.config.file import find_fallback_strategy
from stemset.errors import EngineMissing, NoSpace, NotFound, WeightsDamaged, WeightsMissing
from stemset.features.jobs.records import EventRecord, JobRecord, JobState, NodeState, NodeStatus
from stemset.models import registry
from stemset.web.schema import EXAMPLE_TIME, MAX_NAME, Wire

# What a strategy without networks does not need.
_LACKING = (WeightsMissing, WeightsDamaged, NoSpace, EngineMissing)

RECORDING_ID = UUID("0193b1c2-7d10-7a44-8b1f-6f0d0c9e5a11")

JOB_ID = UUID("0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03")


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
    created_at=EXAMPLE_TIME,
    started_at=EXAMPLE_TIME + timedelta(seconds=1),
    finished_at=None,
    last_event=4,
)


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


def describe_job(record: JobRecord, config: Config) -> Job:
    return Job(
        id=record.id,
        recording_id=record.recording_id,
        profile=record.profile,
        strategy=record.strategy,
        state=record.state,
        nodes=[_job_node(node) for node in record.status.nodes],
        stems=list(record.status.stems),
        expected_stems=list(record.expected_stems),
        failure=_failure(record, config),
        sum_to_mixture_db=record.status.sum_to_mixture_db,
        attempt=record.attempt,
        eta_s=record.eta_s,
        queue_position=record.queue_position,
        created_at=record.created_at,
        started_at=record.status.started_at,
        finished_at=record.status.finished_at,
        last_event=record.last_event,
    )


def describe_event(record: EventRecord, config: Config) -> JobEvent:
    return JobEvent(number=record.number, type=record.type, at=record.at, job=describe_job(record.job, config))


def title_of_model(name: str) -> str:
    """The title on the model's card; the name itself for a model that is no longer registered."""
    try:
        return registry.card(name).title
    except NotFound:
        return name


def _job_node(node: NodeStatus) -> JobNode:
    return JobNode(
        path=node.path,
        parent=node.parent,
        model=node.model,
        title=title_of_model(node.model),
        state=node.state,
        fraction=node.fraction,
        seconds=node.seconds,
        cached=node.cached,
    )


def _failure(record: JobRecord, config: Config) -> JobFailure | None:
    if record.status.failure is None:
        return None
    lacking = record.status.failure.kind in {error.kind for error in _LACKING}
    return JobFailure(
        kind=record.status.failure.kind,
        message=record.status.failure.message,
        node=record.status.failure.node,
        fallback=find_fallback_strategy(config) if lacking else None,
    )
