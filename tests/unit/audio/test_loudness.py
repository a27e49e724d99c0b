from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from stemset import audio
from stemset.audio import AudioFormat, Samples
from stemset.audio.loudness import LoudnessMeter
from stemset.separation.outputs import describe
from tests.unit.audio.conftest import RATE


# At 11 025 Hz a step of 100 ms is no whole number of frames: each of the two rounds it in its own way, and what falls
# below the gate differs.
@pytest.mark.parametrize(("rate", "within"), [(8_000, 0.01), (11_025, 0.15), (44_100, 0.01), (48_000, 0.01)])
def test_loudness_in_blocks_equals_pyloudnorms_of_the_whole(rate: int, within: float):
    rng = np.random.default_rng(5)
    envelope = np.repeat(rng.uniform(0, 0.3, 8) ** 2, rate)  # some seconds fall below the relative gate
    sound = (rng.standard_normal((2, 8 * rate)) * envelope).astype(np.float32)
    meter = LoudnessMeter(rate)
    for part in np.array_split(sound, 23, axis=1):
        meter.add(part)
    reference = pyloudnorm.Meter(rate, filter_class="DeMan")
    whole = float(reference.integrated_loudness(sound.T.astype(np.float64)))  # pyright: ignore[reportUnknownMemberType]
    assert meter.integrated_loudness() == pytest.approx(whole, abs=within)


def test_steady_sound_agrees_where_a_step_of_100_ms_is_no_whole_number_of_frames():
    sound = np.random.default_rng(5).normal(0, 0.1, (2, 8 * 11_025)).astype(np.float32)
    meter = LoudnessMeter(11_025)
    meter.add(sound)
    reference = pyloudnorm.Meter(11_025, filter_class="DeMan")
    whole = float(reference.integrated_loudness(sound.T.astype(np.float64)))  # pyright: ignore[reportUnknownMemberType]
    assert meter.integrated_loudness() == pytest.approx(whole, abs=0.01)


def test_a_tone_of_the_standard_has_the_loudness_of_the_standard():
    # BS.1770: a sine of 997 Hz at 0 dBFS in one channel reads -3.01 LUFS.
    t = np.arange(48_000 * 2) / 48_000
    meter = LoudnessMeter(48_000)
    meter.add(np.stack([np.sin(2 * np.pi * 997 * t), np.zeros(t.size)]).astype(np.float32))
    assert meter.integrated_loudness() == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("sound", [np.zeros((2, RATE)), np.full((2, RATE // 3), 0.5)], ids=["silence", "below 400 ms"])
def test_what_has_no_loudness_has_none_in_its_record(sound: Samples, tmp_path: Path):
    audio.write(tmp_path / "x.wav", sound.astype(np.float32), RATE)
    assert describe("x", tmp_path / "x.wav").lufs is None


def test_a_record_describes_the_file_itself(encoded: dict[AudioFormat, Path], song: Samples):
    file = encoded[AudioFormat.FLAC]
    record = describe("vocals", file)
    assert record.name == "vocals"
    assert (record.sample_rate, record.frames, record.bytes) == (RATE, song.shape[1], file.stat().st_size)
    assert record.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert record.peak == np.abs(song).max() == audio.peak(file)


def test_lossy_files_are_described_by_what_they_sound_like(encoded: dict[AudioFormat, Path]):
    records = {kind: describe("x", file) for kind, file in encoded.items()}
    reference = records[AudioFormat.FLAC].lufs
    assert reference is not None
    for record in records.values():
        assert record.lufs == pytest.approx(reference, abs=0.2)
