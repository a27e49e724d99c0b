from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from stemset.errors import ConfigError, Conflict, NotFound, StaleAttempt
from stemset.features.jobs.messages import (
    Failed,
    Report,
    Started,
    StepDone,
    StepProgress,
    StepStarted,
    Stopped,
    Succeeded,
)
from stemset.features.jobs.records import Failure, JobState, StepState
from tests.support.queue import NODES, STEMS, STREAMINFO, TREE, Queue, recording_of, result_of, track

SUCCEEDED = Succeeded(result={"sum_to_mixture_db": -96.0, "common_gain": 1.0})


async def test_an_unknown_id_is_not_found(queue: Queue):
    with pytest.raises(NotFound, match="no job"):
        await queue.service.events_after(uuid4())
    with pytest.raises(NotFound, match="no recording"):
        await queue.job(uuid4())


async def test_a_new_job_is_queued_and_its_first_event_says_so(queue: Queue):
    job = await queue.job()
    assert [node.path for node in job.status.steps] == [node.path for node in NODES]
    assert (job.state, job.attempt, job.last_event, job.queue_position) == (JobState.QUEUED, 1, 1, 1)
    assert await queue.service.get_job(job.id) == job
    assert await queue.story(job) == ["created"]


async def test_the_same_strategy_on_the_same_recording_is_one_job_while_it_is_active(queue: Queue):
    recording = await queue.recording()
    jobs = await asyncio.gather(*(queue.job(recording) for _ in range(10)))
    assert len({job.id for job in jobs}) == 1
    assert (await queue.job(recording, strategy="another")).id != jobs[0].id
    await queue.tell(jobs[0], Failed(kind="audio", message="no"))
    assert (await queue.job(recording)).id != jobs[0].id


async def test_a_tree_that_can_not_be_handed_over_is_refused_at_once(queue: Queue):
    with pytest.raises(ConfigError, match=r"strategies\.big.*larger than 8192 bytes"):
        await queue.job(strategy="big", tree={"_": "x" * 9000})


async def test_a_whole_job(queue: Queue):
    job = await queue.job()
    for event in (
        Started(),
        track("mixture"),
        StepStarted(step="root"),
        StepProgress(step="root", fraction=0.5),
        StepDone(step="root", seconds=1.5),
        track("drums"),
        StepStarted(step="root/not_drums"),
        StepDone(step="root/not_drums", seconds=0.0, cached=True),
        track("other"),
        track("bass"),
        SUCCEEDED,
    ):
        applied = await queue.tell(job, event)
        assert applied.event is not None
        assert not applied.cancel
    done = await queue.service.get_job(job.id)
    assert done.state is JobState.SUCCEEDED
    assert result_of(done).stems == STEMS
    assert result_of(done).mixture_ready
    assert [(node.state, node.fraction, node.seconds, node.cached) for node in done.status.steps] == [
        ("done", 1.0, 1.5, False),
        ("done", 1.0, 0.0, True),
    ]
    assert result_of(done).sum_to_mixture_db == -96.0
    assert done.status.started_at is not None
    assert done.status.finished_at is not None
    assert done.status.started_at <= done.status.finished_at
    assert len(await queue.story(job)) == done.last_event == 12


async def test_each_event_shows_the_job_as_it_was_then(queue: Queue):
    job = await queue.job()
    await queue.tell(job, Started())
    await queue.tell(job, StepProgress(step="root", fraction=0.25))
    await queue.tell(job, SUCCEEDED)
    events = await queue.service.events_after(job.id, 1)
    assert [(event.number, event.job.state, event.job.status.steps[0].fraction) for event in events] == [
        (2, "running", 0.0),
        (3, "running", 0.25),
        (4, "succeeded", 1.0),
    ]
    assert [event.job.last_event for event in events] == [2, 3, 4]


async def test_a_doubled_report_changes_nothing(queue: Queue):
    job = await queue.job()
    for _ in range(3):
        await queue.tell(job, Started())
        await queue.tell(job, StepDone(step="root", seconds=1))
        await queue.tell(job, track("drums"))
    assert await queue.story(job) == ["created", "started", "step_done", "output"]


