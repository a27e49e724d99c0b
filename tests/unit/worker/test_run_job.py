from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue
from typing_extensions import override

from stemset import audio
from stemset.concurrency.progress import Progress
from stemset.errors import ConfigError, Conflict, NotFound, StaleAttempt, Unavailable, UnknownPayload, UnreadableAudio
from stemset.features.jobs.messages import (
    Failed,
    JobPayload,
    Output,
    Report,
    Started,
    StepDone,
    StepProgress,
    StepStarted,
)
from stemset.features.separations.records import ReadyTrack, RunOptions
from stemset.manifest import Manifest
from stemset.models.builtin import Percussive
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.storage import Keys, LocalStorage
from stemset.strategy.node_cache import FolderCache
from stemset.worker.pid_files import lock_data_dir
from stemset.worker.reporter import CallbackChannel, Interrupted, Reporter, ReportTimings
from stemset.worker.run_job import run_job
from tests.support.jobs import SECRET, Callback
from tests.support.queue import ask_otherwise, new_payload
from tests.support.waiting import LIMIT_S

TREE: dict[str, JsonValue] = {"_": "percussive", "drums": "drums", "not_drums": "rest"}


class WeakStorage(LocalStorage):
    """Fails to store keys that end with `failing`."""

    failing = "\0"

    @override
    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        if key.endswith(self.failing):
            raise OSError(28, "No space left on device")
        super().put_bytes(key, content, content_type)


@dataclass
class Bench:
    """A worker's surroundings; `run` runs a job in them."""

    storage: WeakStorage
    callback: Callback
    work_dir: Path
    payload: JobPayload
    stop: threading.Event
    address: str
    cache: FolderCache | None = None

    def run(self, *, last_try: bool = True) -> None:
        pool = ModelPool(Runtime(self.work_dir / "models", "cpu"))
        timings = ReportTimings(progress_s=0.01, poll_s=30, patience_s=0.5, first_pause_s=0.01)
        with Reporter(self.payload, CallbackChannel(self.address, SECRET), stop=self.stop, timings=timings) as reporter:
            run_job(self.payload, self.storage, reporter, pool, self.work_dir, cache=self.cache, last_try=last_try)

    @property
    def source_key(self) -> str:
        assert self.payload.source_key is not None
        return self.payload.source_key

    @property
    def manifest(self) -> Manifest:
        return Manifest.model_validate_json(self.storage.read(Keys.manifest(self.payload.job_id)))

    def refuse(self, wanted: type, status: int) -> None:
        self.callback.before = lambda report: status if isinstance(report.event, wanted) else None


@pytest.fixture
def bench(tmp_path: Path, noise: Path) -> Generator[Bench]:
    storage = WeakStorage(tmp_path / "objects")
    payload = new_payload(TREE, strategy="small", options=RunOptions(max_duration_s=60, max_channels=2))
    assert payload.source_key is not None
    storage.put(payload.source_key, noise, "audio/wav")
    callback = Callback()
    with callback.serving() as address:
        yield Bench(storage, callback, tmp_path / "work", payload, threading.Event(), address)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_job_leaves_every_file_and_a_report_of_each_and_the_manifest_last(bench: Bench):
    job_id = bench.payload.job_id
    seen: list[bool] = []

    def look(report: Report) -> None:
        match report.event:
            case Output():
                track = ReadyTrack.model_validate(report.event.content)
                record, layout = track.record, track.layout
                # What a report names is stored by then.
                flac = bench.storage.read(Keys.stem(job_id, record.name))
                index = np.frombuffer(bench.storage.read(Keys.index(job_id, record.name)), "<u4")
                assert (len(flac), int(index[-1])) == (record.bytes, record.bytes)
                assert layout.streaminfo == flac[8:42]
                assert bench.storage.exists(Keys.peaks(job_id, record.name, 16384))
                seen.append(bench.storage.exists(Keys.manifest(job_id)))
            case _:
                pass

    bench.callback.before = look
    bench.run()
    assert seen == [False] * 3
    told = [kind for kind in bench.callback.types if kind != "step_progress"]
    assert (told[0], told[-1]) == ("started", "succeeded")
    # Tracks are stored beside the nodes, in the order in which they were made.
    assert [kind for kind in told if kind.startswith("step")] == ["step_started", "step_done"]
    tracks = [report.event.name for report in bench.callback.reports if isinstance(report.event, Output)]
    assert tracks == ["mixture", "drums", "rest"]
    assert bench.manifest.state == "succeeded"
    assert {stem.name for stem in bench.manifest.stems} == {"drums", "rest"}


