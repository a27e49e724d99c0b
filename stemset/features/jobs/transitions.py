"""How a report changes a job: pure, total, and only ever forward.

Reports come late, twice and out of order. So each is judged by the job as it stands: what is new moves it on,
what is old changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from stemset.errors import Conflict, StaleAttempt
from stemset.features.jobs.messages import (
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


def status_of(job: JobRecord) -> JobStatus:
    """The part of job that reports change."""
    return JobStatus(**{name: getattr(job, name) for name in JobStatus.model_fields})


def check_attempt(job: JobRecord, report: Report) -> None:
    """StaleAttempt where the worker must let go of the job without another word: it is not its job any more."""
    if report.attempt != job.attempt:
        raise StaleAttempt(f"Job {job.id} is at attempt {job.attempt}; this report is of attempt {report.attempt}.")
    if report.nonce != job.nonce:
        raise StaleAttempt(f"Job {job.id} was handed over once more; this report is of a run that does not count.")
    if isinstance(report.event, Started) and job.state in (JobState.SUCCEEDED, JobState.FAILED):
        raise StaleAttempt(f"Job {job.id} has {job.state.value} already.")


def must_stop(job: JobRecord) -> bool:
    """Whether a worker that still reports on job is to stop."""
    return job.cancel_requested or job.state in (JobState.CANCELLED, JobState.FAILED)


def after(job: JobRecord, report: Report, now: datetime) -> JobStatus | None:
    """The job's status after report, or None when it changes nothing."""
    status = status_of(job)
    if status.state.final:
        return None
    changed = _after(status, job.expected_stems, report, now)
    if changed == status:
        # The same track once more, with another hash: the files changed, so players must hear of it.
        return status if isinstance(report.event, TrackReady) else None
    return changed


def cancelled(job: JobRecord, now: datetime) -> JobStatus | None:
    """The status of a queued job whose end was asked for; None when a worker has it, or had."""
    status = status_of(job)
    return _final(status, JobState.CANCELLED, now) if status.state is JobState.QUEUED else None


def retried(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job that somebody asked for once more. Raises Conflict for a job that needs
    none. Stems that are stored stay playable."""
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise Conflict(f"Job {job.id} is {job.state.value}; only one that failed or was cancelled can be tried again.")
    return _again(job, tuple(_waiting(node) for node in job.nodes))


def requeued(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job that its worker lost. What was done is done: the outputs are kept."""
    nodes = tuple(node if node.state is NodeState.DONE else _waiting(node) for node in job.nodes)
    return _again(job, nodes)


def _again(job: JobRecord, nodes: tuple[NodeStatus, ...]) -> JobStatus:
    return JobStatus(nodes=nodes, stems=job.stems, mixture_ready=job.mixture_ready)


def _waiting(node: NodeStatus) -> NodeStatus:
    return NodeStatus(path=node.path, parent=node.parent, model=node.model, expected_s=node.expected_s)


def _after(status: JobStatus, expected_stems: tuple[str, ...], report: Report, now: datetime) -> JobStatus:
    match report.event:
        case Started():
            return _running(status, now)
        case NodeStarted(node=path):
            return _advance(_running(status, now), path, NodeState.RUNNING)
        case NodeProgress(node=path, fraction=fraction):
            return _advance(_running(status, now), path, NodeState.RUNNING, fraction=fraction)
        case NodeDone(node=path, seconds=seconds, cached=cached):
            running = _running(status, now)
            return _advance(running, path, NodeState.DONE, fraction=1.0, seconds=seconds, cached=cached)
        case TrackReady(record=record):
            running = _running(status, now)
            if record.name == MIXTURE:
                return running.model_copy(update={"mixture_ready": True})
            ready = {*running.stems, record.name}
            return running.model_copy(update={"stems": tuple(stem for stem in expected_stems if stem in ready)})
        case Succeeded(sum_to_mixture_db=sum_to_mixture_db, common_gain=common_gain):
            # What a reordered delivery has not brought yet is nevertheless done: `succeeded` is said last.
            nodes = tuple(node.model_copy(update={"state": NodeState.DONE, "fraction": 1.0}) for node in status.nodes)
            update = {"nodes": nodes, "sum_to_mixture_db": sum_to_mixture_db, "common_gain": common_gain}
            return _final(_running(status, now).model_copy(update=update), JobState.SUCCEEDED, now)
        case Failed(kind=kind, message=message, node=path):
            failure = Failure(kind=kind, message=message, node=path)
            return _final(_with_failed_node(status, failure), JobState.FAILED, now)
        case Stopped():
            return _final(status, JobState.CANCELLED, now)


def _running(status: JobStatus, now: datetime) -> JobStatus:
    if status.state is JobState.RUNNING:
        return status
    return _to(status, JobState.RUNNING).model_copy(update={"started_at": now})


def _final(status: JobStatus, state: JobState, now: datetime) -> JobStatus:
    return _to(status, state).model_copy(update={"finished_at": now})


def _to(status: JobStatus, state: JobState) -> JobStatus:
    assert state in LEGAL[status.state], f"{status.state} -> {state}"
    return status.model_copy(update={"state": state})


def _advance(
    status: JobStatus,
    path: str,
    state: NodeState,
    *,
    fraction: float = 0.0,
    seconds: float | None = None,
    cached: bool = False,
) -> JobStatus:
    """Move one node on. A resumed run tells its way again from the start; what it has passed already stays."""

    def moved(node: NodeStatus) -> NodeStatus:
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

    return status.model_copy(update={"nodes": tuple(moved(node) for node in status.nodes)})


def _with_failed_node(status: JobStatus, failure: Failure) -> JobStatus:
    nodes = tuple(
        node.model_copy(update={"state": NodeState.FAILED}) if node.path == failure.node else node
        for node in status.nodes
    )
    return status.model_copy(update={"nodes": nodes, "failure": failure})
