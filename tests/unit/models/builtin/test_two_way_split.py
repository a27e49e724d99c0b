from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from stemset import audio
from stemset.audio import Samples
from stemset.models.builtin.rank_filters import Spectrogram
from stemset.models.builtin.stft import Grid
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

RATE = 8000


class Gains(TwoWaySplit):
    """A split by one gain for the middle and another for the sides, None for none of the sides."""

    model_filename = "gains"
    output_slots: ClassVar[dict[str, str]] = {"part": "by the gains", "rest": "what is left"}
    window_s = 0.032
    reach_s = 0.0
    mid_gain: ClassVar[float] = 1.0
    side_gain: ClassVar[float | None] = 1.0

    def masks(self, mid: Spectrogram, side: Spectrogram, grid: Grid) -> tuple[Spectrogram, Spectrogram | None]:
        side_mask = None if self.side_gain is None else np.full_like(side, self.side_gain)
        return np.full_like(mid, self.mid_gain), side_mask


class MiddleOnly(Gains):
    side_gain = None


class Quarter(Gains):
    mid_gain = 0.25
    side_gain = -0.5
    block_s = 0.11


def noise(frames: int) -> Samples:
    return np.random.default_rng(5).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)


def split(model: type[TwoWaySplit], samples: Samples, folder: Path) -> tuple[Samples, Samples]:
    audio.write(folder / "in.wav", samples, RATE)
    files = model(ModelParams(), Runtime(folder)).separate(folder / "in.wav", folder / "out")
    return audio.read(files["part"])[0], audio.read(files["rest"])[0]


@pytest.mark.parametrize("frames", [1, 63, 64, 65, 1000, 4321])
def test_a_mask_of_ones_takes_the_whole_song_to_its_ends(frames: int, tmp_path: Path) -> None:
    samples = noise(frames)
    part, rest = split(Gains, samples, tmp_path)
    np.testing.assert_allclose(part, samples, atol=2e-6)
    np.testing.assert_array_equal(rest, samples - part)


@pytest.mark.parametrize("frames", [64, 1000, 4321])
def test_middle_and_sides_have_masks_of_their_own_in_every_block(frames: int, tmp_path: Path) -> None:
    samples = noise(frames)
    part, rest = split(Quarter, samples, tmp_path)
    middle, side = (samples[0] + samples[1]) / 2, (samples[0] - samples[1]) / 2
    expected = [0.25 * middle - 0.5 * side, 0.25 * middle + 0.5 * side]
    np.testing.assert_allclose(part, expected, atol=2e-6)
    np.testing.assert_array_equal(rest, samples - part)


def test_without_a_mask_for_the_sides_both_channels_of_the_part_are_the_middle(tmp_path: Path) -> None:
    samples = noise(1000)
    part, _ = split(MiddleOnly, samples, tmp_path)
    np.testing.assert_array_equal(part[0], part[1])
    np.testing.assert_allclose(part[0], samples.mean(axis=0), atol=2e-6)


def test_progress_tells_the_share_of_the_song_after_each_block(tmp_path: Path) -> None:
    audio.write(tmp_path / "in.wav", noise(4000), RATE)
    told: list[float] = []
    Quarter(ModelParams(), Runtime(tmp_path)).separate(tmp_path / "in.wav", tmp_path / "out", told.append)
    # 0.11 s are 14 hops of 64 samples.
    assert told == [896 / 4000, 1792 / 4000, 2688 / 4000, 3584 / 4000, 1.0]