def test_several_stems_are_stored_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    together = threading.Barrier(2)
    put = bench.storage.put

    def slowly(key: str, file: Path, content_type: str) -> None:
        if key in (Keys.stem(bench.payload.job_id, "drums"), Keys.stem(bench.payload.job_id, "rest")):
            # Passes only when another one is on its way.
            together.wait(LIMIT_S)
        put(key, file, content_type)

    monkeypatch.setattr(bench.storage, "put", slowly)
    bench.run()
    assert bench.manifest.state == "succeeded"


def test_stems_are_told_once_more_when_a_common_gain_was_needed(bench: Bench, tmp_path: Path):
    loud = tmp_path / "loud.wav"
    audio.write(loud, np.random.default_rng(1).uniform(-1, 1, (2, 22_050)).astype(np.float32) * 1.5, 44_100)
    bench.storage.put(bench.source_key, loud, "audio/wav")
    bench.run()
    told = [
        ReadyTrack.model_validate(report.event.content).record
        for report in bench.callback.reports
        if isinstance(report.event, Output)
    ]
    latest = {record.name: record for record in told}
    assert len(told) > len(latest)
    assert tuple(latest[stem.name] for stem in bench.manifest.stems) == bench.manifest.stems
    assert latest["mixture"] == bench.manifest.mixture
    assert bench.manifest.common_gain < 1


def test_a_song_that_can_not_be_read_fails_with_its_reason(bench: Bench):
    bench.storage.put_bytes(bench.source_key, b"text", "audio/wav")
    with pytest.raises(UnreadableAudio):
        bench.run(last_try=False)
    assert bench.callback.types == ["started", "failed"]
    assert bench.manifest.error is not None
    assert (bench.manifest.state, bench.manifest.error.kind) == ("failed", "unreadable-audio")


def test_a_job_over_the_limits_it_was_made_with_fails(bench: Bench):
    bench.payload = ask_otherwise(bench.payload, options=RunOptions(max_duration_s=0.1, max_channels=2).model_dump())
    with pytest.raises(Exception, match="longer than"):
        bench.run()
    assert bench.callback.types == ["started", "failed"]


def test_a_job_that_never_came_to_separate_leaves_a_manifest_too(bench: Bench):
    bench.storage.delete_prefix(bench.source_key.rpartition("/")[0])
    with pytest.raises(NotFound):
        bench.run()
    assert (bench.manifest.state, bench.manifest.input, bench.manifest.nodes) == ("failed", None, ())


def test_a_tree_whose_model_is_gone_fails(bench: Bench):
    bench.payload = ask_otherwise(bench.payload, tree=TREE | {"_": "gone"})
    with pytest.raises(ConfigError, match="gone"):
        bench.run()
    assert bench.callback.types == ["started", "failed"]


def test_a_passing_fault_is_left_to_the_next_try_and_reported_on_the_last(bench: Bench):
    bench.storage.failing = "drums.index"
    with pytest.raises(OSError, match="No space"):
        bench.run(last_try=False)
    assert "failed" not in bench.callback.types
    assert not bench.storage.exists(Keys.manifest(bench.payload.job_id))
    with pytest.raises(OSError, match="No space"):
        bench.run()
    failure = bench.callback.reports[-1].event
    assert isinstance(failure, Failed)
    assert (failure.kind, failure.step) == ("internal", bench.manifest.error and bench.manifest.error.node)
    assert "No space left" in failure.message


