"""Jobs through the real queue and a real worker process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from stemset import audio
from stemset.features.jobs.messages import Report, StepDone, StepStarted
from stemset.features.jobs.records import JobState
from stemset.storage import Keys
from stemset.worker.pid_files import find_workers
from tests.support.engine import TRACKS, Engine, local_engine
from tests.support.jobs import worker
from tests.support.queue import result_of
from tests.support.waiting import LIMIT_S

pytestmark = pytest.mark.slow


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with local_engine(tmp_path) as made:
        yield made


QUICKLY_S = 60.0
"""A worker stops within seconds on a machine that has nothing else to do; one that waited for the service would take
ten minutes."""


@pytest.fixture
def song(tmp_path: Path) -> Path:
    samples = np.random.default_rng(2).uniform(-0.3, 0.3, (2, 44_100)).astype(np.float32)
    audio.write(tmp_path / "song.wav", samples, 44_100)
    return tmp_path / "song.wav"


async def test_jobs_that_waited_for_a_worker_end_well_or_with_their_reason(engine: Engine, song: Path, tmp_path: Path):
    text = tmp_path / "text.wav"
    text.write_text("not a song")
    good, bad, stopped, withdrawn = [await engine.submit(file) for file in (song, text, song, song)]
    await engine.outbox.withdraw(await engine.service.request_cancel(withdrawn.id))
    loop = asyncio.get_running_loop()

    def cancel_one_at_its_first_node(report: Report) -> int | None:
        if report.job_id == stopped.id and isinstance(report.event, StepStarted):
            asyncio.run_coroutine_threadsafe(engine.service.request_cancel(report.job_id), loop).result(LIMIT_S)
        return None

    engine.callback.before = cancel_one_at_its_first_node
    with worker(engine.settings) as process:
        good, bad, stopped = [await engine.until_final(job) for job in (good, bad, stopped)]
        assert find_workers(engine.settings.data_dir) == [process.process.pid]
        assert process.stop() < QUICKLY_S
    assert find_workers(engine.settings.data_dir) == []
    assert list((engine.settings.data_dir / "work").iterdir()) == []

    assert good.state is JobState.SUCCEEDED
    assert result_of(good).stems == ("drums", "bass", "other")
    residual = result_of(good).sum_to_mixture_db
    assert residual is not None
    assert residual <= -90
    mixture, stems = await engine.separations.tracks(good.id)
    assert mixture is not None
    assert [len(track.streaminfo) for track in (mixture, *stems)] == [34] * 4
    for name in TRACKS:
        assert engine.storage.stat(Keys.stem(good.id, name)).bytes > 0
        assert engine.storage.stat(Keys.index(good.id, name)).bytes % 4 == 0
        for samples_per_pixel in (256, 2048, 16384):
            assert engine.storage.exists(Keys.peaks(good.id, name, samples_per_pixel))
    assert engine.manifest(good).state == "succeeded"

    # A song that can't be read is not tried again.
    assert [report.event.type for report in engine.callback.reports if report.job_id == bad.id] == ["started", "failed"]
    assert bad.status.failure is not None
    assert bad.status.failure.kind == "unreadable-audio"
    failed = engine.manifest(bad)
    assert failed.error is not None
    assert (failed.state, failed.error.kind) == ("failed", "unreadable-audio")

    assert stopped.state is JobState.CANCELLED
    assert engine.manifest(stopped).state == "cancelled"
    assert not result_of(stopped).stems

    assert not [report for report in engine.callback.reports if report.job_id == withdrawn.id]


async def test_a_job_whose_workers_are_killed_and_stopped_in_its_middle_is_finished_by_the_next(
    engine: Engine, song: Path
):
    with worker(engine.settings) as first:

        def kill_after_a_node(report: Report) -> int | None:
            if isinstance(report.event, StepDone) and first.process.poll() is None:
                first.kill()
            return None

        engine.callback.before = kill_after_a_node
        job = await engine.submit(song)
        await engine.until(job.id, lambda _job: first.process.poll() is not None)

    with worker(engine.settings) as second:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def away_once_a_node_has_begun(report: Report) -> int | None:
            if isinstance(report.event, StepStarted):
                loop.call_soon_threadsafe(begun.set)
                return 503
            return None

        engine.callback.before = away_once_a_node_has_begun
        await asyncio.wait_for(begun.wait(), LIMIT_S)
        assert second.stop() < QUICKLY_S
    assert (await engine.service.get_job(job.id)).state is JobState.RUNNING

    engine.callback.before = lambda _report: None
    with worker(engine.settings) as third:
        done = await engine.until_final(job)
        third.stop()
    assert done.state is JobState.SUCCEEDED
    assert result_of(done).stems == ("drums", "bass", "other")
    assert engine.manifest(done).state == "succeeded"
    events = await engine.service.events_after(job.id)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    types = [event.type for event in events]
    assert types.count("started") == types.count("succeeded") == 1
    assert types.count("step_done") == 2
    # The first node was done before the kill; nobody did it again.
    assert [node.cached for node in engine.manifest(done).nodes] == [True, False]
    fractions = [sum(node.fraction for node in event.job.status.steps) for event in events]
    assert fractions == sorted(fractions)
    assert list((engine.settings.data_dir / "work").iterdir()) == []
