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

from stemset.api.app import make_parts
from stemset.api.submission import plan_of
from stemset.cli import app
from stemset.config import ApiSettings, load_config
from stemset.errors import Conflict
from stemset.jobs.database import create_engine_for, upgrade_database
from stemset.jobs.direct import REF
from stemset.jobs.library import Library
from stemset.jobs.local import LocalDispatcher
from stemset.jobs.messages import Report, Started
from stemset.jobs.records import JobRecord, JobState, NodeState, Plan
from stemset.jobs.service import JobService
from stemset.jobs.sessions import Sessions
from stemset.models.base import Runtime
from stemset.models.pool import ModelPool
from stemset.process import Outcome, Processor, alone, files_in
from tests.unit.jobs.conftest import new_recording
from tests.unit.test_cli import stemset

CONFIG = """
profiles:
  songs: {title: Songs, strategy: halves, source: music}
  other: {title: Other, strategy: halves}
strategies:
  halves: {_: percussive, drums: drums, not_drums: rest}
  low: {_: low_end, bass: bass, not_bass: rest}
limits: {max_upload_mb: 1}
"""


class Desk:
    """A folder with a config.yaml and music, and the library that the command leaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.music = folder / "music"
        self.settings = ApiSettings(config=folder / "config.yaml", data_dir=folder / "data")
        self.engine = create_engine_for(self.settings.database)
        self.library = Library(Sessions(self.engine))
        self.jobs = JobService(Sessions(self.engine))

    def plan(self, strategy: str) -> Plan:
        config = load_config(self.settings.config)
        return plan_of(config.strategies[strategy], config)

    async def take(
        self,
        *,
        profile: str = "songs",
        strategy: str = "halves",
        dry_run: bool = False,
        watcher: Watching | None = None,
    ) -> dict[str, Outcome]:
        """What the command does, in this process. File name -> outcome."""
        parts = make_parts(self.settings, LocalDispatcher(self.settings.queue_database))
        plan = parts.config.strategies[strategy]
        pool = ModelPool(Runtime(self.folder, "cpu"))
        seen = watcher or Watching()
        seen.processor = Processor(parts, profile, plan, pool, seen, cache=None, dry_run=dry_run)
        files = files_in(self.music, without=self.settings.data_dir)
        try:
            return {result.file.name: result.outcome async for result in seen.processor.run(files)}
        finally:
            await parts.engine.dispose()


class Watching:
    """Sees what a Processor does. stop_in: the event loop in which it is stopped once a node runs."""

    processor: Processor
    jobs: JobService
    stop_in: asyncio.AbstractEventLoop | None = None

    def begun(self, file: Path) -> None: ...

    def job_changed(self, job: JobRecord) -> None:
        if self.stop_in and any(node.state is NodeState.RUNNING for node in job.nodes):
            self.stop_in.call_soon_threadsafe(self.processor.stop)
            # The model waits until the stop has come to the job, so that it can't be through before.
            while (
                not asyncio.run_coroutine_threadsafe(self.jobs.get_job(job.id), self.stop_in).result().cancel_requested
            ):
                time.sleep(0.01)


@pytest.fixture
async def desk(tmp_path: Path, noise: Path) -> AsyncIterator[Desk]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "music" / "album").mkdir(parents=True)
    shutil.copy(noise, tmp_path / "music" / "album" / "song")
    upgrade_database(f"sqlite:///{tmp_path / 'data' / 'stemset.db'}")
    desk = Desk(tmp_path)
    yield desk
    await desk.engine.dispose()


async def test_what_is_new_comes_into_the_library_and_what_fails_stops_nothing(desk: Desk) -> None:
    song = (desk.music / "album" / "song").read_bytes()
    (desk.music / "the same again.wav").write_bytes(song)
    (desk.music / "claims.mp3").write_text("to be a song")
    (desk.music / "notes.txt").write_text("no song")
    (desk.music / "huge.wav").write_bytes(song * 10)
    assert await desk.take() == {
        "claims.mp3": Outcome.FAILED,
        "huge.wav": Outcome.FAILED,
        "notes.txt": Outcome.NOT_AUDIO,
        "the same again.wav": Outcome.SEPARATED,
        "song": Outcome.PRESENT,
    }
    recordings, total = await desk.library.page("songs")
    assert (total, recordings[0].title, recordings[0].file_name) == (1, "the same again", "the same again.wav")
    job = recordings[0].latest_job
    assert job
    assert (job.state, job.dispatch_ref, job.stems) == (JobState.SUCCEEDED, REF, ("drums", "rest"))
    assert (desk.settings.data_dir / "objects" / "jobs" / str(job.id) / "stems" / "drums.flac").is_file()
    # Nothing is left for a queue, which this must not even have made.
    assert await desk.jobs.undispatched_jobs() == []
    assert not (desk.settings.data_dir / "queue.db").exists()
    assert list((desk.settings.data_dir / "process").iterdir()) == []


async def test_another_strategy_or_profile_is_new_again_but_the_same_is_not(desk: Desk) -> None:
    assert await desk.take() == {"song": Outcome.SEPARATED}
    assert await desk.take() == {"song": Outcome.PRESENT}
    assert await desk.take(strategy="low") == {"song": Outcome.SEPARATED}
    assert (await desk.library.page("songs"))[1] == 1
    assert await desk.take(profile="other") == {"song": Outcome.SEPARATED}
    assert (await desk.library.page("other"))[1] == 1


async def test_a_dry_run_stores_and_runs_nothing(desk: Desk) -> None:
    shutil.copy(desk.music / "album" / "song", desk.music / "twin.wav")
    (desk.music / "claims.mp3").write_text("to be a song")
    told = await desk.take(dry_run=True)
    assert told == {"claims.mp3": Outcome.FAILED, "twin.wav": Outcome.PLANNED, "song": Outcome.PRESENT}
    assert (await desk.library.page())[1] == 0
    assert not (desk.settings.data_dir / "objects").exists()


async def test_a_job_that_the_service_has_is_left_to_it(desk: Desk) -> None:
    await desk.take()
    recording = (await desk.library.page("songs"))[0][0]
    queued = await desk.jobs.create_job(recording.id, lambda _: desk.plan("low"))
    assert await desk.take(strategy="low") == {"song": Outcome.ELSEWHERE}
    assert (await desk.jobs.get_job(queued.id)).state is JobState.QUEUED
    assert [payload.job_id for payload in await desk.jobs.undispatched_jobs()] == [queued.id]


async def test_what_a_kill_left_is_settled_by_the_next_run(desk: Desk) -> None:
    left: list[JobRecord] = []
    for title in ("queued", "running"):
        recording = await desk.library.add(new_recording(profile="songs", title=title))
        left.append(await desk.jobs.create_job(recording.id, lambda _: desk.plan("halves"), dispatch_ref=REF))
    report = Report(job_id=left[1].id, attempt=1, nonce=left[1].nonce, event=Started())
    await desk.jobs.apply(report, report.message_id)
    assert await desk.jobs.undispatched_jobs() == []
    await desk.take()
    assert [(await desk.jobs.get_job(job.id)).state for job in left] == [JobState.CANCELLED] * 2


async def test_a_stop_cancels_the_job_in_hand_and_the_next_run_goes_on(desk: Desk) -> None:
    (desk.music / "later.wav").write_bytes((desk.music / "album" / "song").read_bytes())
    watcher = Watching()
    watcher.stop_in, watcher.jobs = asyncio.get_running_loop(), desk.jobs
    assert await desk.take(watcher=watcher) == {"later.wav": Outcome.STOPPED}
    recordings, total = await desk.library.page("songs")
    assert total == 1
    assert recordings[0].latest_job
    assert recordings[0].latest_job.state is JobState.CANCELLED
    assert await desk.take() == {"later.wav": Outcome.SEPARATED, "song": Outcome.PRESENT}
    assert list((desk.settings.data_dir / "process").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "unknown profile 'nobody'; choose one of: songs, other"),
        (["songs", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: halves, low"),
        (["songs", "--source", "nowhere"], "does not exist"),
        (["other"], "has no `source` in config.yaml; name a folder with --source"),
    ],
)
def test_wrong_use_exits_with_2(arguments: list[str], says: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["process", *arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())


def test_the_command_tells_what_became_of_each_file_and_ends_with_1_where_one_failed(desk: Desk) -> None:
    (desk.music / "claims.mp3").write_text("to be a song")
    done = stemset("process", "songs", "--json", folder=desk.folder)
    assert done.returncode == 1, done.stderr
    printed = json.loads(done.stdout)
    assert printed["counts"] == {"failed": 1, "separated": 1}
    assert [entry["outcome"] for entry in printed["files"]] == ["failed", "separated"]
    assert printed["files"][0]["error"]["kind"] == "unreadable-audio"
    assert printed["files"][1]["jobId"]
    assert "Traceback" not in done.stderr


def test_one_at_a_time_works_in_a_data_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Conflict, match="Another `stemset process`"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_hidden_files_and_the_library_itself_are_left_out(tmp_path: Path) -> None:
    for name in ("b.wav", "a/c.wav", ".git/d.wav", "a/.e.wav", "data/objects/f.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.wav")
    found = files_in(tmp_path, without=tmp_path / "data")
    assert [str(file.relative_to(tmp_path)) for file in found] == ["b.wav", "a/c.wav"]
