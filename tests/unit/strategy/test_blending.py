from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from stemset import audio
from stemset.audio import Samples
from stemset.errors import Cancelled
from stemset.models.builtin.stft import Grid
from stemset.strategy.blending import Blend, BlendDomain, BlendKind, blend_files

RATE = 8000
SPECTRUM = BlendDomain.SPECTRUM


def ignore() -> None:
    """Check nothing."""


def noise(seed: int, frames: int = 3000) -> Samples:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)


def blended(blend: Blend, members: Sequence[Samples], folder: Path) -> Samples:
    files = [folder / f"{number}.wav" for number in range(len(members))]
    for file, samples in zip(files, members, strict=True):
        audio.write(file, samples, RATE)
    blend_files(blend, files, folder / "out.wav", ignore)
    result, rate = audio.read(folder / "out.wav")
    assert (result.shape, rate) == (members[0].shape, RATE)
    return result


# --- samples ---------------------------------------------------------------------------------------------


def test_an_average_is_the_mean_of_the_samples(tmp_path: Path) -> None:
    members = [noise(seed) for seed in range(3)]
    np.testing.assert_allclose(blended(Blend(), members, tmp_path), np.mean(members, axis=0), atol=1e-7)


def test_of_an_averages_weights_only_the_ratios_count(tmp_path: Path) -> None:
    members = [noise(seed) for seed in range(3)]
    expected = 0.5 * members[0] + 0.3 * members[1] + 0.2 * members[2]
    for weights in ((5, 3, 2), (0.05, 0.03, 0.02)):
        np.testing.assert_allclose(blended(Blend(weights=weights), members, tmp_path), expected, atol=1e-7)


@pytest.mark.parametrize("members", [2, 3, 4, 5])
def test_a_median_is_that_of_the_samples(members: int, tmp_path: Path) -> None:
    sounds = [noise(seed) for seed in range(members)]
    expected = np.median(np.array(sounds, np.float64), axis=0)
    np.testing.assert_allclose(blended(Blend(kind=BlendKind.MEDIAN), sounds, tmp_path), expected, atol=1e-7)


@pytest.mark.parametrize(("kind", "choose"), [(BlendKind.MAX, max), (BlendKind.MIN, min)])
def test_a_maximum_or_minimum_is_of_the_magnitude_and_keeps_its_sign(
    kind: BlendKind, choose: Callable[..., float], tmp_path: Path
) -> None:
    members = [noise(seed, 200) for seed in range(3)]
    expected = [
        [choose((float(member[channel, frame]) for member in members), key=abs) for frame in range(200)]
        for channel in range(2)
    ]
    np.testing.assert_array_equal(blended(Blend(kind=kind), members, tmp_path), np.array(expected, np.float32))


def test_samples_are_blended_alike_in_every_block(tmp_path: Path) -> None:
    # Longer than the blocks that are read at a time.
    members = [noise(seed, 140_000) for seed in range(2)]
    np.testing.assert_allclose(blended(Blend(), members, tmp_path), np.mean(members, axis=0), atol=1e-7)


