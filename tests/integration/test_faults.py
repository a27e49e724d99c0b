"""Kill -9 at random moments, and many jobs at once: nothing is lost, doubled or left over.

STEMSET_KILLS says how often to kill; a few times without it.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from stemset import audio
from stemset.features.jobs.messages import Report
from stemset.features.jobs.records import JobState
from tests.support.engine import TRACKS, local_engine
from tests.support.jobs import objects_of, worker
from tests.support.queue import recording_of
from tests.support.serving import serving
from tests.support.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("STEMSET_KILLS", "3"))
REPORTS_OF_A_JOB = 10
CONFIG = """
profiles: {songs: {title: Songs, strategy: s}}
strategies: {s: {_: percussive, drums: drums, not_drums: {_: low_end, bass: bass, not_bass: other}}}
"""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    samples = np.random.default_rng(3).uniform(-0.3, 0.3, (2, 88_200)).astype(np.float32)
    audio.write(tmp_path / "song.wav", samples, 44_100)
    return tmp_path / "song.wav"


def stored(objects: Path) -> set[str]:
    return {str(file.relative_to(objects)) for file in objects.rglob("*") if file.is_file()}


@pytest.mark.timeout(900 + 60 * KILLS)
async def test_a_job_whose_worker_is_killed_at_random_moments_is_done_once(tmp_path: Path, song: Path):
    moments = random.Random(1)
    async with local_engine(tmp_path) as engine:
        job = await engine.submit(song)
        for _ in range(KILLS):
            with worker(engine.settings) as process:
                left = moments.randint(1, REPORTS_OF_A_JOB)

                def count_down(_report: Report) -> int | None:
                    nonlocal left
                    left -= 1
                    if left == 0:
                        # Sometimes before the service hears of it, sometimes behind.
                        if moments.random() < 0.5:
                            process.kill()
                        else:
                            process.process.kill()
                    return None

                engine.callback.before = count_down
                await engine.until(job.id, lambda now: process.process.poll() is not None or now.state.final)
        engine.callback.before = lambda _report: None
        with worker(engine.settings):
            done = await engine.until_final(job)
        assert done.state is JobState.SUCCEEDED
        events = await engine.service.events_after(job.id)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        types = [event.type for event in events]
        assert types.count("started") == types.count("succeeded") == 1
        assert types.count("step_done") == len(done.status.steps)
        recording = await engine.recordings.get(recording_of(job))
        assert stored(engine.settings.data_dir / "objects") == objects_of(job.id, TRACKS) | {recording.source_key}
        assert list((engine.settings.data_dir / "work").iterdir()) == []


@pytest.mark.timeout(900 + 60 * KILLS)
def test_jobs_are_done_once_however_often_the_service_is_killed(tmp_path: Path, song: Path):
    moments = random.Random(2)
    job_id = ""
    for _ in range(max(1, KILLS - 1)):
        with serving(tmp_path, CONFIG) as served:
            if not job_id:
                with song.open("rb") as file:
                    sent = httpx.post(
                        f"{served.address}/api/recordings",
                        files={"file": file},
                        data={"profile": "songs"},
                        timeout=LIMIT_S,
                    )
                job_id = sent.json()["job"]["id"]
            time.sleep(moments.uniform(0, 3))
            served.stop(signal.SIGKILL)
    with serving(tmp_path, CONFIG) as served, httpx.Client(base_url=served.address, timeout=LIMIT_S) as client:
        wait_until(lambda: client.get(f"/api/jobs/{job_id}").json()["state"] == "succeeded")
        told = client.get(f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": "0"}).text
        lines = [line.partition(": ")[2].strip() for line in told.splitlines() if line.startswith("id:")]
        assert [int(line) for line in lines] == list(range(1, len(lines) + 1))
        assert told.count("event: succeeded") == 1
        [recording] = client.get("/api/recordings", params={"profile": "songs"}).json()["items"]
    left = stored(tmp_path / "data" / "objects")
    assert {name for name in left if name.startswith("jobs/")} == objects_of(job_id, TRACKS)
    assert [name for name in left if not name.startswith("jobs/")] == [f"recordings/{recording['id']}/source.wav"]


async def test_a_hundred_jobs_submitted_at_once_are_a_hundred_jobs(tmp_path: Path, song: Path):
    async with local_engine(tmp_path) as engine:
        begun = time.perf_counter()
        jobs = await asyncio.gather(*(engine.submit(song) for _ in range(100)))
        print(f"100 jobs submitted in {time.perf_counter() - begun:.2f} s")  # noqa: T201 - a figure, not a test
        await engine.outbox.flush()
        _, total = await engine.service.list_jobs([JobState.QUEUED])
        assert total == len({job.id for job in jobs}) == 100
        waiting = await engine.dispatcher.look_up([f"{job.id}.1" for job in jobs])
        assert len(waiting) == 100
        assert await engine.repository.undispatched_jobs() == []
        assert {(await engine.service.get_job(job.id)).queue_position for job in jobs} == set(range(1, 101))