async def test_a_resumed_run_never_goes_backwards(queue: Queue):
    job = await queue.job()
    await queue.tell(job, Started())
    await queue.tell(job, StepDone(step="root", seconds=2))
    await queue.tell(job, StepProgress(step="root/not_drums", fraction=0.6))
    for event in (
        Started(),
        StepStarted(step="root"),
        StepProgress(step="root", fraction=0.1),
        StepDone(step="root", seconds=9),
        StepStarted(step="root/not_drums"),
        StepProgress(step="root/not_drums", fraction=0.3),
    ):
        assert (await queue.tell(job, event)).event is None
    nodes = (await queue.service.get_job(job.id)).status.steps
    assert [(node.fraction, node.seconds) for node in nodes] == [(1.0, 2.0), (0.6, None)]


async def test_reports_after_the_end_change_nothing(queue: Queue):
    job = await queue.job()
    await queue.tell(job, SUCCEEDED)
    for event in (StepProgress(step="root", fraction=0.9), Failed(kind="internal", message="late"), Stopped()):
        applied = await queue.tell(job, event)
        assert applied.event is None
        assert not applied.cancel
    assert (await queue.service.get_job(job.id)).state is JobState.SUCCEEDED


async def test_a_failure_names_its_node_and_keeps_what_was_ready(queue: Queue):
    job = await queue.job()
    await queue.tell(job, track("drums"))
    await queue.tell(job, Failed(kind="model-failed", message="NaN", step="root/not_drums"))
    failed = await queue.service.get_job(job.id)
    assert failed.state is JobState.FAILED
    assert failed.status.failure == Failure(kind="model-failed", message="NaN", step="root/not_drums")
    assert result_of(failed).stems == ("drums",)
    assert failed.status.steps[1].state == "failed"


async def test_another_attempt_s_reports_are_stale(queue: Queue):
    job = await queue.job()
    with pytest.raises(StaleAttempt, match="attempt 1"):
        await queue.tell(job, Started(), attempt=2)
    assert await queue.story(job) == ["created"]


async def test_a_run_that_starts_on_a_finished_job_is_stale(queue: Queue):
    job = await queue.job()
    await queue.tell(job, SUCCEEDED)
    with pytest.raises(StaleAttempt, match="succeeded already"):
        await queue.tell(job, Started())


async def test_a_queued_job_is_cancelled_at_once_and_a_run_that_comes_later_is_told(queue: Queue):
    job = await queue.job()
    cancelled = await queue.service.request_cancel(job.id)
    assert cancelled.state is JobState.CANCELLED
    assert cancelled == await queue.service.get_job(job.id)
    assert await queue.repository.undispatched_jobs() == []
    applied = await queue.tell(job, Started())
    assert (applied.cancel, applied.event) == (True, None)
    assert await queue.story(job) == ["created", "cancelled"]


async def test_a_running_job_s_worker_is_told_to_stop_at_its_next_report(queue: Queue):
    job = await queue.job()
    assert not (await queue.tell(job, Started())).cancel
    asked = await queue.service.request_cancel(job.id)
    assert (asked.state, asked.cancel_requested) == (JobState.RUNNING, True)
    assert await queue.service.request_cancel(job.id) == asked
    assert (await queue.tell(job, StepProgress(step="root", fraction=0.5))).cancel
    await queue.tell(job, Stopped())
    assert await queue.story(job) == ["created", "started", "step_progress", "cancelled"]


async def test_cancelling_a_finished_job_changes_nothing(queue: Queue):
    job = await queue.job()
    done = (await queue.tell(job, SUCCEEDED)).job
    assert await queue.service.request_cancel(job.id) == done


async def test_a_second_track_of_the_same_name_replaces_the_first(queue: Queue):
    job = await queue.job()
    await queue.tell(job, track("mixture"))
    await queue.tell(job, track("other", sha256="1" * 64))
    await queue.tell(job, track("drums"))
    await queue.tell(job, track("other", sha256="2" * 64))
    mixture, stems = await queue.separations.tracks(job.id)
    assert mixture is not None
    assert mixture.streaminfo == STREAMINFO
    assert [(stem.name, stem.record.sha256[0]) for stem in stems] == [("drums", "b"), ("other", "2")]
    assert await queue.story(job) == ["created"] + 4 * ["output"]
    assert (await queue.recordings.get(recording_of(job))).overview == (-3, 4)


