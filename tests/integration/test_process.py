"""`stemset process`, as a user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stemset.config import ApiSettings
from stemset.jobs.database import create_engine_for, sessions, upgrade_database
from stemset.jobs.direct import REF
from stemset.jobs.library import Library
from stemset.jobs.messages import JobPayload
from stemset.jobs.records import JobState, NodeStatus, RunOptions
from stemset.jobs.service import JobService
from stemset.process import alone, files_in
from tests.unit.jobs.conftest import new_recording

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
        self.library = Library(sessions(self.engine))
        self.jobs = JobService(sessions(self.engine))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "stemset", "process", *arguments],
            cwd=self.folder, env=os.environ | {"COLUMNS": "200"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, code: int = 0) -> str:
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == code, stdout + stderr
        assert "Traceback" not in stderr
        return stdout if code != 2 else " ".join(stderr.replace("│", " ").split())

    def outcomes(self, *arguments: str, code: int = 0) -> dict[str, str]:
        """File name -> outcome."""
        printed: dict[str, Any] = json.loads(self.run(*arguments, "--json", code=code))
        return {Path(entry["file"]).name: entry["outcome"] for entry in printed["files"]}


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
    shutil.copy(desk.music / "album" / "song", desk.music / "the same again.wav")
    (desk.music / "claims.mp3").write_text("to be a song")
    (desk.music / "notes.txt").write_text("no song")
    (desk.music / ".hidden.wav").write_text("not looked at")
    (desk.music / "huge.wav").write_bytes((desk.music / "album" / "song").read_bytes() * 10)
    told = desk.outcomes("songs", code=1)
    assert told == {
        "claims.mp3": "failed",
        "huge.wav": "failed",
        "notes.txt": "not_audio",
        "the same again.wav": "separated",
        "song": "present",
    }
    recordings, total = await desk.library.page("songs")
    assert (total, recordings[0].title, recordings[0].file_name) == (1, "the same again", "the same again.wav")
    job = recordings[0].latest_job
    assert job
    assert (job.state, job.dispatch_ref, job.stems) == (JobState.SUCCEEDED, REF, ("drums", "rest"))
    assert (desk.folder / "data" / "objects" / "jobs" / str(job.id) / "stems" / "drums.flac").is_file()
    # Nothing is left for a queue, which this must not even have made.
    assert await desk.jobs.undispatched_jobs() == []
    assert not (desk.folder / "data" / "queue.db").exists()
    assert list((desk.folder / "data" / "process").iterdir()) == []


async def test_another_strategy_or_profile_is_new_again_but_the_same_is_not(desk: Desk) -> None:
    assert desk.outcomes("songs") == {"song": "separated"}
    assert "1 present" in desk.run("songs")
    assert desk.outcomes("songs", "--strategy", "low") == {"song": "separated"}
    assert (await desk.library.page("songs"))[1] == 1
    assert desk.outcomes("other", "--source", "music") == {"song": "separated"}
    assert (await desk.library.page("other"))[1] == 1


async def test_a_dry_run_stores_and_runs_nothing(desk: Desk) -> None:
    shutil.copy(desk.music / "album" / "song", desk.music / "twin.wav")
    (desk.music / "claims.mp3").write_text("to be a song")
    told = desk.outcomes("songs", "--dry-run", code=1)
    assert told == {"claims.mp3": "failed", "twin.wav": "planned", "song": "present"}
    assert (await desk.library.page())[1] == 0
    assert not (desk.folder / "data" / "objects").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "unknown profile 'nobody'; choose one of: songs, other"),
        (["songs", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: halves, low"),
        (["songs", "--source", "nowhere"], "does not exist"),
        (["other"], "has no `source` in config.yaml; name a folder with --source"),
    ],
)
def test_wrong_use_exits_with_2(arguments: list[str], says: str, desk: Desk) -> None:
    assert says in desk.run(*arguments, code=2)


async def test_a_job_that_the_service_has_is_left_to_it(desk: Desk) -> None:
    desk.outcomes("songs")
    recording = (await desk.library.page("songs"))[0][0]
    queued = await desk.jobs.create_job(
        recording.id, strategy="low", tree={"_": "low_end", "bass": "bass", "not_bass": "rest"},
        nodes=[NodeStatus(path="root", parent=None, model="low_end")], expected_stems=("bass", "rest"),
        options=RunOptions(),
    )  # fmt: skip
    assert desk.outcomes("songs", "--strategy", "low") == {"song": "elsewhere"}
    assert (await desk.jobs.get_job(queued.id)).state is JobState.QUEUED
    assert [payload.job_id for payload in await desk.jobs.undispatched_jobs()] == [queued.id]


async def test_what_a_kill_left_is_settled_and_done_by_the_next_run(desk: Desk) -> None:
    recording = await desk.library.add(new_recording(profile="songs"))
    left = await desk.jobs.create_job(
        recording.id, strategy="halves", tree={"_": "percussive", "drums": "drums", "not_drums": "rest"},
        nodes=[NodeStatus(path="root", parent=None, model="percussive")], expected_stems=("drums", "rest"),
        options=RunOptions(), dispatch_ref=REF,
    )  # fmt: skip
    assert await desk.jobs.undispatched_jobs() == list[JobPayload]()
    desk.outcomes("songs")
    assert (await desk.jobs.get_job(left.id)).state is JobState.CANCELLED


async def test_ctrl_c_cancels_the_job_in_hand_and_the_next_run_goes_on(desk: Desk, noise: Path) -> None:
    # Long enough to be caught in the middle.
    content = (desk.music / "album" / "song").read_bytes()
    (desk.music / "album" / "song").unlink()
    (desk.folder / "config.yaml").write_text(CONFIG.replace("max_upload_mb: 1", "max_upload_mb: 100"))
    _write_long(desk.music / "long.wav")
    (desk.music / "next.wav").write_bytes(content)
    process = desk.start("songs", "--json")
    await _until_running(desk)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in stderr
    assert "Stopped." in stderr
    assert json.loads(stdout)["counts"] == {"stopped": 1}
    recordings, total = await desk.library.page("songs")
    assert total == 1
    job = recordings[0].latest_job
    assert job
    assert job.state is JobState.CANCELLED
    (desk.music / "long.wav").unlink()
    assert desk.outcomes("songs") == {"next.wav": "separated"}
    assert list((desk.folder / "data" / "process").iterdir()) == []


def _write_long(file: Path) -> None:
    import numpy as np

    from stemset import audio

    samples = np.random.default_rng(2).uniform(-0.5, 0.5, (2, 44_100 * 120)).astype(np.float32)
    audio.write(file, samples, 44_100)


async def _until_running(desk: Desk) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        jobs, _ = await desk.jobs.list_jobs((JobState.RUNNING,))
        if jobs:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("no job came to run")


def test_one_at_a_time_works_in_a_data_folder(desk: Desk) -> None:
    with alone(desk.settings.data_dir):
        assert desk.run("songs", code=1) == ""


def test_hidden_files_and_the_library_itself_are_left_out(tmp_path: Path) -> None:
    for name in ("b.wav", "a/c.wav", ".git/d.wav", "a/.e.wav", "data/objects/f.flac"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "pipe.wav")
    found = files_in(tmp_path, without=tmp_path / "data")
    assert [str(file.relative_to(tmp_path)) for file in found] == ["b.wav", "a/c.wav"]
