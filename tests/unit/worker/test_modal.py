"""A worker that an engine starts elsewhere."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import JsonValue

from stemset.config import WorkerSettings, parse_config
from stemset.errors import NotFound, Unavailable, UnknownPayload
from stemset.features.jobs.messages import JobPayload, Started
from stemset.features.jobs.records import RunOptions, new_id
from stemset.manifest import Manifest
from stemset.storage import Keys, LocalStorage
from stemset.worker import modal
from stemset.worker.modal import RemoteWorker, SharedCache
from stemset.worker.reporter import ReportTimings
from tests.support.jobs import SECRET, Callback

TREE: dict[str, JsonValue] = {"_": "percussive", "drums": "drums", "not_drums": "rest"}
TIMINGS = ReportTimings(progress_s=0.01, poll_s=30, patience_s=0.3, first_pause_s=0.01)


class Container:
    """What a container has around it."""

    def __init__(self, folder: Path, noise: Path, address: str, callback: Callback) -> None:
        self.callback = callback
        self.storage = LocalStorage(folder / "objects")
        self.commits: list[int] = []
        self.cache = SharedCache(folder / "cache", 1 << 30, lambda: self.commits.append(1))
        self.settings = WorkerSettings(
            data_dir=folder / "data", callback_url=address, callback_secret=SECRET, models_dir=folder / "weights"
        )
        self.refreshed = 0
        recording = new_id()
        self.payload = JobPayload(
            job_id=new_id(), attempt=1, nonce="n", recording_id=recording, source_key=Keys.source(recording, "wav"),
            strategy="small", tree=TREE, options=RunOptions(),
        )  # fmt: skip
        self.storage.put(self.payload.source_key, noise, "audio/wav")

    def refresh(self) -> None:
        self.refreshed += 1

    def run(self) -> Manifest | None:
        worker = RemoteWorker(self.settings, self.storage, cache=self.cache, refresh=self.refresh, timings=TIMINGS)
        told = worker.run(self.payload.model_dump_json(), "fc-1")
        return None if told is None else Manifest.model_validate_json(told)


@pytest.fixture
def container(tmp_path: Path, noise: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Container]:
    monkeypatch.setattr(modal, "_PAUSE_S", 0.01)
    callback = Callback()
    with callback.serving() as address:
        yield Container(tmp_path, noise, address, callback)


def test_it_returns_the_manifest_and_tells_the_engines_name_for_the_run(container: Container):
    manifest = container.run()
    assert manifest is not None
    assert manifest.state == "succeeded"
    first = container.callback.reports[0]
    assert isinstance(first.event, Started)
    assert (first.event.run, first.nonce) == ("fc-1", "n")
    assert container.commits == [1]


def test_a_run_after_one_that_was_lost_finds_its_nodes(container: Container):
    container.run()
    again = container.run()
    assert again is not None
    assert [node.cached for node in again.nodes] == [True]


def test_a_job_that_fails_returns_its_manifest_so_that_the_engine_does_not_try_again(container: Container):
    container.storage.put_bytes(container.payload.source_key, b"text", "audio/wav")
    manifest = container.run()
    assert manifest is not None
    assert manifest.error is not None
    assert (manifest.state, manifest.error.kind) == ("failed", "unreadable-audio")
    assert container.callback.types == ["started", "failed"]


def test_what_leaves_no_trace_is_raised_for_the_engine_to_try_again(container: Container):
    container.callback.before = lambda _report: 503
    container.storage.put_bytes = refused  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        container.run()


def test_a_run_that_has_lost_its_job_returns_nothing(container: Container):
    container.callback.before = lambda _report: 409
    assert container.run() is None
    assert not container.storage.exists(Keys.manifest(container.payload.job_id))


def test_a_payload_of_another_version_is_refused(container: Container):
    worker = RemoteWorker(container.settings, container.storage, timings=TIMINGS)
    with pytest.raises(UnknownPayload):
        worker.run('{"schema_version": 2}', "fc-1")


def test_weights_that_are_not_on_the_volume_are_looked_for_twice_and_then_named_with_their_command(
    container: Container,
):
    tree: dict[str, JsonValue] = {"_": "kuielab_b_drums.onnx", "drums": "drums", "not_drums": "rest"}
    container.payload = container.payload.model_copy(update={"tree": tree})
    manifest = container.run()
    assert container.refreshed == 1
    assert manifest is not None
    assert manifest.error is not None
    assert manifest.error.kind == "weights-missing"
    assert modal.DOWNLOAD_COMMAND in manifest.error.message


def test_a_default_strategy_without_weights_does_not_keep_a_container_from_starting(container: Container):
    config = parse_config(
        "profiles: {songs: {title: S, strategy: s}}\n"
        "strategies: {s: {_: kuielab_b_drums.onnx, drums: drums, not_drums: rest}}"
    )
    RemoteWorker(container.settings, container.storage, refresh=container.refresh).load(config)
    assert container.refreshed == 1


def refused(key: str, content: bytes, content_type: str) -> None:
    raise Unavailable("The bucket is away.")


def test_a_song_that_is_gone_is_a_failed_job(container: Container):
    container.storage.delete_prefix(Keys.recording(container.payload.recording_id))
    manifest = container.run()
    assert manifest is not None
    assert manifest.error is not None
    assert manifest.error.kind == NotFound.kind
