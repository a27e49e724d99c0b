from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemset.models.builtin.centre_voice import CentreVoice
from stemset.models.builtin.low_end import LowEnd
from stemset.models.builtin.stft import Grid
from stemset.models.builtin.two_way_split import TwoWaySplit
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

GRID = Grid(8000, 64)
FRAMES = 60


def steady(hertz: float) -> NDArray[np.float32]:
    """The power of a tone that never ends, in one bin."""
    power = np.zeros((FRAMES, GRID.frequencies.size), np.float32)
    power[:, bin_of(hertz)] = 1.0
    return power


def bin_of(hertz: float) -> int:
    return int(np.abs(GRID.frequencies - hertz).argmin())


def mid_mask(model: type[TwoWaySplit], mid: NDArray[np.float32], side: NDArray[np.float32], hertz: float) -> float:
    """The gain of the middle at this frequency, half-way through."""
    mask, _ = model(ModelParams(), Runtime(Path("unused"))).masks(mid, side, GRID)
    return float(mask[FRAMES // 2, bin_of(hertz)])


def test_a_sustained_tone_in_the_centre_is_sung() -> None:
    tone = steady(1000)
    assert mid_mask(CentreVoice, tone, 0 * tone, 1000) == pytest.approx(1, abs=1e-3)


def test_a_hard_panned_tone_is_sung_by_the_root_of_its_share_in_the_middle() -> None:
    # On one side only, middle and sides have equal power.
    tone = steady(1000)
    assert mid_mask(CentreVoice, tone, tone, 1000) == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_what_is_on_the_sides_alone_is_not_sung() -> None:
    tone = steady(1000)
    assert mid_mask(CentreVoice, 0 * tone, tone, 1000) == 0


@pytest.mark.parametrize(("hertz", "gain"), [(62.5, 0.0), (250, 1.0), (3000, 1.0)])
def test_a_voice_has_its_range(hertz: float, gain: float) -> None:
    tone = steady(hertz)
    assert mid_mask(CentreVoice, tone, 0 * tone, hertz) == pytest.approx(gain, abs=1e-3)


def test_a_short_broad_hit_in_the_centre_is_not_sung() -> None:
    hit = np.zeros_like(steady(1000))
    hit[FRAMES // 2] = 1.0
    assert mid_mask(CentreVoice, hit, 0 * hit, 1000) < 1e-3


@pytest.mark.parametrize(("hertz", "least", "most"), [(62.5, 0.99, 1), (250, 0.4, 0.7), (500, 0, 0.01)])
def test_low_end_takes_half_of_what_is_at_its_corner_and_nothing_an_octave_above(
    hertz: float, least: float, most: float
) -> None:
    tone = steady(hertz)
    assert least <= mid_mask(LowEnd, tone, 0 * tone, hertz) <= most