def test_blending_ends_with_what_the_check_raises_and_leaves_no_file(tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", noise(0), RATE)

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        blend_files(Blend(), [tmp_path / "a.wav"] * 2, tmp_path / "out.wav", cancel)
    assert [file.name for file in tmp_path.iterdir()] == ["a.wav"]


# --- spectra ---------------------------------------------------------------------------------------------


def spectra(members: Sequence[Samples], grid: Grid) -> NDArray[np.complex128]:
    """By the definition, shape (members, channels, frames, bins): three hops of silence before the sound and behind."""
    hann = np.sin(np.pi * np.arange(grid.window) / grid.window) ** 2
    frames = -(-members[0].shape[1] // grid.hop) + 3
    behind = (frames + 3) * grid.hop - members[0].shape[1] - 3 * grid.hop
    around = [np.pad(member.astype(np.float64), ((0, 0), (3 * grid.hop, behind))) for member in members]
    return np.array(
        [
            [
                [np.fft.rfft(channel[at * grid.hop :][: grid.window] * hann) for at in range(frames)]
                for channel in member
            ]
            for member in around
        ]
    )


def sound_of(spectrum: NDArray[np.complex128], grid: Grid, frames: int) -> NDArray[np.float64]:
    """The sound of one channel; the squares of four Hann windows over each sample sum to 1.5."""
    hann = np.sin(np.pi * np.arange(grid.window) / grid.window) ** 2
    total = np.zeros((len(spectrum) + 3) * grid.hop)
    for at, one in enumerate(spectrum):
        total[at * grid.hop :][: grid.window] += np.fft.irfft(one, grid.window) * hann / 1.5
    return total[3 * grid.hop : 3 * grid.hop + frames]


def average(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    mean = values.mean(axis=0)
    return np.abs(values).mean(axis=0) * np.exp(1j * np.angle(mean))


def at_rank(rank: int) -> Callable[[NDArray[np.complex128]], NDArray[np.complex128]]:
    return lambda values: np.take_along_axis(values, np.argsort(np.abs(values), axis=0)[rank : rank + 1], axis=0)[0]


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        (BlendKind.AVERAGE, average),
        (BlendKind.MAX, at_rank(2)),
        (BlendKind.MIN, at_rank(0)),
        (BlendKind.MEDIAN, at_rank(1)),
    ],
)
def test_bins_of_spectra_are_blended_by_magnitude_and_phase(
    kind: BlendKind, formula: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], tmp_path: Path
) -> None:
    members = [noise(seed) for seed in range(3)]
    grid = Grid.near(4096 / 44100, RATE)
    expected = [sound_of(channel, grid, 3000) for channel in formula(spectra(members, grid))]
    found = blended(Blend(kind=kind, domain=SPECTRUM), members, tmp_path)
    # Where two magnitudes are equal but for single precision, another member may be chosen.
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_models_that_differ_in_phase_alone_do_not_cancel_each_other(tmp_path: Path) -> None:
    t = np.arange(8000) / RATE
    tone, quarter_later = np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 500 * t + np.pi / 2)
    members = [np.stack([one, one]).astype(np.float32) * np.float32(0.5) for one in (tone, quarter_later)]
    inner = slice(2000, 6000)
    of_samples, of_spectra = (
        float(np.abs(blended(Blend(domain=domain), members, tmp_path)[:, inner]).max()) for domain in BlendDomain
    )
    assert of_samples == pytest.approx(0.5 * np.sqrt(0.5), abs=1e-3)
    assert of_spectra == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("kind", list(BlendKind))
@pytest.mark.parametrize("frames", [1, 100, 3000, 45_000])
def test_models_that_agree_are_left_as_they_are(kind: BlendKind, frames: int, tmp_path: Path) -> None:
    sound = noise(0, frames)
    for domain in BlendDomain:
        found = blended(Blend(kind=kind, domain=domain), [sound, sound], tmp_path)
        np.testing.assert_allclose(found, sound, atol=3e-6)


# --- how it is said --------------------------------------------------------------------------------------


def test_shares_sum_to_one_and_are_equal_unless_weighted() -> None:
    assert Blend().shares(4) == (0.25,) * 4
    assert Blend(weights=(1, 3)).shares(2) == (0.25, 0.75)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("inf"), float("nan")])
def test_a_weight_is_a_positive_number(weight: float) -> None:
    with pytest.raises(ValidationError):
        Blend(weights=(1.0, weight))


@pytest.mark.parametrize(
    ("blend", "words"),
    [
        (Blend(), "average"),
        (Blend(weights=(1, 2.5)), "average, weighted 1 : 2.5"),
        (Blend(kind=BlendKind.MAX, domain=SPECTRUM), "max of spectra"),
    ],
)
def test_a_blend_is_said_in_words(blend: Blend, words: str) -> None:
    assert str(blend) == words
