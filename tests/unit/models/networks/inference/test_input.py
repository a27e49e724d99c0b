from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.errors import Cancelled
from stemset.models.networks.inference.input import (
    SAMPLE_RATE,
    Levels,
    Scale,
    measure_levels,
    open_input,
    scale_to_full_peak,
)


def ignore() -> None:
    """Check nothing."""


@pytest.fixture(scope="module")
def song() -> Samples:
    """Longer than one block of reading, with a mean that isn't zero, and its peak late on the right."""
    samples = np.random.default_rng(2).uniform(-0.4, 0.5, (2, 140_000)).astype(np.float32)
    samples[1, 139_000] = -0.75
    return samples


@pytest.fixture(scope="module")
def song_file(song: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("input") / "song.wav"
    audio.write(file, song, SAMPLE_RATE)
    return file


def test_levels_are_the_peak_of_all_and_the_mean_and_deviation_of_the_middle(song: Samples, song_file: Path) -> None:
    levels = measure_levels(song_file, ignore)
    middle = (song[0].astype(np.float64) + song[1]) / 2
    assert (levels.frames, levels.peak) == (140_000, 0.75)
    assert levels.mean == pytest.approx(middle.mean(), rel=1e-9)
    assert levels.deviation == pytest.approx(middle.std(ddof=1), rel=1e-6)


@pytest.mark.parametrize(("frames", "value"), [(0, 0.0), (1, 0.5), (100, 0.25)])
def test_what_never_changes_has_no_deviation(frames: int, value: float, tmp_path: Path) -> None:
    audio.write(tmp_path / "x.wav", np.full((2, frames), value, np.float32), SAMPLE_RATE)
    assert measure_levels(tmp_path / "x.wav", ignore) == Levels(frames, value, value, 0.0)


def test_measuring_ends_with_what_the_check_raises(song_file: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        measure_levels(song_file, cancel)


@pytest.mark.parametrize("peak", [0.001, 0.5, 1.0, 3.0])
def test_a_song_is_brought_to_full_peak_and_its_stems_back(peak: float) -> None:
    scale = scale_to_full_peak(Levels(10, peak, 0.1, 0.2))
    assert peak * scale.gain == pytest.approx(1)
    assert scale.gain * scale.undo == pytest.approx(1)
    assert scale.offset == 0


@pytest.mark.parametrize("peak", [0.0, 2**-24])
def test_silence_is_left_as_it_is(peak: float) -> None:
    assert scale_to_full_peak(Levels(10, peak, 0.0, 0.0)) == Scale(1.0, 1.0)


@pytest.mark.parametrize(
    ("start", "frames"),
    [(0, 10), (139_990, 10), (-4, 10), (139_995, 10), (-3, 140_006), (-50, 50), (140_000, 7), (5, 0)],
)
def test_what_lies_outside_of_the_song_is_silence(start: int, frames: int, song: Samples, song_file: Path) -> None:
    around = np.pad(song, ((0, 0), (100, 100)))
    with open_input(song_file, Scale(1.0, 1.0)) as sound:
        assert sound.frames == 140_000
        np.testing.assert_array_equal(sound.read(start, frames), around[:, 100 + start : 100 + start + frames])


def test_the_input_is_the_song_less_the_offset_times_the_gain(song: Samples, song_file: Path) -> None:
    with open_input(song_file, Scale(2.5, 0.4, 0.125)) as sound:
        np.testing.assert_allclose(sound.read(1000, 50), (song[:, 1000:1050] - 0.125) * 2.5, atol=1e-6)
        # Outside of the song is silence of the network's, to which nothing is added.
        assert not sound.read(-20, 20).any()


def test_pieces_may_be_read_in_any_order(song: Samples, song_file: Path) -> None:
    with open_input(song_file, Scale(1.0, 1.0)) as sound:
        for start in (90_000, 10, 130_000, 0, 10):
            np.testing.assert_array_equal(sound.read(start, 33), song[:, start : start + 33])
