from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from stemset import audio
from stemset.audio import AudioFormat, Samples
from stemset.storage import Keys


def _pixels(samples: Samples, spp: int) -> list[tuple[float, float]]:
    """The slow and obvious way."""
    runs = [samples[:, start : start + spp] for start in range(0, samples.shape[1], spp)]
    return [(float(run.min()), float(run.max())) for run in runs]


@pytest.mark.parametrize("spp", Keys.SAMPLES_PER_PIXEL)
def test_pixels_are_the_extremes_of_both_channels(spp: int, song: Samples, song_file: Path):
    dat = audio.peaks(song_file, Keys.SAMPLES_PER_PIXEL)[spp]
    expected = np.rint(np.array(_pixels(song, spp)) * 128).astype(int)
    np.testing.assert_array_equal(np.reshape(audio.overview(dat), (-1, 2)), expected)


def test_the_header_is_audiowaveforms_version_2(song: Samples, song_file: Path):
    dat = audio.peaks(song_file, [2048])[2048]
    pixels = -(-song.shape[1] // 2048)
    assert struct.unpack("<iIiiIi", dat[:24]) == (2, 1, 44_100, 2048, pixels, 1)
    assert len(dat) == 24 + 2 * pixels


def test_a_flac_has_the_peaks_of_its_source(encoded: dict[AudioFormat, Path], song_file: Path):
    assert audio.peaks(encoded[AudioFormat.FLAC], [256]) == audio.peaks(song_file, [256])


def test_full_scale_and_beyond_fit_eight_bits(tmp_path: Path):
    audio.write(tmp_path / "x.wav", np.array([[-1.0, 1.0, 7.0, -7.0]], np.float32), 44_100)
    assert audio.overview(audio.peaks(tmp_path / "x.wav", [2])[2]) == [-128, 127, -128, 127]


def test_resolutions_that_do_not_divide_are_refused(song_file: Path):
    with pytest.raises(ValueError, match="multiple of 256"):
        audio.peaks(song_file, (256, 1000))


@pytest.mark.parametrize("frames", [0, 1, 255, 256, 257, 1000])
def test_pixels_of_any_length_are_those_of_a_plain_loop_and_the_last_may_be_short(frames: int, tmp_path: Path):
    samples = np.random.default_rng(frames).uniform(-1, 1, (2, frames)).astype(np.float32)
    audio.write(tmp_path / "x.wav", samples, 8000)
    for spp, dat in audio.peaks(tmp_path / "x.wav", [64, 256, 320]).items():
        # Half a step away from zero, rounding is to the even neighbour.
        expected = [min(127, max(-128, round(value * 128))) for pair in _pixels(samples, spp) for value in pair]
        assert audio.overview(dat) == expected


def test_a_pixel_that_spans_two_blocks_of_reading_has_the_extremes_of_both(tmp_path: Path):
    # Blocks are of some 131,072 frames.
    samples = np.zeros((2, 140_000), np.float32)
    samples[0, 131_000], samples[1, 131_500] = 0.5, -0.25
    audio.write(tmp_path / "x.wav", samples, 44_100)
    pixels = audio.overview(audio.peaks(tmp_path / "x.wav", [1000, 70_000])[70_000])
    assert pixels == [0, 0, -32, 64]
