from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemset.features.jobs import transitions
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
)
from stemset.features.jobs.records import JobRecord, JobState, JobStatus, RunOptions
from tests.support.queue import NODES, STEMS, TREE, track

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS: list[Event] = [
    Started(),
    *(NodeStarted(node=node.path) for node in NODES),
    *(NodeProgress(node=node.path, fraction=fraction) for node, fraction in product(NODES, (0.0, 0.5, 1.0))),
    *(NodeDone(node=node.path, seconds=1) for node in NODES),
    NodeStarted(node="root/unknown"),
    track("mixture"),
    track("bass"),
    track("unheard_of"),
    Succeeded(sum_to_mixture_db=None, common_gain=1),
    Failed(kind="internal", message="", node="root"),
    Stopped(),
]


def job_in(state: JobState = JobState.QUEUED) -> JobRecord:
    return JobRecord(
        id=uuid4(),
        recording_id=uuid4(),
        profile="demo",
        strategy="instant",
        tree=TREE,
        expected_stems=STEMS,
        options=RunOptions(),
        status=JobStatus(state=state, nodes=NODES),
        attempt=1,
        cancel_requested=False,
        dispatch_ref=None,
        nonce="n",
        last_event=1,
        created_at=NOW,
    )


def step(job: JobRecord, event: Event) -> JobRecord:
    status = transitions.apply(job, Report(job_id=job.id, attempt=1, nonce=job.nonce, event=event), NOW)
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
        for node, later in zip(job.status.nodes, after.status.nodes, strict=True):
            assert later.fraction >= node.fraction
        assert set(after.status.stems) >= set(job.status.stems)
        assert set(after.status.stems) <= set(STEMS)
        assert (after.status.finished_at is not None) == after.state.final
        job = after


@given(st.lists(st.sampled_from(EVENTS), max_size=25))
def test_a_report_told_twice_in_a_row_is_told_once(events: list[Event]):
    job = job_in()
    for event in events:
        job = step(job, event)
        assert step(job, event) == job
