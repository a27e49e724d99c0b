"""Jobs, their steps and their events as values. Frozen; the tables behind them live in `database.tables`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: later ones sort behind earlier ones."""
    return uuid7()


def new_nonce() -> str:
    """A random string that tells one hand-over of a job from all others."""
    return secrets.token_urlsafe(12)


class Value(BaseModel):
    """A frozen value that refuses fields it does not know. Some are stored as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JobState(StrEnum):
    """The states of a job; `transitions.LEGAL` says which may follow which."""

    QUEUED = "queued"
    """Waits for a worker."""
    RUNNING = "running"
    """A worker has it."""
    SUCCEEDED = "succeeded"
    """Final: all that it was to make is stored."""
    FAILED = "failed"
    """Final: `failure` says why."""
    CANCELLED = "cancelled"
    """Final: somebody asked for it to stop."""

    @property
    def final(self) -> bool:
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class StepState(StrEnum):
    """The states of one step of a job."""

    WAITING = "waiting"
    """Not begun."""
    RUNNING = "running"
    """Has a fraction."""
    DONE = "done"
    """What it makes exists."""
    FAILED = "failed"
    """It ended the job."""


class StepStatus(Value):
    """How far one step is.

    path: its name within the job. parent: path of the step whose outcome it goes on with, None for a first one. label:
    what it does, in a word of its kind; steps of one label take equally long for songs of equal length. fraction: 0 to
    1, never falling within an attempt. seconds: that it took, None before its end. cached: it had not to be done.
    expected_s: seconds that it should take, estimated when the job was made; None where nothing is known of it.
    """

    path: str
    parent: str | None
    label: str
    state: StepState = StepState.WAITING
    fraction: float = 0.0
    seconds: float | None = None
    cached: bool = False
    expected_s: float | None = None


def remaining_s(steps: Sequence[StepStatus]) -> float | None:
    """Seconds that the steps should still take; None where one has no estimate. Steps that are done show how much
    slower this machine is than expected."""
    if any(step.expected_s is None for step in steps):
        return None
    measured = [step for step in steps if step.state is StepState.DONE and step.seconds and not step.cached]
    expected_s = sum(step.expected_s or 0.0 for step in measured)
    slowdown = sum(step.seconds or 0.0 for step in measured) / expected_s if expected_s else 1.0
    left_s = sum((step.expected_s or 0.0) * (1 - step.fraction) for step in steps)
    return round(slowdown * left_s, 1)


class Failure(Value):
    """Why a job failed. kind: `StemsetError.kind`, or `internal` for a fault of the program itself. step: the path of
    the one that failed."""

    kind: str
    message: str
    step: str | None = None


class Plan(Value):
    """What a job is to do, all of it known when the job is made.

    kind: name of a `kinds.JobKind`. identity: of two jobs of one kind on one recording, or without a recording in one
    profile, that are equal in this, one at most is queued or running. payload: what its worker must know, as the kind
    defines it. steps: none begun.
    """

    kind: str
    identity: str
    payload: dict[str, JsonValue]
    steps: tuple[StepStatus, ...]


class JobStatus(Value):
    """The part of a job that changes by reports. result: what came of it so far, as its kind defines it; empty at
    first."""

    state: JobState = JobState.QUEUED
    steps: tuple[StepStatus, ...] = ()
    failure: Failure | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: dict[str, JsonValue] = {}


class JobEnd(Value):
    """How a run has ended. It is left in storage, or returned to the engine, should the last report be lost.

    result: as in `messages.Succeeded`; failure: None unless it failed.
    """

    state: Literal["succeeded", "failed", "cancelled"]
    finished_at: datetime
    result: dict[str, JsonValue] = {}
    failure: Failure | None = None

    @classmethod
    def read(cls, record: bytes) -> JobEnd | None:
        """The end from its JSON; None where that can't be read."""
        try:
            return cls.model_validate_json(record)
        except ValidationError:
            return None


class JobRecord(Value):
    """Work that a worker does once, on one recording of a profile or without one.

    kind, identity, payload: as in `Plan`. recording_id: None while there is none. status: what reports change of it.
    attempt: 1 at first. nonce: of this attempt, or of its last hand-over to an engine; other reports are refused.
    last_event: number of the newest stored event. dispatch_ref: the engine's name for the run, None until it was handed
    over. requeues: how many attempts a silent worker lost since somebody last asked for the job. queue_position: 1 is
    next; None unless queued.
    """

    id: UUID
    kind: str
    profile: str
    recording_id: UUID | None
    identity: str
    payload: dict[str, JsonValue]
    status: JobStatus
    attempt: int
    cancel_requested: bool
    dispatch_ref: str | None
    nonce: str
    last_event: int
    created_at: datetime
    requeues: int = 0
    queue_position: int | None = None

    @property
    def state(self) -> JobState:
        return self.status.state

    @property
    def eta_s(self) -> float | None:
        """Seconds of work left; None unless running, or while nothing is known to tell it from."""
        return remaining_s(self.status.steps) if self.state is JobState.RUNNING else None


@dataclass(frozen=True)
class JobVersion:
    """The version of a job's state: as long as it is equal, a client that asks for the job gets the same answer."""

    last_event: int
    queue_position: int | None


class EventRecord(Value):
    """One numbered change of a job, 1 upwards without gaps. job: as it was right after the change.

    type: `created`, a report's type, `cancelled`, `retried` when somebody asked for another attempt, `requeued` when a
    silent worker made one necessary.
    """

    job_id: UUID
    number: int
    type: str
    at: datetime
    job: JobRecord
