"""`stemset process`, as a user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stemset.batch.local_channel import IN_PROCESS
from stemset.batch.process_folder import (
    FolderProcessor,
    Library,
    Outcome,
    Separator,
    find_files,
    single_process_lock,
)
from stemset.cli import app
from stemset.config import ApiSettings, load_config
from stemset.database.engine import create_engine_for, upgrade_database
from stemset.database.sessions import Sessions
from stemset.errors import Conflict
from stemset.features.jobs.engines.dbos import DbosDispatcher
from stemset.features.jobs.messages import Report, Started
from stemset.features.jobs.planning import plan_job
from stemset.features.jobs.records import JobRecord, JobState, NodeState, Plan
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.server.services import build_services
from tests.support.queue import job_service, new_recording
from tests.unit.cli.test_cli import stemset

CONFIG = """
profiles:
  songs: {title: Songs, strategy: halves, source: music}
  other: {title: Other, strategy: halves}
strategies:
  halves: {_: percussive, drums: drums, not_drums: rest}
  low: {_: low_end, bass: bass, not_bass: rest}
limits: {max_upload_mb: 1}
"""


class Queue:
    """A folder with a config.yaml and music, and the library that the command leaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.music = folder / "music"
        self.settings = ApiSettings(config=folder / "config.yaml", data_dir=folder / "data")
        self.engine = create_engine_for(self.settings.database)
        self.recordings = RecordingRepository(Sessions(self.engine))
        self.plans: dict[str, Plan] = {}
        self.jobs = job_service(Sessions(self.engine), self.plans)
        self.repository = JobRepository(Sessions(self.engine))

    def plan(self, strategy: str) -> Plan:
        config = load_config(self.settings.config)
        return plan_job(config.strategies[strategy], config)

    async def take(
        self,
        *,
        profile: str = "songs",
        strategy: str = "halves",
        dry_run: bool = False,
        watcher: Watching | None = None,
    ) -> dict[str, Outcome]:
        """What the command does, in this process. File name -> outcome."""
        services = build_services(self.settings, DbosDispatcher(self.settings.queue_database))
        library = Library(
            services.recordings, services.jobs, services.ingest, services.probe, services.storage,
            services.config.limits,
        )  # fmt: skip
        separator = Separator(ModelPool(Runtime(self.folder, "cpu")), self.settings.data_dir / "process", None)
        seen = watcher or Watching()
        plan = services.plans.plans[strategy]
        seen.processor = FolderProcessor(library, separator, profile, plan, seen, dry_run=dry_run)
        files = find_files(self.music, without=self.settings.data_dir)
        try:
            return {result.file.name: result.outcome async for result in seen.processor.run(files)}
        finally:
            await services.engine.dispose()


class Watching:
    """Sees what a FolderProcessor does. stop_in: the event loop in which it is stopped once a node runs."""

    processor: FolderProcessor
    jobs: JobService
    stop_in: asyncio.AbstractEventLoop | None = None

    def file_started(self, file: Path) -> None: ...

    def job_changed(self, job: JobRecord) -> None:
        if self.stop_in and any(node.state is NodeState.RUNNING for node in job.status.nodes):
            self.stop_in.call_soon_threadsafe(self.processor.stop)
            # The model waits until the stop has come to the job, so that it can't be through before.
            while (
                not asyncio.run_coroutine_threadsafe(self.jobs.get_job(job.id), self.stop_in).result().cancel_requested
            ):
                time.sleep(0.01)


@pytest.fixture
async def queue(tmp_path: Path, noise: Path) -> AsyncIterator[Queue]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "music" / "album").mkdir(parents=True)
    shutil.copy(noise, tmp_path / "music" / "album" / "song")
    upgrade_database(f"sqlite:///{tmp_path / 'data' / 'stemset.db'}")
    queue = Queue(tmp_path)
    yield queue
    await queue.engine.dispose()


async def test_what_is_new_comes_into_the_library_and_what_fails_stops_nothing(queue: Queue) -> None:
    song = (queue.music / "album" / "song").read_bytes()
    (queue.music / "the same again.wav").write_bytes(song)
    (queue.music / "claims.mp3").write_text("to be a song")
    (queue.music / "notes.txt").write_text("no song")
    (queue.music / "huge.wav").write_bytes(song * 10)
    assert await queue.take() == {
        "claims.mp3": Outcome.FAILED,
        "huge.wav": Outcome.FAILED,
        "notes.txt": Outcome.NOT_AUDIO,
        "the same again.wav": Outcome.SEPARATED,
        "song": Outcome.PRESENT,
    }
    recordings, total = await queue.recordings.page("songs")
    assert (total, recordings[0].title, recordings[0].file_name) == (1, "the same again", "the same again.wav")
    job = recordings[0].latest_job
    assert job
    assert (job.state, job.dispatch_ref, job.status.stems) == (JobState.SUCCEEDED, IN_PROCESS, ("drums", "rest"))
    assert (queue.settings.data_dir / "objects" / "jobs" / str(job.id) / "stems" / "drums.flac").is_file()
    # Nothing is left for a queue, which this must not even have made.
    assert await queue.repository.undispatched_jobs() == []
    assert not (queue.settings.data_dir / "queue.db").exists()
    assert list((queue.settings.data_dir / "process").iterdir()) == []