def test_a_cancelled_run_says_so_and_leaves_a_manifest(bench: Bench):
    bench.callback.apply = lambda report, _id: isinstance(report.event, StepStarted)
    bench.run()
    assert bench.callback.types[-1] == "cancelled"
    assert bench.manifest.state == "cancelled"


def test_a_cancel_is_heard_in_the_middle_of_a_node(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def endless(_self: Percussive, _input: Path, _output: Path, progress: Progress, _wanted: object) -> None:
        for _ in range(30_000):
            progress(0.1)
            time.sleep(0.01)
        raise AssertionError

    monkeypatch.setattr(Percussive, "separate", endless)
    bench.callback.apply = lambda report, _id: isinstance(report.event, StepProgress)
    bench.run()
    assert bench.callback.types[-1] == "cancelled"
    assert [node.state for node in bench.manifest.nodes] == ["not_run"]


@pytest.mark.parametrize("at", [Started, StepStarted])
def test_a_run_that_lost_its_job_stops_without_a_word_and_without_a_manifest(bench: Bench, at: type):
    lost = False

    def stale(report: Report, _message_id: str) -> bool:
        nonlocal lost
        lost = lost or isinstance(report.event, at)
        if lost:
            raise StaleAttempt("attempt 2 has it")
        return False

    bench.callback.apply = stale
    bench.run()
    told = [report.event for report in bench.callback.reports]
    refused = next(n for n, event in enumerate(told) if isinstance(event, at))
    # A track that was being stored may have been on its way already.
    assert all(isinstance(event, Output) for event in told[refused + 1 :])
    assert not bench.storage.exists(Keys.manifest(bench.payload.job_id))


def test_a_service_of_another_version_ends_the_run_in_words(bench: Bench):
    bench.callback.before = lambda _report: 400
    with pytest.raises(UnknownPayload, match=r"can't read version 2 of the messages"):
        bench.run(last_try=False)
    assert bench.callback.types == []


def test_a_service_that_stays_away_leaves_the_job_to_the_next_try(bench: Bench):
    bench.refuse(StepStarted, 503)
    with pytest.raises(Unavailable):
        bench.run(last_try=False)
    assert not bench.storage.exists(Keys.manifest(bench.payload.job_id))


def test_a_process_that_ends_leaves_the_job_as_a_kill_would(bench: Bench):
    def end(report: Report) -> None:
        if isinstance(report.event, StepStarted):
            bench.stop.set()

    bench.callback.before = end
    with pytest.raises(Interrupted):
        bench.run()
    assert not {"failed", "cancelled", "succeeded"} & set(bench.callback.types)
    assert not bench.storage.exists(Keys.manifest(bench.payload.job_id))


def test_a_failure_stands_although_it_can_not_be_reported(bench: Bench):
    bench.storage.put_bytes(bench.source_key, b"text", "audio/wav")
    bench.refuse(Failed, 503)
    with pytest.raises(UnreadableAudio):
        bench.run()
    assert bench.manifest.state == "failed"


def test_what_another_job_has_done_is_not_done_again_and_said_to_be_cached(bench: Bench, tmp_path: Path):
    bench.cache = FolderCache(tmp_path / "cache", 1 << 30)
    below: dict[str, JsonValue] = {"_": "low_end", "bass": "bass", "not_bass": "other"}
    cached: list[list[bool]] = []
    deeper: dict[str, JsonValue] = {**TREE, "not_drums": below}
    for tree in (TREE, deeper):
        bench.payload = ask_otherwise(bench.payload, tree=tree)
        bench.callback.reports.clear()
        bench.run()
        events = [report.event for report in bench.callback.reports]
        cached.append([event.cached for event in events if isinstance(event, StepDone)])
        assert [node.cached for node in bench.manifest.nodes] == cached[-1]
    assert cached == [[False], [True, False]]


def test_one_worker_serves_a_data_folder(tmp_path: Path):
    with (
        lock_data_dir(tmp_path),
        pytest.raises(Conflict, match="Another worker"),
        lock_data_dir(tmp_path, patience_s=0.1),
    ):
        pass
    with lock_data_dir(tmp_path, patience_s=0):
        pass
