"""How a report changes a job: pure, total, and only ever forward.

Reports come late, twice and out of order. So each is judged by the job as it stands: what is new moves it on,
what is old changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from stemset.errors import Conflict, StaleAttempt
from stemset.features.jobs.kinds import JobKind
from stemset.features.jobs.messages import (
    Event,
    Failed,
    Output,
    Report,
    Started,
    StepDone,
    StepProgress,
    StepStarted,
    Stopped,
    Succeeded,
)
from stemset.features.jobs.records import Failure, JobRecord, JobState, JobStatus, StepState, StepStatus

LEGAL: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""State -> the states that may follow it within one attempt."""

_STEP_ORDER = (StepState.WAITING, StepState.RUNNING, StepState.DONE)


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


def apply(job: JobRecord, kind: JobKind, report: Report, now: datetime) -> JobStatus | None:
    """The status of a job of this kind after the report, or None where the report changes nothing. Raises
    InvalidRequest where the kind can't read what the report says."""
    if job.state.final:
        return None
    changed = _apply_event(job, kind, report.event, now)
    if changed == job.status:
        # The same output once more, in another version: the files changed, so players must hear of it.
        return job.status if isinstance(report.event, Output) else None
    return changed


def cancel(job: JobRecord, now: datetime) -> JobStatus | None:
    """The status of a queued job after it is cancelled; None for one that a worker has, or had."""
    return _finish(job.status, JobState.CANCELLED, now) if job.state is JobState.QUEUED else None


def retry(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job that failed or was cancelled. What came of it stays. Raises Conflict
    for a job in another state."""
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise Conflict(f"Job {job.id} is {job.state.value}; only one that failed or was cancelled can be tried again.")
    return _restart(job, tuple(_reset_step(step) for step in job.status.steps))


def requeue(job: JobRecord) -> JobStatus:
    """The status of the next attempt of a job whose worker was lost. Steps that are done stay done: what they made is
    kept."""
    steps = tuple(step if step.state is StepState.DONE else _reset_step(step) for step in job.status.steps)
    return _restart(job, steps)


def _restart(job: JobRecord, steps: tuple[StepStatus, ...]) -> JobStatus:
    return JobStatus(steps=steps, result=job.status.result)


def _reset_step(step: StepStatus) -> StepStatus:
    return StepStatus(path=step.path, parent=step.parent, label=step.label, expected_s=step.expected_s)


def _apply_event(job: JobRecord, kind: JobKind, event: Event, now: datetime) -> JobStatus:
    status = job.status
    match event:
        case Started():
            return _ensure_running(status, now)
        case StepStarted(step=path):
            return _advance_step(_ensure_running(status, now), path, StepState.RUNNING)
        case StepProgress(step=path, fraction=fraction):
            return _advance_step(_ensure_running(status, now), path, StepState.RUNNING, fraction=fraction)
        case StepDone(step=path, seconds=seconds, cached=cached):
            running = _ensure_running(status, now)
            return _advance_step(running, path, StepState.DONE, fraction=1.0, seconds=seconds, cached=cached)
        case Output():
            return _ensure_running(status, now).model_copy(update={"result": kind.add_output(job, event)})
        case Succeeded():
            # What a reordered delivery has not brought yet is nevertheless done: `succeeded` is said last.
            steps = tuple(step.model_copy(update={"state": StepState.DONE, "fraction": 1.0}) for step in status.steps)
            update = {"steps": steps, "result": kind.finish(job, event)}
            return _finish(_ensure_running(status, now).model_copy(update=update), JobState.SUCCEEDED, now)
        case Failed(kind=failure_kind, message=message, step=path):
            failure = Failure(kind=failure_kind, message=message, step=path)
            return _finish(_fail_step(status, failure), JobState.FAILED, now)
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


def _advance_step(
    status: JobStatus,
    path: str,
    state: StepState,
    *,
    fraction: float = 0.0,
    seconds: float | None = None,
    cached: bool = False,
) -> JobStatus:
    """Move one step forward. A resumed run reports from its start once more; a step that is further on stays there."""

    def advance(step: StepStatus) -> StepStatus:
        if step.path != path:
            return step
        if _STEP_ORDER.index(state) < _STEP_ORDER.index(step.state):
            return step
        if step.state is StepState.DONE:
            return step
        return step.model_copy(
            update={
                "state": state,
                "fraction": max(step.fraction, fraction),
                "seconds": seconds,
                "cached": cached,
            }
        )

    return status.model_copy(update={"steps": tuple(advance(step) for step in status.steps)})


def _fail_step(status: JobStatus, failure: Failure) -> JobStatus:
    steps = tuple(
        step.model_copy(update={"state": StepState.FAILED}) if step.path == failure.step else step
        for step in status.steps
    )
    return status.model_copy(update={"steps": steps, "failure": failure})
