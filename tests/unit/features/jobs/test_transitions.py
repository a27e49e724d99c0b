from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from stemset.errors import Conflict, StaleAttempt
from stemset.features.jobs import transitions
from stemset.features.jobs.messages import (
    Event,
    Failed,
    Report,
    Started,
    StepDone,
    StepProgress,
    StepStarted,
    Stopped,
    Succeeded,
)
from stemset.features.jobs.records import Failure, JobRecord, JobState, JobStatus, StepState, StepStatus
from stemset.features.separations.records import SeparationResult
from tests.support.queue import KINDS, NODES, PLAN, STEMS, result_of, track

KIND = KINDS[PLAN.kind]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS: list[Event] = [
    Started(),
    *(StepStarted(step=node.path) for node in NODES),
    *(StepProgress(step=node.path, fraction=fraction) for node, fraction in product(NODES, (0.0, 0.5, 1.0))),
    *(StepDone(step=node.path, seconds=1) for node in NODES),
    StepStarted(step="root/unknown"),
    track("mixture"),
    track("bass"),
    track("unheard_of"),
    Succeeded(result={"sum_to_mixture_db": None, "common_gain": 1}),
    Failed(kind="internal", message="", step="root"),
    Stopped(),
]


def job_in(state: JobState = JobState.QUEUED) -> JobRecord:
    return JobRecord(
        id=uuid4(),
        recording_id=uuid4(),
        profile="demo",
        kind=PLAN.kind,
        identity=PLAN.identity,
        payload=PLAN.payload,
        status=JobStatus(state=state, steps=NODES),
        attempt=1,
        cancel_requested=False,
        dispatch_ref=None,
        nonce="n",
        last_event=1,
        created_at=NOW,
    )


def stems_of(job: JobRecord) -> tuple[str, ...]:
    return result_of(job).stems


def step(job: JobRecord, event: Event) -> JobRecord:
    status = transitions.apply(job, KIND, Report(job_id=job.id, attempt=1, nonce=job.nonce, event=event), NOW)
    if status is None:
        return job
    return job.model_copy(update={"status": status})


def test_every_state_says_what_may_follow_it_and_nothing_follows_a_final_one():
    assert set(transitions.LEGAL) == set(JobState)
    for state, following in transitions.LEGAL.items():
        assert state not in following
        assert state.final == (not following)


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_state_makes_a_legal_step_or_none(state: JobState, event: Event):
    after = step(job_in(state), event).state
    # Where the report of its start was lost, a queued job passes through running within one report.
    through_running = state is JobState.QUEUED and after in transitions.LEGAL[JobState.RUNNING]
    assert after == state or after in transitions.LEGAL[state] or through_running


@given(st.lists(st.sampled_from(EVENTS), max_size=25))
def test_reports_in_any_order_never_take_a_job_back(events: list[Event]):
    job = job_in()
    for event in events:
        after = step(job, event)
        if job.state.final:
            assert after == job
        for node, later in zip(job.status.steps, after.status.steps, strict=True):
            assert later.fraction >= node.fraction
        assert set(stems_of(after)) >= set(stems_of(job))
        assert set(stems_of(after)) <= set(STEMS)
        assert (after.status.finished_at is not None) == after.state.final
        job = after


@given(st.lists(st.sampled_from(EVENTS), max_size=25))
def test_a_report_told_twice_in_a_row_is_told_once(events: list[Event]):
    job = job_in()
    for event in events:
        job = step(job, event)
        assert step(job, event) == job


EARLIER = NOW - timedelta(minutes=1)
ROOT, BELOW = NODES
HALF = ROOT.model_copy(update={"state": StepState.RUNNING, "fraction": 0.5})
RUNNING = JobStatus(state=JobState.RUNNING, steps=(HALF, BELOW), started_at=EARLIER)
"""What the table below calls running: half of the root is done."""


def node(of: StepStatus, state: StepState, fraction: float, seconds: float | None = None) -> StepStatus:
    return of.model_copy(update={"state": state, "fraction": fraction, "seconds": seconds})


def result_with(**changes: JsonValue) -> dict[str, JsonValue]:
    """The result of a separation, as it is stored."""
    return {**SeparationResult().model_dump(mode="json"), **changes}


