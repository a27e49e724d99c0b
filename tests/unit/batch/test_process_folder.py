"""FolderProcessor tells of each file what became of it. A worker that separates nothing stands in for the real one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typing_extensions import override

from stemset import audio
from stemset.audio import Probe
from stemset.batch import process_folder
from stemset.batch.local_channel import IN_PROCESS
from stemset.batch.process_folder import FileResult, FolderProcessor, Library, Outcome, Separator, find_files
from stemset.config import LimitsConfig
from stemset.errors import ModelFailed
from stemset.features.jobs.messages import Failed, JobPayload, Succeeded
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.library.ingest import Ingest
from stemset.features.library.probe import SandboxedProbe
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.storage import Keys
from stemset.testing import MemoryStorage
from stemset.worker.reporter import Reporter
from tests.support.queue import KINDS, PLAN, STEMS, Queue, track

Work = Callable[[JobPayload, Reporter], None]


def succeed(payload: JobPayload, reporter: Reporter) -> None:
    reporter.begin()
    for stem in ("mixture", *STEMS):
        reporter.tell(track(stem))
    reporter.tell(Succeeded(result={"sum_to_mixture_db": -200.0, "common_gain": 1.0}))


def fail(payload: JobPayload, reporter: Reporter) -> None:
    reporter.begin()
    reporter.tell(Failed(kind="model-failed", message="The model gave no stem.", step="root"))
    raise ModelFailed("The model gave no stem.")


def break_down(payload: JobPayload, reporter: Reporter) -> None:
    raise OSError(28, "No space left on device")


class DirectProbe(SandboxedProbe):
    """Looks into files in this process, which is quicker."""

    @override
    async def probe(self, file: Path) -> Probe:
        return audio.probe(file)


class Bench:
    """A FolderProcessor over a folder of music. changed, started: what its watcher was told."""

    def __init__(self, folder: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.music = folder / "music"
        self.music.mkdir()
        self.queue = queue
        self.storage = MemoryStorage()
        self.started: list[Path] = []
        self.changed: list[JobState] = []
        queue.plans["instant"] = PLAN
        self._monkeypatch = monkeypatch
        self._work_dir = folder / "work"
        limits = LimitsConfig(max_upload_mb=1)
        probe = DirectProbe(limits)
        ingest = Ingest(queue.recordings, queue.separations, self.storage, probe, KINDS)
        self._library = Library(queue.recordings, queue.service, queue.separations, ingest, probe, self.storage, limits)

    def processor(self, *, work: Work = succeed, dry_run: bool = False) -> FolderProcessor:
        def run_job(payload: JobPayload, _storage: object, reporter: Reporter, *_rest: object, **_more: object) -> None:
            work(payload, reporter)

        self._monkeypatch.setattr(process_folder, "run_job", run_job)
        separator = Separator(ModelPool(Runtime(self.music, "cpu")), self._work_dir, None)
        return FolderProcessor(self._library, separator, "demo", PLAN, self, dry_run=dry_run)

    async def run(self, processor: FolderProcessor) -> list[FileResult]:
        files = find_files(self.music, without=self._work_dir)
        return [result async for result in processor.run(files)]

    async def outcome(self, *, work: Work = succeed, dry_run: bool = False) -> FileResult:
        """Of the one song."""
        (result,) = await self.run(self.processor(work=work, dry_run=dry_run))
        return result

    def size(self, file: Path) -> int:
        return file.stat().st_size

    def lengthen(self, file: Path, size: int) -> None:
        file.write_bytes(file.read_bytes() + bytes(size))

    def file_started(self, file: Path) -> None:
        self.started.append(file)

    def job_changed(self, job: JobRecord) -> None:
        self.changed.append(job.state)


@pytest.fixture
def bench(tmp_path: Path, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, queue, monkeypatch)


@pytest.fixture
def song(bench: Bench, noise: Path) -> Path:
    return Path(shutil.copy(noise, bench.music / "song.wav"))


async def test_a_new_song_is_stored_and_separated(bench: Bench, song: Path) -> None:
    result = await bench.outcome()
    assert (result.file, result.outcome, result.kind, result.message) == (song, Outcome.SEPARATED, None, None)
    assert result.recording_id
    assert result.job_id
    assert bench.storage.stat(Keys.source(result.recording_id, "wav")).bytes == bench.size(song)
    job = await bench.queue.service.get_job(result.job_id)
    assert (job.state, job.dispatch_ref) == (JobState.SUCCEEDED, IN_PROCESS)
    assert bench.started == [song]
    assert (bench.changed[0], bench.changed[-1]) == (JobState.RUNNING, JobState.SUCCEEDED)


async def test_a_song_that_was_separated_is_present(bench: Bench, song: Path) -> None:
    first = await bench.outcome()
    shutil.move(song, song.with_name("by another name.wav"))
    second = await bench.outcome(work=fail)
    assert (second.outcome, second.job_id) == (Outcome.PRESENT, first.job_id)
    assert (await bench.queue.recordings.page("demo"))[1] == 1


async def test_a_failure_of_the_job_is_told_as_the_job_tells_it(bench: Bench, song: Path) -> None:
    result = await bench.outcome(work=fail)
    assert (result.outcome, result.kind, result.message) == (
        Outcome.FAILED, "model-failed", "The model gave no stem.",
    )  # fmt: skip


async def test_a_failure_that_no_report_tells_of_is_told_too(bench: Bench, song: Path) -> None:
    result = await bench.outcome(work=break_down)
    assert (result.outcome, result.kind, result.message) == (Outcome.FAILED, "internal", "No space left on device")


@pytest.mark.parametrize(
    ("name", "outcome", "kind"),
    [
        ("notes.txt", Outcome.NOT_AUDIO, None),
        ("no extension", Outcome.NOT_AUDIO, None),
        ("claims.mp3", Outcome.FAILED, "unreadable-audio"),
        ("film.mp4", Outcome.FAILED, "unreadable-audio"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
async def test_what_holds_no_sound_has_failed_only_if_its_name_says_that_it_does(
    bench: Bench, name: str, outcome: Outcome, kind: str | None, dry_run: bool
) -> None:
    (bench.music / name).write_text("no sound")
    result = await bench.outcome(dry_run=dry_run)
    assert (result.outcome, result.kind) == (outcome, kind)
    assert bench.storage.keys == []


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_song_over_the_limit_of_size_is_too_large_and_a_text_no_song(
    bench: Bench, song: Path, dry_run: bool
) -> None:
    bench.lengthen(song, 1_000_000)
    (bench.music / "text").write_bytes(b"x" * 1_100_000)
    assert [(result.outcome, result.kind) for result in await bench.run(bench.processor(dry_run=dry_run))] == [
        (Outcome.FAILED, "too-large"),
        (Outcome.NOT_AUDIO, None),
    ]


async def test_a_file_that_cannot_be_read_has_failed_and_the_next_is_processed(bench: Bench, song: Path) -> None:
    files = [bench.music / "gone.wav", song]
    results = [result async for result in bench.processor().run(files)]
    assert [result.outcome for result in results] == [Outcome.FAILED, Outcome.SEPARATED]
    assert (results[0].kind, results[0].message) == ("internal", "No such file or directory")


async def test_a_dry_run_plans_each_song_once_and_stores_nothing(bench: Bench, song: Path) -> None:
    shutil.copy(song, song.with_name("twin.wav"))
    results = await bench.run(bench.processor(dry_run=True))
    assert [result.outcome for result in results] == [Outcome.PLANNED, Outcome.PRESENT]
    assert bench.storage.keys == []
    assert (await bench.queue.recordings.page("demo"))[1] == 0


async def test_a_dry_run_knows_what_is_present(bench: Bench, song: Path) -> None:
    separated = await bench.outcome()
    result = await bench.outcome(dry_run=True)
    assert (result.outcome, result.job_id) == (Outcome.PRESENT, separated.job_id)


async def test_a_job_in_the_services_queue_is_left_to_it(bench: Bench, song: Path) -> None:
    first = await bench.outcome(work=fail)
    assert first.recording_id
    await bench.queue.separations.create_job(first.recording_id, "instant")
    result = await bench.outcome()
    assert (result.outcome, result.message) == (Outcome.ELSEWHERE, "its job waits in the service's queue")


async def test_after_a_stop_no_other_file_is_begun(bench: Bench, song: Path) -> None:
    shutil.copy(song, song.with_name("later.wav"))
    processor = bench.processor()
    stopped_in: list[FileResult] = []
    async for result in processor.run(find_files(bench.music, without=bench.music / "none")):
        stopped_in.append(result)
        processor.stop()
    assert [result.outcome for result in stopped_in] == [Outcome.SEPARATED]
    assert not processor.abandoned


async def test_a_model_that_does_not_heed_a_stop_is_abandoned(
    bench: Bench, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_folder, "_STOP_GRACE_S", 0.05)
    loop, computing = asyncio.get_running_loop(), asyncio.Event()
    ended = asyncio.Event()

    def compute(_payload: JobPayload, reporter: Reporter) -> None:
        reporter.begin()
        loop.call_soon_threadsafe(computing.set)
        asyncio.run_coroutine_threadsafe(ended.wait(), loop).result()

    processor = bench.processor(work=compute)
    running = asyncio.create_task(bench.run(processor))
    await computing.wait()
    processor.stop()
    (result,) = await running
    assert (result.outcome, processor.abandoned) == (Outcome.STOPPED, True)
    assert result.job_id
    assert (await bench.queue.service.get_job(result.job_id)).state is JobState.CANCELLED
    ended.set()


def test_a_folder_that_cannot_be_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.wav").touch()
    really = process_folder.os.scandir

    def scandir(path: str | Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return really(path)

    monkeypatch.setattr(process_folder.os, "scandir", scandir)
    assert find_files(tmp_path, without=tmp_path / "data") == [tmp_path / "open.wav", tmp_path / "closed"]