async def test_another_strategy_or_profile_is_new_again_but_the_same_is_not(queue: Queue) -> None:
    assert await queue.take() == {"song": Outcome.SEPARATED}
    assert await queue.take() == {"song": Outcome.PRESENT}
    assert await queue.take(strategy="low") == {"song": Outcome.SEPARATED}
    assert (await queue.recordings.page("songs"))[1] == 1
    assert await queue.take(profile="other") == {"song": Outcome.SEPARATED}
    assert (await queue.recordings.page("other"))[1] == 1


async def test_a_dry_run_stores_and_runs_nothing(queue: Queue) -> None:
    shutil.copy(queue.music / "album" / "song", queue.music / "twin.wav")
    (queue.music / "claims.mp3").write_text("to be a song")
    told = await queue.take(dry_run=True)
    assert told == {"claims.mp3": Outcome.FAILED, "twin.wav": Outcome.PLANNED, "song": Outcome.PRESENT}
    assert (await queue.recordings.page())[1] == 0
    assert not (queue.settings.data_dir / "objects").exists()


async def test_a_job_that_the_service_has_is_left_to_it(queue: Queue) -> None:
    await queue.take()
    recording = (await queue.recordings.page("songs"))[0][0]
    queue.plans["low"] = queue.plan("low")
    queued = await queue.jobs.create_job(recording.id, "low")
    assert await queue.take(strategy="low") == {"song": Outcome.ELSEWHERE}
    assert (await queue.jobs.get_job(queued.id)).state is JobState.QUEUED
    assert [payload.job_id for payload in await queue.repository.undispatched_jobs()] == [queued.id]


async def test_what_a_kill_left_is_settled_by_the_next_run(queue: Queue) -> None:
    left: list[JobRecord] = []
    queue.plans["halves"] = queue.plan("halves")
    for title in ("queued", "running"):
        recording = await queue.recordings.add(new_recording(profile="songs", title=title))
        left.append(await queue.jobs.create_job(recording.id, "halves", dispatch_ref=IN_PROCESS))
    report = Report(job_id=left[1].id, attempt=1, nonce=left[1].nonce, event=Started())
    await queue.jobs.apply(report, report.message_id)
    assert await queue.repository.undispatched_jobs() == []
    await queue.take()
    assert [(await queue.jobs.get_job(job.id)).state for job in left] == [JobState.CANCELLED] * 2


async def test_a_stop_cancels_the_job_in_hand_and_the_next_run_goes_on(queue: Queue) -> None:
    (queue.music / "later.wav").write_bytes((queue.music / "album" / "song").read_bytes())
    watcher = Watching()
    watcher.stop_in, watcher.jobs = asyncio.get_running_loop(), queue.jobs
    assert await queue.take(watcher=watcher) == {"later.wav": Outcome.STOPPED}
    recordings, total = await queue.recordings.page("songs")
    assert total == 1
    assert recordings[0].latest_job
    assert recordings[0].latest_job.state is JobState.CANCELLED
    assert await queue.take() == {"later.wav": Outcome.SEPARATED, "song": Outcome.PRESENT}
    assert list((queue.settings.data_dir / "process").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "unknown profile 'nobody'; choose one of: songs, other"),
        (["songs", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: halves, low"),
        (["songs", "--source", "nowhere"], "does not exist"),
        (["other"], "has no `source` in config.yaml; name a folder with --source"),
    ],
)
def test_wrong_use_exits_with_2(arguments: list[str], says: str, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(queue.folder)
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["process", *arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())


@pytest.mark.slow
def test_the_command_tells_what_became_of_each_file_and_ends_with_1_where_one_failed(queue: Queue) -> None:
    (queue.music / "claims.mp3").write_text("to be a song")
    done = stemset("process", "songs", "--json", folder=queue.folder)
    assert done.returncode == 1, done.stderr
    printed = json.loads(done.stdout)
    assert printed["counts"] == {"failed": 1, "separated": 1}
    assert [entry["outcome"] for entry in printed["files"]] == ["failed", "separated"]
    assert printed["files"][0]["error"]["kind"] == "unreadable-audio"
    assert printed["files"][1]["jobId"]
    assert "Traceback" not in done.stderr


def test_one_at_a_time_works_in_a_data_folder(tmp_path: Path) -> None:
    with (
        single_process_lock(tmp_path),
        pytest.raises(Conflict, match="Another `stemset process`"),
        single_process_lock(tmp_path),
    ):
        pass
    with single_process_lock(tmp_path):
        pass


def test_hidden_files_and_the_library_itself_are_left_out(tmp_path: Path) -> None:
    for name in ("b.wav", "a/c.wav", ".git/d.wav", "a/.e.wav", "data/objects/f.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.wav")
    found = find_files(tmp_path, without=tmp_path / "data")
    assert [str(file.relative_to(tmp_path)) for file in found] == ["b.wav", "a/c.wav"]
