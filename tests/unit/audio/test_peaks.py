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
