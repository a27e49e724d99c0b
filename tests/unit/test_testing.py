"""The stand-ins that tests of Stemset build on do what the real ones do."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from stemset import audio
from stemset.audio import AudioFormat
from stemset.errors import NotFound, Unavailable
from stemset.features.jobs.engines.dispatcher import Dispatcher, RunRecord, RunState, WeightsFetcher
from stemset.features.jobs.messages import JobPayload
from stemset.features.jobs.records import RunOptions
from stemset.models import registry
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.separation import Resources, SeparationOptions, separate
from stemset.storage import Storage
from stemset.strategy import parse
from stemset.testing import (
    InMemoryDispatcher,
    InMemoryWeightsFetcher,
    MemoryStorage,
    RecordingObserver,
    two_tone_model,
    write_two_tones,
)

PAYLOAD = JobPayload(
    job_id=UUID(int=1), attempt=1, nonce="n", recording_id=UUID(int=2), source_key="recordings/x/source.wav",
    strategy="s", tree={}, options=RunOptions(),
)  # fmt: skip


# The type checker's assertion that each is what it stands for.
STORAGE: Storage = MemoryStorage()
DISPATCHER: Dispatcher = InMemoryWeightsFetcher()
FETCHER: WeightsFetcher = InMemoryWeightsFetcher()


@pytest.mark.parametrize("seconds", [0.5, 0.123])
def test_two_tones_are_parted_exactly(seconds: float, tmp_path: Path) -> None:
    tones = write_two_tones(tmp_path / "song.wav", seconds=seconds)
    with two_tone_model() as model:
        plan = parse("tones", {"_": model, "low": "bass", "high": "lead"})
        observer = RecordingObserver()
        stems = separate(
            tmp_path / "song.wav",
            plan,
            tmp_path / "stems",
            SeparationOptions(AudioFormat.WAV, bit_depth=24),
            resources=Resources(ModelPool(Runtime(tmp_path))),
            observer=observer,
        ).stems
    for stem, slot in {"bass": "low", "lead": "high"}.items():
        found, _ = audio.read(stems[stem].file)
        # A few steps of 24 bits: what float32 and the files round.
        assert np.abs(found - tones[slot]).max() < 2**-21
    assert [file.record.name for file in observer.files] == ["mixture", "bass", "lead"]
    assert [file.record.name for file in observer.stems] == ["bass", "lead"]
    assert (observer.started, observer.nodes) == (["root"], {"root": False})


def test_the_model_is_known_only_while_its_block_lasts() -> None:
    for _ in range(2):
        with two_tone_model() as model:
            assert registry.card(model).title == "Two tones"
        with pytest.raises(NotFound):
            registry.find(model)


async def test_a_repeatable_engine_makes_one_run_of_a_payload_and_another_one_of_each_hand_over() -> None:
    once, again = InMemoryDispatcher(), InMemoryDispatcher(repeatable=False)
    assert await once.dispatch(PAYLOAD) == await once.dispatch(PAYLOAD) == PAYLOAD.ref
    assert await again.dispatch(PAYLOAD) != await again.dispatch(PAYLOAD)
    assert once.payloads == again.payloads == [PAYLOAD, PAYLOAD]


async def test_an_engine_knows_of_its_runs_what_it_was_told() -> None:
    engine = InMemoryDispatcher()
    ref = await engine.dispatch(PAYLOAD)
    assert await engine.look_up([ref, "another"]) == {ref: RunRecord(RunState.WAITING)}
    engine.known[ref] = RunRecord(RunState.TIMED_OUT)
    assert await engine.look_up([ref]) == {ref: RunRecord(RunState.TIMED_OUT)}
    pending = RunRecord(RunState.PENDING)
    assert await InMemoryDispatcher(otherwise=pending).look_up(["another"]) == {"another": pending}


async def test_an_engine_that_is_to_fail_fails_so_often() -> None:
    engine = InMemoryDispatcher()
    engine.failures = 2
    for _ in range(2):
        with pytest.raises(Unavailable):
            await engine.dispatch(PAYLOAD)
    await engine.dispatch(PAYLOAD)
    assert engine.refs == [PAYLOAD.ref]


def test_only_an_engine_that_fetches_weights_is_a_fetcher() -> None:
    assert isinstance(InMemoryWeightsFetcher(), WeightsFetcher)
    assert not isinstance(InMemoryDispatcher(), WeightsFetcher)