async def test_the_newest_playable_job_is_found_behind_a_newer_one(queue: Queue):
    recording = await queue.recording()
    old = await queue.job(recording)
    await queue.tell(old, track("mixture"))
    new = await queue.job(recording, strategy="another")
    playable = await queue.separations.latest_job(recording, playable=True)
    assert playable is not None
    assert playable.id == old.id
    assert await queue.separations.latest_job(recording) == new
    assert await queue.separations.latest_job(await queue.recording()) is None


@pytest.mark.parametrize(
    ("lufs", "peak", "gain_db"), [(-20.0, 0.1, 4.0), (-20.0, 0.9, 0.9), (-10.0, 1.0, -6.0), (None, 0.0, 0.0)]
)
async def test_gain_advice_levels_loudness_without_clipping(
    queue: Queue, lufs: float | None, peak: float, gain_db: float
):
    job = await queue.job()
    await queue.tell(job, track("drums", lufs=lufs, peak=peak))
    _, [drums] = await queue.separations.tracks(job.id)
    assert drums.gain_db == gain_db


async def test_the_outbox_holds_what_no_engine_has_oldest_first(queue: Queue):
    first, second = await queue.job(strategy="a"), await queue.job(strategy="b")
    payloads = await queue.repository.undispatched_jobs()
    assert [payload.job_id for payload in payloads] == [first.id, second.id]
    assert payloads[0].payload["tree"] == TREE
    assert payloads[0].source_key == f"recordings/{first.recording_id}/source.mp3"
    await queue.repository.mark_dispatched(payloads[0], payloads[0].ref)
    assert [payload.job_id for payload in await queue.repository.undispatched_jobs()] == [second.id]
    assert (await queue.service.get_job(first.id)).dispatch_ref == f"{first.id}.1"


async def test_events_are_numbered_without_gaps_or_doubles_under_concurrency(queue: Queue):
    job = await queue.job()
    percents = [StepProgress(step="root", fraction=percent / 100) for percent in range(1, 31)]
    results = await asyncio.gather(*(queue.tell(job, event) for event in [*percents, *reversed(percents)]))
    numbers = [applied.event.number for applied in results if applied.event]
    assert len(numbers) == len(set(numbers))
    assert len(await queue.story(job)) == len(numbers) + 1
    assert (await queue.service.get_job(job.id)).status.steps[0].fraction == 0.3


async def test_of_cancel_and_start_at_once_one_comes_first_and_both_are_kept(queue: Queue):
    jobs = [await queue.job(strategy=f"s{n}") for n in range(5)]
    await asyncio.gather(
        *(queue.service.request_cancel(job.id) for job in jobs), *(queue.tell(job, Started()) for job in jobs)
    )
    for job in jobs:
        after = await queue.service.get_job(job.id)
        assert after.state is JobState.CANCELLED or (after.state is JobState.RUNNING and after.cancel_requested)


def test_message_ids_are_deterministic_and_tell_events_apart():
    job_id = uuid4()
    events = [
        Started(),
        StepStarted(step="root"),
        StepProgress(step="root", fraction=0.29),
        StepProgress(step="root", fraction=0.3),
        StepDone(step="root", seconds=1),
        track("drums", sha256="1" * 64),
        track("drums", sha256="2" * 64),
        SUCCEEDED,
    ]
    ids = [Report(job_id=job_id, attempt=1, nonce="n", event=event).message_id for event in events]
    assert len(set(ids)) == len(ids)
    assert ids[2] == f"{job_id}.1.step_progress.root.29"
    assert ids[4] == Report(job_id=job_id, attempt=1, nonce="n", event=StepDone(step="root", seconds=2)).message_id


async def test_a_finished_job_is_the_answer_to_the_same_question_unless_force_or_another_tree(queue: Queue):
    recording = await queue.recording()
    first = await queue.job(recording)
    await queue.tell(first, SUCCEEDED)
    assert (await queue.job(recording)).id == first.id
    again = await queue.job(recording, force=True)
    assert again.id != first.id
    assert (await queue.job(recording, force=True)).id == again.id
    await queue.tell(again, SUCCEEDED)
    assert (await queue.job(recording)).id == again.id
    assert (await queue.job(recording, tree={"_": "percussive", "drums": "drums"})).id not in {first.id, again.id}


