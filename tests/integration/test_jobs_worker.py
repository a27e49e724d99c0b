"""Jobs through the real queue and a real worker process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from stemset import audio, strategy
from stemset.config import WorkerSettings
from stemset.jobs.database import create_engine_for, sessions, upgrade_database
from stemset.jobs.dispatch import Outbox
from stemset.jobs.local import LocalDispatcher
from stemset.jobs.messages import NodeDone, NodeStarted, Report, Started
from stemset.jobs.records import JobRecord, JobState, NewRecording, NodeStatus, RunOptions
from stemset.jobs.service import JobService, new_id
from stemset.manifest import Manifest
from stemset.storage import Keys, LocalStorage
from stemset.worker import ready_file
from tests.support.jobs import SECRET, Callback, worker

TREE = {"_": "percussive", "drums": "drums", "not_drums": {"_": "low_end", "bass": "bass", "not_bass": "other"}}
TRACKS = ("mixture", "drums", "bass", "other")


@dataclass
class Engine:
    """Everything of the local engine but the worker."""

    settings: WorkerSettings
    service: JobService
    storage: LocalStorage
    outbox: Outbox
    callback: Callback

    async def submit(self, song: Path, name: str = "small") -> JobRecord:
        recording_id = new_id()
        source_key = Keys.source(recording_id, "wav")
        self.storage.put(source_key, song, "audio/wav")
        await self.service.add_recording(
            NewRecording(
                id=recording_id,
                profile="demo",
                title="Song",
                file_name=song.name,
                bytes=song.stat().st_size,
                sha256="0" * 64,
                duration_s=1,
                sample_rate=44100,
                channels=2,
                codec="pcm_f32le",
                source_key=source_key,
            )
        )
        plan = strategy.parse(name, TREE)
        job = await self.service.create_job(
            recording_id,
            strategy=plan.name,
            tree=plan.tree,
            nodes=[NodeStatus(path=n.path, parent=n.parent, model=n.model.model_filename) for n in plan.nodes],
            expected_stems=plan.stems,
            options=RunOptions(max_duration_s=60, max_channels=2),
        )
        await self.outbox.flush()
        return job

    async def until(self, job_id: UUID, reached: Callable[[JobRecord], bool], timeout_s: float = 20) -> JobRecord:
        give_up_at = time.monotonic() + timeout_s
        while not reached(job := await self.service.get_job(job_id)):
            assert time.monotonic() < give_up_at, job
            await asyncio.sleep(0.05)
        return job

    async def until_final(self, job: JobRecord) -> JobRecord:
        return await self.until(job.id, lambda now: now.state.final)

    def manifest(self, job: JobRecord) -> Manifest:
        return Manifest.model_validate_json(self.storage.read(Keys.manifest(job.id)))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    url = f"sqlite:///{tmp_path}/stemset.db"
    upgrade_database(url)
    database = create_engine_for(url)
    service = JobService(sessions(database))
    callback = Callback(service)
    with callback.serving() as address:
        settings = WorkerSettings(data_dir=tmp_path / "data", callback_url=address, callback_secret=SECRET)
        dispatcher = LocalDispatcher(settings.queue_database)
        storage = LocalStorage(settings.data_dir / "objects")
        yield Engine(settings, service, storage, Outbox(service, dispatcher), callback)
        await dispatcher.close()
    await database.dispose()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    samples = np.random.default_rng(2).uniform(-0.3, 0.3, (2, 3 * 44_100)).astype(np.float32)
    audio.write(tmp_path / "song.wav", samples, 44_100)
    return tmp_path / "song.wav"


async def test_jobs_that_waited_before_any_worker_existed_all_end_well_or_with_their_reason(
    engine: Engine, song: Path, tmp_path: Path
):
    text = tmp_path / "text.wav"
    text.write_text("not a song")
    good, bad, cancelled = await engine.submit(song), await engine.submit(text), await engine.submit(song)
    await engine.outbox.withdraw(await engine.service.request_cancel(cancelled.id))
    with worker(engine.settings) as process:
        good, bad = await engine.until_final(good), await engine.until_final(bad)
        assert ready_file(engine.settings.data_dir).read_text() == str(process.process.pid)
        stopped_after_s = process.stop()
    assert stopped_after_s < 3
    assert not ready_file(engine.settings.data_dir).exists()

    assert good.state is JobState.SUCCEEDED
    assert good.stems == ("drums", "bass", "other")
    mixture, stems = await engine.service.tracks(good.id)
    assert mixture is not None
    assert [len(track.streaminfo) for track in (mixture, *stems)] == [34] * 4
    for name in TRACKS:
        assert engine.storage.stat(Keys.stem(good.id, name)).bytes > 0
        assert engine.storage.stat(Keys.index(good.id, name)).bytes % 4 == 0
        for samples_per_pixel in (256, 2048, 16384):
            assert engine.storage.exists(Keys.peaks(good.id, name, samples_per_pixel))
    assert engine.manifest(good).state == "succeeded"
    assert good.sum_to_mixture_db is not None
    assert good.sum_to_mixture_db <= -90

    assert bad.state is JobState.FAILED
    assert bad.failure is not None
    assert bad.failure.kind == "unreadable-audio"
    failed = engine.manifest(bad)
    assert failed.error is not None
    assert (failed.state, failed.error.kind) == ("failed", "unreadable-audio")
    # A song that can't be read is not tried again.
    assert [report.event.type for report in engine.callback.reports if report.job_id == bad.id] == ["started", "failed"]

    assert not [report for report in engine.callback.reports if report.job_id == cancelled.id]
    assert list((engine.settings.data_dir / "work").iterdir()) == []


async def test_a_worker_killed_in_the_middle_is_resumed_by_the_next_one(engine: Engine, song: Path):
    with worker(engine.settings) as first:

        def kill_after_the_first_node(report: Report) -> int | None:
            if isinstance(report.event, NodeDone) and first.process.poll() is None:
                first.kill()
            return None

        engine.callback.before = kill_after_the_first_node
        job = await engine.submit(song)
        await engine.until(job.id, lambda _job: first.process.poll() is not None)
    assert (await engine.service.get_job(job.id)).state is JobState.RUNNING
    with worker(engine.settings) as second:
        done = await engine.until_final(job)
        second.stop()
    assert done.state is JobState.SUCCEEDED
    assert done.stems == ("drums", "bass", "other")
    assert engine.manifest(done).state == "succeeded"
    events = await engine.service.events_after(job.id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    types = [event.type for event in events]
    assert types.count("started") == types.count("succeeded") == 1
    assert types.count("node_done") == 2
    fractions = [sum(node.fraction for node in event.job.nodes) for event in events]
    assert fractions == sorted(fractions)
    assert list((engine.settings.data_dir / "work").iterdir()) == []


async def test_a_stop_in_the_middle_takes_seconds_and_the_next_worker_finishes_the_job(engine: Engine, song: Path):
    with worker(engine.settings) as first:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()

        def unreachable_once_a_node_has_begun(report: Report) -> int | None:
            if isinstance(report.event, NodeStarted):
                loop.call_soon_threadsafe(stopped.set)
                return 503
            return None

        engine.callback.before = unreachable_once_a_node_has_begun
        job = await engine.submit(song)
        await asyncio.wait_for(stopped.wait(), 20)
        assert first.stop() < 5
    engine.callback.before = lambda _report: None
    assert (await engine.service.get_job(job.id)).state is JobState.RUNNING
    with worker(engine.settings) as second:
        assert (await engine.until_final(job)).state is JobState.SUCCEEDED
        second.stop()


async def test_a_running_job_stops_when_its_end_is_asked_for(engine: Engine, song: Path):
    loop = asyncio.get_running_loop()

    def cancel_at_the_first_node(report: Report) -> int | None:
        if isinstance(report.event, NodeStarted):
            asyncio.run_coroutine_threadsafe(engine.service.request_cancel(report.job_id), loop).result(10)
        return None

    engine.callback.before = cancel_at_the_first_node
    with worker(engine.settings) as process:
        job = await engine.until_final(await engine.submit(song))
        process.stop()
    assert job.state is JobState.CANCELLED
    assert engine.manifest(job).state == "cancelled"
    assert not job.stems


async def test_a_second_worker_on_one_data_folder_is_refused_only_while_the_first_lives(engine: Engine, song: Path):
    with worker(engine.settings) as first, worker(engine.settings) as second:
        await engine.until_final(await engine.submit(song))
        living = [process for process in (first, second) if process.process.poll() is None]
        assert len(living) == 2
        first.stop() if ready_file(engine.settings.data_dir).read_text() == str(first.process.pid) else second.stop()
        assert (await engine.until_final(await engine.submit(song))).state is JobState.SUCCEEDED
    assert len([report for report in engine.callback.reports if isinstance(report.event, Started)]) == 2
