from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stemset.models.networks.inference.stft import SILENT_BINS, MdxStft, overlap_add

SHAPES = pytest.mark.parametrize(("n_fft", "hop", "times"), [(64, 16, 9), (64, 8, 20), (48, 12, 5), (128, 64, 4)])


def noise(frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(4).uniform(-1, 1, (2, frames)).astype(np.float32)


def periodic_hann(n_fft: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)


def spectrum_of(channel: NDArray[np.float32], n_fft: int, hop: int, times: int) -> NDArray[np.complex128]:
    """By the definition, in double precision: shape (bins, times)."""
    padded = np.pad(channel.astype(np.float64), n_fft // 2, mode="reflect")
    columns = [np.fft.rfft(padded[at * hop : at * hop + n_fft] * periodic_hann(n_fft)) for at in range(times)]
    return np.stack(columns, axis=1)


@SHAPES
def test_a_spectrum_is_that_of_hann_windows_around_the_hops(n_fft: int, hop: int, times: int) -> None:
    stft = MdxStft(n_fft, hop, n_fft // 2 + 1, times)
    samples = noise(stft.frames)
    assert stft.frames == hop * (times - 1)
    found = stft.forward(samples)
    assert found.shape == (1, 4, n_fft // 2 + 1, times)
    for channel in range(2):
        expected = spectrum_of(samples[channel], n_fft, hop, times)
        # The magnitudes go to about n_fft / 4, in single precision.
        np.testing.assert_allclose(found[0, 2 * channel, SILENT_BINS:], expected.real[SILENT_BINS:], atol=1e-4)
        np.testing.assert_allclose(found[0, 2 * channel + 1, SILENT_BINS:], expected.imag[SILENT_BINS:], atol=1e-4)


def test_the_lowest_bins_are_silent_and_those_above_the_networks_are_left_out() -> None:
    stft = MdxStft(64, 16, 20, 9)
    samples = noise(stft.frames)
    found = stft.forward(samples)
    assert found.shape == (1, 4, 20, 9)
    assert not found[:, :, :SILENT_BINS].any()
    np.testing.assert_allclose(found[0, 0, SILENT_BINS:], spectrum_of(samples[0], 64, 16, 9).real[3:20], atol=1e-4)


@SHAPES
def test_the_inverse_of_a_whole_spectrum_is_the_sound(n_fft: int, hop: int, times: int) -> None:
    stft = MdxStft(n_fft, hop, n_fft // 2 + 1, times)
    samples = noise(stft.frames)
    whole = [spectrum_of(channel, n_fft, hop, times) for channel in samples]
    parts = np.stack([part for one in whole for part in (one.real, one.imag)]).astype(np.float32)
    np.testing.assert_allclose(stft.inverse(parts), samples, atol=1e-5)


def test_there_and_back_a_tone_above_the_silent_bins_is_the_same() -> None:
    stft = MdxStft(256, 64, 129, 17)
    # Whole periods between the ends, and a cosine, so that its mirror image goes on as the same tone.
    tone = np.cos(2 * np.pi * 30 / 256 * np.arange(stft.frames))
    samples = np.stack([tone, -0.5 * tone]).astype(np.float32)
    back = stft.inverse(stft.forward(samples)[0])
    inner = slice(256, -256)
    np.testing.assert_allclose(back[:, inner], samples[:, inner], atol=1e-5)


def test_bins_that_a_network_does_not_make_are_silent_in_the_inverse_again_and_again() -> None:
    stft = MdxStft(64, 16, 20, 9)
    samples = noise(stft.frames)
    spectrum = stft.forward(samples)[0].copy()
    first = stft.inverse(spectrum)
    stft.inverse(np.zeros_like(spectrum))
    # The buffers that are kept carry nothing from one call into another.
    np.testing.assert_array_equal(stft.inverse(spectrum), first)
    padded = np.zeros((4, 33, 9), np.float32)
    padded[:, :20] = spectrum
    np.testing.assert_allclose(MdxStft(64, 16, 33, 9).inverse(padded), first, atol=1e-6)


@pytest.mark.parametrize("hop", [1, 3, 4, 7, 12, 13])
def test_frames_are_added_up_each_a_hop_behind_the_one_before(hop: int) -> None:
    framed = np.random.default_rng(0).random((6, 12)).astype(np.float32)
    expected = np.zeros(5 * hop + 12)
    for number, frame in enumerate(framed):
        expected[number * hop : number * hop + 12] += frame
    total = overlap_add(framed, hop)
    np.testing.assert_allclose(total[: expected.size], expected, atol=1e-5)
    assert not total[expected.size :].any()