async def test_a_retry_is_the_next_attempt_and_the_reports_of_the_last_one_are_refused(queue: Queue):
    job = await queue.job()
    await queue.tell(job, track("mixture"))
    await queue.tell(job, StepDone(step="root", seconds=1))
    await queue.tell(job, Failed(kind="audio", message="no", step="root/not_drums"))
    retried = await queue.service.retry(job.id)
    assert (retried.state, retried.attempt, retried.status.failure) == (JobState.QUEUED, 2, None)
    assert result_of(retried).mixture_ready
    assert {node.state for node in retried.status.steps} == {StepState.WAITING}
    assert [payload.ref for payload in await queue.repository.undispatched_jobs()] == [f"{job.id}.2"]
    with pytest.raises(StaleAttempt):
        await queue.tell(job, Started(), attempt=1)
    await queue.tell(job, SUCCEEDED, attempt=2)
    assert (await queue.service.get_job(job.id)).state is JobState.SUCCEEDED
    assert await queue.story(job) == ["created", "output", "step_done", "failed", "retried", "succeeded"]


async def test_only_what_failed_or_was_cancelled_can_be_tried_again_and_only_once_at_a_time(queue: Queue):
    job = await queue.job()
    with pytest.raises(Conflict, match="is queued"):
        await queue.service.retry(job.id)
    await queue.service.request_cancel(job.id)
    active = await queue.job(recording_of(job))
    with pytest.raises(Conflict, match=f"Job {active.id} does the same"):
        await queue.service.retry(job.id)
    await queue.service.request_cancel(active.id)
    assert (await queue.service.retry(job.id)).attempt == 2


async def test_the_queue_is_told_in_order_and_who_comes_back_stands_at_its_end(queue: Queue):
    first, second, third = [await queue.job() for _ in range(3)]
    assert [job.queue_position for job in (first, second, third)] == [1, 2, 3]
    await queue.service.request_cancel(first.id)
    assert (await queue.service.get_job(second.id)).queue_position == 1
    assert (await queue.service.retry(first.id)).queue_position == 3
    await queue.tell(second, Started())
    assert (await queue.service.get_job(second.id)).queue_position is None
    found, total = await queue.service.list_jobs([JobState.QUEUED])
    assert [(job.id, job.queue_position) for job in found] == [(third.id, 1), (first.id, 2)]
    assert total == 2
    assert (await queue.service.count_jobs())[JobState.RUNNING] == 1


async def test_jobs_are_listed_by_state_and_profile_newest_first(queue: Queue):
    jobs = [await queue.job() for _ in range(3)]
    other = await queue.job(await queue.recording(profile="other"))
    await queue.tell(jobs[0], Failed(kind="audio", message="no"))
    found, total = await queue.service.list_jobs(profile="demo", limit=2)
    assert ([job.id for job in found], total) == ([jobs[2].id, jobs[1].id], 3)
    assert [job.id for job in (await queue.service.list_jobs([JobState.FAILED]))[0]] == [jobs[0].id]
    assert (await queue.service.list_jobs(offset=3))[0][0].id == jobs[0].id
    assert (await queue.service.list_jobs(profile="other"))[0][0].id == other.id


async def test_the_time_left_is_told_from_the_last_runs_and_from_this_machine(queue: Queue):
    # The recordings of these tests last 3.5 s.
    done = await queue.job()
    await queue.tell(done, StepDone(step="root", seconds=7))
    await queue.tell(done, StepDone(step="root/not_drums", seconds=14))
    await queue.tell(done, SUCCEEDED)
    job = await queue.job()
    assert job.eta_s is None
    assert [node.expected_s for node in job.status.steps] == [7, 14]
    running = (await queue.tell(job, Started())).job
    assert running.eta_s == 21
    running = (await queue.tell(job, StepProgress(step="root", fraction=0.5))).job
    assert running.eta_s == 17.5
    running = (await queue.tell(job, StepDone(step="root", seconds=14))).job
    assert running.eta_s == 28
    running = (await queue.tell(job, SUCCEEDED)).job
    assert running.eta_s is None