def made(**changes: JsonValue) -> dict[str, object]:
    """What of the status an output or a success sets."""
    return {"result": result_with(**changes)}


# Event, and what of the status it sets for a queued job and for a running one; None: nothing changes.
AFTER: list[tuple[Event, dict[str, object], dict[str, object] | None]] = [
    (Started(run="r"), {}, None),
    (StepStarted(step="root"), {"steps": (node(ROOT, StepState.RUNNING, 0.0), BELOW)}, None),
    (
        StepStarted(step="root/not_drums"),
        {"steps": (ROOT, node(BELOW, StepState.RUNNING, 0.0))},
        {"steps": (HALF, node(BELOW, StepState.RUNNING, 0.0))},
    ),
    (StepStarted(step="root/unknown"), {}, None),
    (StepProgress(step="root", fraction=0.25), {"steps": (node(ROOT, StepState.RUNNING, 0.25), BELOW)}, None),
    (
        StepProgress(step="root", fraction=0.75),
        {"steps": (node(ROOT, StepState.RUNNING, 0.75), BELOW)},
        {"steps": (node(ROOT, StepState.RUNNING, 0.75), BELOW)},
    ),
    (
        StepDone(step="root", seconds=2),
        {"steps": (node(ROOT, StepState.DONE, 1.0, 2), BELOW)},
        {"steps": (node(ROOT, StepState.DONE, 1.0, 2), BELOW)},
    ),
    (track("mixture"), made(mixture_ready=True), made(mixture_ready=True)),
    (track("bass"), made(stems=["bass"]), made(stems=["bass"])),
    (track("unheard_of"), made(), made()),
    (
        Succeeded(result={"sum_to_mixture_db": -96.0, "common_gain": 0.5}),
        {
            "state": JobState.SUCCEEDED,
            "steps": (node(ROOT, StepState.DONE, 1.0), node(BELOW, StepState.DONE, 1.0)),
            **made(sum_to_mixture_db=-96.0, common_gain=0.5),
            "finished_at": NOW,
        },
        {
            "state": JobState.SUCCEEDED,
            "steps": (node(ROOT, StepState.DONE, 1.0), node(BELOW, StepState.DONE, 1.0)),
            **made(sum_to_mixture_db=-96.0, common_gain=0.5),
            "finished_at": NOW,
        },
    ),
    (
        Failed(kind="audio", message="no", step="root"),
        {
            "state": JobState.FAILED,
            "steps": (node(ROOT, StepState.FAILED, 0.0), BELOW),
            "failure": Failure(kind="audio", message="no", step="root"),
            "started_at": None,
            "finished_at": NOW,
        },
        {
            "state": JobState.FAILED,
            "steps": (node(ROOT, StepState.FAILED, 0.5), BELOW),
            "failure": Failure(kind="audio", message="no", step="root"),
            "finished_at": NOW,
        },
    ),
    (
        Stopped(),
        {"state": JobState.CANCELLED, "started_at": None, "finished_at": NOW},
        {"state": JobState.CANCELLED, "finished_at": NOW},
    ),
]


def status_after(status: JobStatus, event: Event) -> JobStatus | None:
    job = job_in().model_copy(update={"status": status})
    return transitions.apply(job, KIND, Report(job_id=job.id, attempt=1, nonce="n", event=event), NOW)


@pytest.mark.parametrize(("event", "change"), [(event, change) for event, change, _ in AFTER])
def test_what_each_report_makes_of_a_queued_job(event: Event, change: dict[str, object]):
    begun = JobStatus(state=JobState.RUNNING, steps=NODES, started_at=NOW)
    assert status_after(JobStatus(steps=NODES), event) == begun.model_copy(update=change)


@pytest.mark.parametrize(("event", "change"), [(event, change) for event, _, change in AFTER])
def test_what_each_report_makes_of_a_running_job(event: Event, change: dict[str, object] | None):
    expected = None if change is None else RUNNING.model_copy(update=change)
    assert status_after(RUNNING, event) == expected


@pytest.mark.parametrize("state", [state for state in JobState if state.final])
@pytest.mark.parametrize("event", [event for event, _, _ in AFTER])
def test_no_report_changes_a_finished_job(state: JobState, event: Event):
    assert status_after(JobStatus(state=state, steps=NODES, finished_at=EARLIER), event) is None


