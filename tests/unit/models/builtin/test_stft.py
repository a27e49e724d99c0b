from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemset.audio import Samples
from stemset.models.builtin.stft import WINDOWS_PER_SAMPLE, Grid, backward, forward, windows

GRID = Grid(8000, 16)


def noise(frames: int, channels: int = 2) -> Samples:
    return np.random.default_rng(1).uniform(-1, 1, (channels, frames)).astype(np.float32)


def test_a_window_is_four_hops_long_and_its_bins_are_evenly_spaced_up_to_half_the_rate() -> None:
    assert GRID.window == 64
    np.testing.assert_allclose(GRID.frequencies, np.arange(33) * 125)


@pytest.mark.parametrize("sample_rate", [8_000, 22_050, 44_100, 48_000])
def test_a_grid_has_a_window_of_about_the_length_asked_for_and_never_less(sample_rate: int) -> None:
    grid = Grid.near(0.0464, sample_rate)
    assert 0.0464 <= grid.window / sample_rate < 0.0464 * 1.1


def test_the_shortest_hop_is_eight_samples() -> None:
    assert Grid.near(0.0001, 8000).hop == 8


@pytest.mark.parametrize(("seconds", "frames"), [(0.0, 1), (0.002, 1), (0.1, 50), (1.0, 500)])
def test_frames_within_a_time_are_at_least_one(seconds: float, frames: int) -> None:
    assert GRID.frames(seconds) == frames


@pytest.mark.parametrize(("hertz", "bins"), [(0.0, 1), (100.0, 1), (250.0, 2), (1000.0, 8)])
def test_bins_within_a_band_are_at_least_one(hertz: float, bins: int) -> None:
    assert GRID.bins(hertz) == bins


def test_frame_i_of_a_spectrum_begins_at_sample_i_times_the_hop() -> None:
    sound = noise(16 * 9 + 64)
    found = forward(sound, GRID)
    assert found.shape == (2, 10, 33)
    hann = np.sin(np.pi * np.arange(64) / 64) ** 2
    for channel in range(2):
        for frame in range(10):
            expected = np.fft.rfft(sound[channel, 16 * frame : 16 * frame + 64].astype(np.float64) * hann)
            # Magnitudes go to about 16, in single precision.
            np.testing.assert_allclose(found[channel, frame], expected, atol=1e-5)


@given(frames=st.integers(4, 40), hop=st.integers(2, 30))
def test_back_from_a_spectrum_is_the_sound_wherever_four_windows_cover_it(frames: int, hop: int) -> None:
    grid = Grid(8000, hop)
    sound = noise((frames + WINDOWS_PER_SAMPLE - 1) * hop)
    inner = slice(3 * hop, frames * hop)
    for channel, spectrum in zip(sound, forward(sound, grid), strict=True):
        back = backward(spectrum, grid)
        assert back.shape == channel.shape
        np.testing.assert_allclose(back[inner], channel[inner], atol=2e-6)


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=8), frames=st.integers(1, 40), margin=st.integers(0, 20))
def test_runs_have_their_neighbours_around_them_and_zeros_outside_of_the_sound(
    sizes: list[int], frames: int, margin: int
) -> None:
    sound = noise(sum(sizes))
    blocks = np.split(sound, np.cumsum(sizes)[:-1], axis=1)
    around = np.pad(sound, ((0, 0), (margin, margin + frames)))
    runs = list(windows(blocks, frames, margin))
    assert len(runs) == -(-sum(sizes) // frames)
    for number, run in enumerate(runs):
        at = number * frames
        expected = around[:, at : at + frames + 2 * margin]
        np.testing.assert_array_equal(run[:, : expected.shape[1]], expected)
        assert run.shape == (2, frames + 2 * margin)


def test_runs_with_margins_of_three_hops_are_transformed_there_and_back_to_the_whole_sound() -> None:
    sound, frames, margin = noise(1000), 10 * GRID.hop, 3 * GRID.hop
    parts = [
        np.stack([backward(spectrum, GRID) for spectrum in forward(run, GRID)])[:, margin : margin + frames]
        for run in windows([sound[:, :300], sound[:, 300:]], frames, margin)
    ]
    np.testing.assert_allclose(np.concatenate(parts, axis=1)[:, :1000], sound, atol=2e-6)
