"""How a report changes a job: pure, total, and only ever forward.

Reports come late, twice and out of order. So each is judged by the job as it stands: what is new moves it on,
what is old changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from stemset.errors import Conflict, StaleAttempt
from stemset.features.jobs.messages import (
    Event,
    Failed,
    NodeDone,
    NodeProgress,
    NodeStarted,
    Report,
    Started,
    Stopped,
    Succeeded,
    TrackReady,
)
from stemset.features.jobs.records import Failure, JobRecord, JobState, JobStatus, NodeState, NodeStatus
from stemset.manifest import MIXTURE

LEGAL: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""State -> the states that may follow it within one attempt."""

_NODE_ORDER = (NodeState.WAITING, NodeState.RUNNING, NodeState.DONE)


def check_attempt(job: JobRecord, report: Report) -> None:
    """Raises StaleAttempt for a report of a run that the job doesn't belong to any more: its worker must let go of the
    job without another report."""
    if report.attempt != job.attempt:
        raise StaleAttempt(f"Job {job.id} is at attempt {job.attempt}; this report is of attempt {report.attempt}.")
    if report.nonce != job.nonce:
        raise StaleAttempt(f"Job {job.id} was handed over once more; this report is of a run that does not count.")
    if isinstance(report.event, Started) and job.state in (JobState.SUCCEEDED, JobState.FAILED):
        raise StaleAttempt(f"Job {job.id} has {job.state.value} already.")


def must_stop(job: JobRecord) -> bool:
    """Whether a worker that still reports on the job is to stop."""
    return job.cancel_requested or job.state in (JobState.CANCELLED, JobState.FAILED)


def apply(job: JobRecord, report: Report, now: datetime) -> JobStatus | None:
    """The job's status after the report, or None where the report changes nothing."""
    if job.state.final:
        return None
    changed = _apply_event(job.status, job.expected_stems, report.event, now)
    if changed == job.status:
        # The same track once more, with another hash: the files changed, so players must hear of it.
        return job.status if isinstance(report.event, TrackReady) else None
    return changed


def cancel(job: JobRecord, now: datetime) -> JobStatus | None:
    """The status of a queued job after it is cancelled; None for one that a worker has, or had."""
    return _finish(job.status, JobState.CANCELLED, now) if job.state is JobState.QUEUED else None


def retry(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job that failed or was cancelled. Stems that are stored stay playable. Raises
    Conflict for a job in another state."""
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise Conflict(f"Job {job.id} is {job.state.value}; only one that failed or was cancelled can be tried again.")
    return _restart(job, tuple(_reset_node(node) for node in job.status.nodes))


def requeue(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job whose worker was lost. Nodes that are done stay done: their outputs are
    kept."""
    nodes = tuple(node if node.state is NodeState.DONE else _reset_node(node) for node in job.status.nodes)
    return _restart(job, nodes)


def _restart(job: JobRecord, nodes: tuple[NodeStatus, ...]) -> JobStatus:
    return JobStatus(nodes=nodes, stems=job.status.stems, mixture_ready=job.status.mixture_ready)


def _reset_node(node: NodeStatus) -> NodeStatus:
    return NodeStatus(path=node.path, parent=node.parent, model=node.model, expected_s=node.expected_s)


def _apply_event(status: JobStatus, expected_stems: tuple[str, ...], event: Event, now: datetime) -> JobStatus:
    match event:
        case Started():
            return _ensure_running(status, now)
        case NodeStarted(node=path):
            return _advance_node(_ensure_running(status, now), path, NodeState.RUNNING)
        case NodeProgress(node=path, fraction=fraction):
            return _advance_node(_ensure_running(status, now), path, NodeState.RUNNING, fraction=fraction)
        case NodeDone(node=path, seconds=seconds, cached=cached):
            running = _ensure_running(status, now)
            return _advance_node(running, path, NodeState.DONE, fraction=1.0, seconds=seconds, cached=cached)
        case TrackReady(record=record):
            running = _ensure_running(status, now)
            if record.name == MIXTURE:
                return running.model_copy(update={"mixture_ready": True})
            ready = {*running.stems, record.name}
            return running.model_copy(update={"stems": tuple(stem for stem in expected_stems if stem in ready)})
        case Succeeded(sum_to_mixture_db=sum_to_mixture_db, common_gain=common_gain):
            # What a reordered delivery has not brought yet is nevertheless done: `succeeded` is said last.
            nodes = tuple(node.model_copy(update={"state": NodeState.DONE, "fraction": 1.0}) for node in status.nodes)
            update = {"nodes": nodes, "sum_to_mixture_db": sum_to_mixture_db, "common_gain": common_gain}
            return _finish(_ensure_running(status, now).model_copy(update=update), JobState.SUCCEEDED, now)
        case Failed(kind=kind, message=message, node=path):
            failure = Failure(kind=kind, message=message, node=path)
            return _finish(_fail_node(status, failure), JobState.FAILED, now)
        case Stopped():
            return _finish(status, JobState.CANCELLED, now)


def _ensure_running(status: JobStatus, now: datetime) -> JobStatus:
    if status.state is JobState.RUNNING:
        return status
    return _move_to(status, JobState.RUNNING).model_copy(update={"started_at": now})


def _finish(status: JobStatus, state: JobState, now: datetime) -> JobStatus:
    return _move_to(status, state).model_copy(update={"finished_at": now})


def _move_to(status: JobStatus, state: JobState) -> JobStatus:
    assert state in LEGAL[status.state], f"{status.state} -> {state}"
    return status.model_copy(update={"state": state})


def _advance_node(
    status: JobStatus,
    path: str,
    state: NodeState,
    *,
    fraction: float = 0.0,
    seconds: float | None = None,
    cached: bool = False,
) -> JobStatus:
    """Move one node forward. A resumed run reports from its start once more; a node that is further on stays there."""

    def advance(node: NodeStatus) -> NodeStatus:
        if node.path != path:
            return node
        if _NODE_ORDER.index(state) < _NODE_ORDER.index(node.state):
            return node
        if node.state is NodeState.DONE:
            return node
        return node.model_copy(
            update={
                "state": state,
                "fraction": max(node.fraction, fraction),
                "seconds": seconds,
                "cached": cached,
            }
        )

    return status.model_copy(update={"nodes": tuple(advance(node) for node in status.nodes)})


def _fail_node(status: JobStatus, failure: Failure) -> JobStatus:
    nodes = tuple(
        node.model_copy(update={"state": NodeState.FAILED}) if node.path == failure.node else node
        for node in status.nodes
    )
    return status.model_copy(update={"nodes": nodes, "failure": failure})
