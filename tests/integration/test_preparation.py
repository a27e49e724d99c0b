"""Weights fetched by a real worker, beside its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemset.config import WorkerSettings
from stemset.features.jobs.engines.dbos import DbosDispatcher
from stemset.models import registry
from stemset.models.card import MDX_CATALOGUE
from stemset.models.weights import prefetch
from stemset.models.weights.download import partial_size
from tests.support.jobs import SECRET, Callback, worker
from tests.support.waiting import wait_until_async
from tests.support.weights_server import WeightsServer, serving_weights
from tests.unit.worker.test_reporter import PAYLOAD

pytestmark = pytest.mark.slow

DRUMS = "kuielab_b_drums.onnx"
CARDS = registry.cards([DRUMS])
CONTENT = bytes(range(256)) * 8000


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WeightsServer]:
    with serving_weights({DRUMS: CONTENT, MDX_CATALOGUE: b"{}"}) as running:
        monkeypatch.setenv("STEMSET_WEIGHTS_MIRROR", running.address)
        yield running


@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_a_worker_that_ends_in_the_middle_of_a_download_goes_on_with_it_later(
    end: str, server: WeightsServer, tmp_path: Path
) -> None:
    settings = WorkerSettings(data_dir=tmp_path / "data", callback_secret=SECRET)
    models, dispatcher = settings.weights_dir, DbosDispatcher(settings.queue_database)
    request = prefetch.add("mine", CARDS, models)
    assert request
    server.paused.clear()
    await dispatcher.prepare(request)
    await dispatcher.prepare(request)
    with worker(settings) as process:
        await wait_until_async(lambda: partial_size(models / DRUMS)[0] == len(CONTENT) // 2)
        assert 0.4 < (prefetch.progress(request, CARDS, models) or 0) < 0.6
        if end == "kill":
            process.kill()
        else:
            process.stop()
    assert prefetch.find("mine", models) == request
    server.paused.set()
    with worker(settings) as process:
        await wait_until_async(lambda: prefetch.find("mine", models) is None)
        assert (models / DRUMS).read_bytes() == CONTENT
        process.stop()
    assert [name for name, _ in server.asked] == [DRUMS, DRUMS, MDX_CATALOGUE]
    assert server.asked[1][1] == f"bytes={len(CONTENT) // 2}-"
    await dispatcher.close()


async def test_a_download_keeps_no_song_waiting(server: WeightsServer, tmp_path: Path) -> None:
    callback = Callback()
    with callback.serving() as address:
        settings = WorkerSettings(data_dir=tmp_path / "data", callback_url=address, callback_secret=SECRET)
        models, dispatcher = settings.weights_dir, DbosDispatcher(settings.queue_database)
        request = prefetch.add("mine", CARDS, models)
        assert request
        server.paused.clear()
        await dispatcher.prepare(request)
        with worker(settings):
            await wait_until_async(lambda: partial_size(models / DRUMS)[0] > 0)
            await dispatcher.dispatch(PAYLOAD)
            await wait_until_async(lambda: "started" in callback.types)
            assert prefetch.progress(request, CARDS, models) is not None
        await dispatcher.close()


async def test_why_weights_can_not_be_had_is_kept_for_the_page(server: WeightsServer, tmp_path: Path) -> None:
    settings = WorkerSettings(data_dir=tmp_path / "data", callback_secret=SECRET)
    models, dispatcher = settings.weights_dir, DbosDispatcher(settings.queue_database)
    server.content.clear()
    request = prefetch.add("mine", CARDS, models)
    assert request
    await dispatcher.prepare(request)

    def failed() -> bool:
        kept = prefetch.find("mine", models)
        return kept is not None and kept.failure is not None and "HTTP 404" in kept.failure

    with worker(settings) as process:
        await wait_until_async(failed)
        process.stop()
    await dispatcher.close()
