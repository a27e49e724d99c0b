from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.audio import Samples
from stemset.audio.pcm import float_writer, resample_blocks
from tests.support.resampling import resample
from tests.unit.audio.conftest import RATE


def test_a_written_file_reads_back_exactly_beyond_full_scale_too(tmp_path: Path):
    samples = np.array([[0.0, 1.5, -3.0], [1e-9, 0.1, 2.0]], np.float32)
    audio.write(tmp_path / "a" / "b.wav", samples, 22_050)
    read, rate = audio.read(tmp_path / "a" / "b.wav")
    assert rate == 22_050
    np.testing.assert_array_equal(read, samples)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    file = tmp_path / "kept.txt"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError), audio.replacing(file) as fresh:
        fresh.write_text("new \udc00", "utf-8")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_blocks_are_the_file_in_order(song: Samples, song_file: Path):
    blocks = list(audio.blocks(song_file, 10_000))
    assert {block.shape[1] for block in blocks[:-1]} == {10_000}
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), song)


def test_a_file_too_large_for_wav_is_rf64_and_reads_alike(tmp_path: Path, song: Samples):
    file = tmp_path / "long.wav"
    with float_writer(file, RATE, 2, most_frames=2**31) as out:
        out.write(song.T)
    assert soundfile.info(file).format == "RF64"
    np.testing.assert_array_equal(audio.read(file)[0], song)
    assert audio.pcm_of(file).frames == song.shape[1]


@pytest.mark.parametrize("frames", [7_999, 8_000, 8_005])
def test_resampling_gives_the_length_asked_for(frames: int):
    samples = np.random.default_rng(0).uniform(-1, 1, (2, 44_100)).astype(np.float32)
    assert resample(samples, 44_100, 8_000, frames).shape == (2, frames)


def test_resampling_there_and_back_keeps_what_both_rates_can_hold():
    t = np.arange(RATE) / RATE
    tone = np.stack([np.sin(2 * np.pi * 1000 * t), np.sin(2 * np.pi * 9000 * t)]).astype(np.float32)
    there = resample(tone, 44_100, 48_000, 48_000)
    back = resample(there, 48_000, 44_100, RATE)
    inner = slice(2000, -2000)  # the filter rings where the tone is switched on and off
    assert np.abs(back - tone)[:, inner].max() < 1e-4


def test_resampling_in_blocks_equals_resampling_at_once(song: Samples):
    parts = np.array_split(song, 13, axis=1)
    streamed = np.concatenate(list(resample_blocks(iter(parts), 44_100, 48_000, 2)), axis=1)
    whole = resample(song, 44_100, 48_000, streamed.shape[1])
    assert abs(streamed.shape[1] - song.shape[1] * 48_000 / 44_100) <= 1
    assert np.abs(streamed - whole).max() < 1e-6


def test_subtracting_the_parts_leaves_the_rest(tmp_path: Path, song: Samples, song_file: Path):
    part = tmp_path / "part.wav"
    audio.write(part, song * np.float32(0.25), RATE)
    audio.subtract(song_file, [part, part], tmp_path / "rest.wav")
    np.testing.assert_allclose(audio.read(tmp_path / "rest.wav")[0], song / 2, atol=1e-7)


def test_files_of_different_length_are_not_subtracted(tmp_path: Path, song: Samples, song_file: Path):
    audio.write(tmp_path / "short.wav", song[:, :-1], RATE)
    with pytest.raises(ValueError, match="must be the same"):
        audio.subtract(song_file, [tmp_path / "short.wav"], tmp_path / "rest.wav")
    assert not (tmp_path / "rest.wav").exists()
