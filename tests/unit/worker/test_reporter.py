from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from stemset.errors import Cancelled, Forbidden, StaleAttempt, Unavailable
from stemset.features.jobs.messages import (
    Failed,
    JobPayload,
    NodeDone,
    NodeProgress,
    NodeStarted,
    Report,
    Started,
    Stopped,
    Succeeded,
)
from stemset.features.jobs.records import RunOptions, new_id
from stemset.worker.reporter import CallbackChannel, Interrupted, Pace, Reporter
from tests.support.jobs import SECRET, Callback
from tests.support.queue import TREE, track
from tests.support.waiting import LIMIT_S, wait_until

FAST = Pace(progress=0.01, poll=0.05, patience=LIMIT_S, first_pause=0.01, longest_pause=0.05)
IMPATIENT = replace(FAST, patience=0.1)
PAYLOAD = JobPayload(
    job_id=new_id(),
    attempt=3,
    nonce="n",
    recording_id=new_id(),
    source_key="recordings/x/source.wav",
    strategy="instant",
    tree=TREE,
    options=RunOptions(),
)


@contextmanager
def reporting(
    callback: Callback, *, pace: Pace = FAST, secret: str = SECRET, stop: threading.Event | None = None
) -> Generator[Reporter]:
    with (
        callback.serving() as address,
        Reporter(PAYLOAD, CallbackChannel(address, secret), stop=stop or threading.Event(), pace=pace) as reporter,
    ):
        yield reporter


def work(reporter: Reporter, *fractions: float) -> None:
    """A model's run of five minutes, unless something ends it."""
    for step in range(30_000):
        reporter.progress("root", fractions[step % len(fractions)])
        time.sleep(0.01)


def test_events_arrive_signed_and_in_order():
    callback, ids = Callback(), list[str]()

    def note(_report: Report, message_id: str) -> bool:
        ids.append(message_id)
        return False

    callback.apply = note
    with reporting(callback) as reporter:
        for event in (Started(), track("mixture"), NodeStarted(node="root"), NodeDone(node="root", seconds=1)):
            reporter.tell(event)
    assert callback.types == ["started", "track_ready", "node_started", "node_done"]
    assert callback.reports[1].event == track("mixture")
    assert ids == [report.message_id for report in callback.reports]
    assert all((report.job_id, report.attempt) == (PAYLOAD.job_id, 3) for report in callback.reports)


def test_an_event_is_told_again_until_the_service_is_back():
    faults = iter([503, 500, 502, 429])
    callback = Callback(before=lambda _report: next(faults, None))
    with reporting(callback) as reporter:
        reporter.tell(Started())
        reporter.tell(NodeStarted(node="root"))
    assert callback.types == ["started", "node_started"]


def test_patience_ends():
    with (
        Reporter(
            PAYLOAD, CallbackChannel("http://127.0.0.1:9", SECRET), stop=threading.Event(), pace=IMPATIENT
        ) as reporter,
        pytest.raises(Unavailable, match="can't be reached"),
    ):
        reporter.tell(Started())


def test_something_else_on_the_callback_s_port_is_not_taken_for_the_service():
    callback = Callback(before=lambda _report: 200)
    with reporting(callback, pace=IMPATIENT) as reporter, pytest.raises(Unavailable, match="answered 200"):
        reporter.tell(Started())


def test_a_refused_signature_is_not_tried_again():
    callback = Callback()
    with (
        reporting(callback, secret="whsec_YW5vdGhlcg==") as reporter,
        pytest.raises(Forbidden, match="401"),
    ):
        reporter.tell(Started())
    assert callback.reports == []


def test_progress_is_coalesced_and_never_blocks():
    all_said = threading.Event()

    def hold(_report: Report) -> None:
        assert all_said.wait(LIMIT_S)

    callback = Callback(before=hold)
    with reporting(callback, pace=Pace(progress=0.01, poll=LIMIT_S)) as reporter:
        for step in range(1001):
            reporter.progress("root", step / 1000)
        all_said.set()
        last = NodeProgress(node="root", fraction=1.0)
        wait_until(lambda: any(report.event == last for report in callback.reports))
    # The one that was on its way meanwhile, and the newest.
    assert len(callback.reports) <= 2


def test_progress_that_can_not_be_delivered_is_lost_without_harm():
    callback = Callback(before=lambda report: 503 if isinstance(report.event, NodeProgress) else None)
    with reporting(callback) as reporter:
        for step in range(10):
            reporter.progress("root", step / 10)
            time.sleep(0.01)
        reporter.tell(NodeDone(node="root", seconds=1))
    assert callback.types == ["node_done"]


def test_the_answer_to_an_event_stops_the_run():
    with reporting(Callback(lambda _report, _id: True)) as reporter, pytest.raises(Cancelled):
        reporter.tell(Started())


def test_the_answer_to_progress_stops_the_run_at_its_next_word():
    with reporting(Callback(lambda _report, _id: True)) as reporter:
        with pytest.raises(Cancelled):
            work(reporter, 0.1, 0.2)
        with pytest.raises(Cancelled):
            reporter.tell(NodeDone(node="root", seconds=1))


def test_a_model_that_makes_no_progress_still_hears_of_a_cancel():
    asked = threading.Event()
    callback = Callback(lambda _report, _id: asked.is_set())
    with reporting(callback) as reporter:
        reporter.progress("root", 0.5)
        wait_until(lambda: bool(callback.reports))
        asked.set()
        with pytest.raises(Cancelled):
            work(reporter, 0.5)


@pytest.mark.parametrize(
    "end", [Succeeded(sum_to_mixture_db=None, common_gain=1), Failed(kind="x", message=""), Stopped()]
)
def test_the_end_is_told_even_after_a_cancel(end: Succeeded | Failed | Stopped):
    callback = Callback(lambda _report, _id: True)
    with reporting(callback) as reporter:
        with pytest.raises(Cancelled):
            reporter.tell(Started())
        reporter.tell(end)
    assert callback.types == ["started", end.type]


def test_a_run_that_lost_its_job_is_told_so():
    def stale(_report: Report, _message_id: str) -> bool:
        raise StaleAttempt("attempt 4 has it")

    with reporting(Callback(stale)) as reporter:
        with pytest.raises(StaleAttempt, match="attempt 4 has it"):
            reporter.tell(Started())
        with pytest.raises(StaleAttempt):
            work(reporter, 0.1, 0.2)


def test_a_process_that_ends_interrupts_the_run_even_while_it_waits_for_the_service():
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with (
        reporting(Callback(before=lambda _report: 503), pace=Pace(first_pause=30), stop=stop) as reporter,
        pytest.raises(Interrupted),
    ):
        reporter.tell(Started())
    with reporting(Callback(), stop=stop) as reporter, pytest.raises(Interrupted):
        reporter.progress("root", 0.5)