def test_stems_are_in_the_strategy_s_order_whatever_order_they_come_in():
    status = RUNNING
    for name in ("other", "drums", "bass"):
        status = status_after(status, track(name)) or status
    assert status.result["stems"] == list(STEMS)


def test_a_track_that_comes_again_is_news_although_the_status_stays():
    ready = RUNNING.model_copy(update=made(stems=["bass"], mixture_ready=True))
    assert status_after(ready, track("bass")) == ready
    assert status_after(ready, track("mixture")) == ready


def test_a_node_that_is_done_stays_as_it_was():
    done = RUNNING.model_copy(update={"steps": (node(ROOT, StepState.DONE, 1.0, 2), BELOW)})
    for event in (
        StepStarted(step="root"),
        StepProgress(step="root", fraction=0.9),
        StepDone(step="root", seconds=9, cached=True),
    ):
        assert status_after(done, event) is None


@pytest.mark.parametrize("state", list(JobState))
def test_only_a_queued_job_is_cancelled_at_once(state: JobState):
    cancelled = transitions.cancel(job_in(state), NOW)
    if state is JobState.QUEUED:
        assert cancelled == JobStatus(state=JobState.CANCELLED, steps=NODES, finished_at=NOW)
    else:
        assert cancelled is None


ENDED = JobStatus(
    state=JobState.FAILED,
    steps=(
        node(ROOT, StepState.DONE, 1.0, 2).model_copy(update={"expected_s": 3.0, "cached": True}),
        node(BELOW, StepState.FAILED, 0.5).model_copy(update={"expected_s": 4.0}),
    ),
    result=result_with(stems=["drums"], mixture_ready=True),
    failure=Failure(kind="audio", message="no"),
    started_at=EARLIER,
    finished_at=NOW,
)


def test_a_retry_begins_every_node_anew_and_keeps_what_can_be_played():
    assert transitions.retry(job_in().model_copy(update={"status": ENDED})) == JobStatus(
        steps=(ROOT.model_copy(update={"expected_s": 3.0}), BELOW.model_copy(update={"expected_s": 4.0})),
        result=ENDED.result,
    )


def test_a_requeue_keeps_the_nodes_that_are_done():
    assert transitions.requeue(job_in().model_copy(update={"status": ENDED})) == JobStatus(
        steps=(ENDED.steps[0], BELOW.model_copy(update={"expected_s": 4.0})), result=ENDED.result
    )


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED])
def test_a_job_that_needs_no_retry_has_none(state: JobState):
    with pytest.raises(Conflict, match=f"is {state.value}; only one that failed or was cancelled"):
        transitions.retry(job_in(state))


@pytest.mark.parametrize(
    ("state", "cancel_requested", "stops"),
    [
        (JobState.QUEUED, False, False),
        (JobState.RUNNING, False, False),
        (JobState.RUNNING, True, True),
        (JobState.SUCCEEDED, False, False),
        (JobState.FAILED, False, True),
        (JobState.CANCELLED, False, True),
    ],
)
def test_a_worker_is_to_stop_where_its_job_has_ended_otherwise_than_it_thinks(
    state: JobState, cancel_requested: bool, stops: bool
):
    assert transitions.must_stop(job_in(state).model_copy(update={"cancel_requested": cancel_requested})) == stops


@pytest.mark.parametrize("state", list(JobState))
@pytest.mark.parametrize(("attempt", "nonce"), [(0, "n"), (2, "n"), (1, "another")])
def test_a_report_of_another_run_is_stale_in_every_state(state: JobState, attempt: int, nonce: str):
    job = job_in(state)
    report = Report.model_construct(job_id=job.id, attempt=attempt, nonce=nonce, event=StepStarted(step="root"))
    with pytest.raises(StaleAttempt):
        transitions.check_attempt(job, report)


@pytest.mark.parametrize("state", list(JobState))
def test_a_run_that_begins_is_stale_where_the_job_has_ended_by_itself(state: JobState):
    job = job_in(state)
    report = Report(job_id=job.id, attempt=1, nonce="n", event=Started())
    if state in (JobState.SUCCEEDED, JobState.FAILED):
        with pytest.raises(StaleAttempt, match=f"has {state.value} already"):
            transitions.check_attempt(job, report)
    else:
        transitions.check_attempt(job, report)
