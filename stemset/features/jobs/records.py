"""Recordings, jobs, nodes, tracks and events as values. Frozen; the tables behind them live in `tables`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import log10
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue
from uuid_utils.compat import uuid7

from stemset.manifest import StemRecord

LOUDNESS_TARGET_LUFS = -16.0


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
    """Final: every expected stem and the manifest are stored."""
    FAILED = "failed"
    """Final: `failure` says why."""
    CANCELLED = "cancelled"
    """Final: somebody asked for it to stop."""

    @property
    def final(self) -> bool:
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class NodeState(StrEnum):
    """The states of one model run within a job."""

    WAITING = "waiting"
    """Not begun."""
    RUNNING = "running"
    """Has a fraction."""
    DONE = "done"
    """Its outputs exist."""
    FAILED = "failed"
    """It ended the job."""


class NodeStatus(Value):
    """How far one node is.

    parent: path of the node above, None at the root. fraction: 0 to 1, never falling within an attempt. seconds: that
    the node took, None before its end. cached: its outputs were in the node cache. expected_s: seconds that the node
    should take, estimated when the job was made; None where nothing is known of its model.
    """

    path: str
    parent: str | None
    model: str
    state: NodeState = NodeState.WAITING
    fraction: float = 0.0
    seconds: float | None = None
    cached: bool = False
    expected_s: float | None = None


def remaining_s(nodes: Sequence[NodeStatus]) -> float | None:
    """Seconds that the nodes should still take; None where one has no estimate. Nodes that are done show how much
    slower this machine is than expected."""
    if any(node.expected_s is None for node in nodes):
        return None
    measured = [node for node in nodes if node.state is NodeState.DONE and node.seconds and not node.cached]
    expected_s = sum(node.expected_s or 0.0 for node in measured)
    slowdown = sum(node.seconds or 0.0 for node in measured) / expected_s if expected_s else 1.0
    left_s = sum((node.expected_s or 0.0) * (1 - node.fraction) for node in nodes)
    return round(slowdown * left_s, 1)


class Failure(Value):
    """Why a job failed. kind: `StemsetError.kind`, or `internal` for a fault of the program itself."""

    kind: str
    message: str
    node: str | None = None


class RunOptions(Value):
    """The options of config.yaml at the time when the job was made; a later edit doesn't change a queued job.

    bit_depth: of the stems' files. max_duration_s, max_channels: of the recording; None: no limit.
    """

    bit_depth: Literal[16, 24] = 16
    max_duration_s: float | None = None
    max_channels: int | None = None


class Plan(Value):
    """What a job is to do: a strategy as config.yaml has it now. A later edit doesn't change the job.

    tree: the strategy as parsed from YAML. nodes: its model runs, none begun. expected_stems: names, in the strategy's
    order.
    """

    strategy: str
    tree: dict[str, JsonValue]
    nodes: tuple[NodeStatus, ...]
    expected_stems: tuple[str, ...]
    options: RunOptions


class JobStatus(Value):
    """The part of a job that changes by reports.

    stems: those ready to play, in the strategy's order, without the mixture. sum_to_mixture_db, common_gain: as in
    `manifest.Manifest`, once the job has succeeded.
    """

    state: JobState = JobState.QUEUED
    nodes: tuple[NodeStatus, ...] = ()
    stems: tuple[str, ...] = ()
    mixture_ready: bool = False
    failure: Failure | None = None
    sum_to_mixture_db: float | None = None
    common_gain: float = 1.0
    started_at: datetime | None = None
    finished_at: datetime | None = None


class JobRecord(Value):
    """One strategy run on one recording.

    status: what reports change of it. attempt: 1 at first. nonce: of this attempt, or of its last hand-over to an
    engine; other reports are refused. last_event: number of the newest stored event. dispatch_ref: the engine's name
    for the run, None until it was handed over. requeues: how many attempts a silent worker lost since somebody last
    asked for the job. queue_position: 1 is next; None unless queued.
    """

    id: UUID
    recording_id: UUID
    profile: str
    strategy: str
    tree: dict[str, JsonValue]
    expected_stems: tuple[str, ...]
    options: RunOptions
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

    def has_done(self, plan: Plan) -> bool:
        """Whether this job, which is of the plan's strategy, has made just what the plan would make."""
        same = self.tree == plan.tree and self.options.bit_depth == plan.options.bit_depth
        return self.state is JobState.SUCCEEDED and same

    @property
    def eta_s(self) -> float | None:
        """Seconds of work left; None unless running, or while nothing is known to tell it from."""
        return remaining_s(self.status.nodes) if self.state is JobState.RUNNING else None


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


class TrackRecord(Value):
    """One playable file of a job: a stem, or the mixture.

    streaminfo: the 34 bytes of FLAC's STREAMINFO. block_size: frames per FLAC frame. overview: min and max pairs,
    -128 to 127, at 16384 samples per pixel.
    """

    job_id: UUID
    record: StemRecord
    streaminfo: bytes
    block_size: int
    overview: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def gain_db(self) -> float:
        """The playback gain in dB that brings this track to -16 LUFS, as far as that neither clips nor exceeds +12 dB;
        0 for silence."""
        if self.record.lufs is None or self.record.peak <= 0:
            return 0.0
        headroom_db = -20 * log10(self.record.peak)
        return round(max(-24.0, min(LOUDNESS_TARGET_LUFS - self.record.lufs, headroom_db, 12.0)), 1)
