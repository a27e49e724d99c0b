from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
from numpy.typing import NDArray

from stemset.models.builtin.rank_filters import rank_over_bins, rank_over_time, sustained_floor


def spectrogram(frames: int = 23, bins: int = 31) -> NDArray[np.float32]:
    return np.random.default_rng(11).random((frames, bins)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 3, 5, 9, 21])
@pytest.mark.parametrize("rank", [None, 0, -1])
def test_a_rank_over_bins_is_scipys_over_one_axis(size: int, rank: int | None) -> None:
    values = spectrogram()
    expected = scipy.ndimage.rank_filter(values, size // 2 if rank is None else rank, size=(1, size), mode="reflect")
    np.testing.assert_array_equal(rank_over_bins(values, size, rank), expected)


@pytest.mark.parametrize("size", [1, 3, 7, 15])
@pytest.mark.parametrize("rank", [None, 0, -1])
def test_a_rank_over_time_is_scipys_over_the_other_axis(size: int, rank: int | None) -> None:
    values = spectrogram()
    expected = scipy.ndimage.rank_filter(values, size // 2 if rank is None else rank, size=(size, 1), mode="reflect")
    np.testing.assert_array_equal(rank_over_time(values, size, rank), expected)


def test_an_even_size_is_made_odd_by_one_more() -> None:
    np.testing.assert_array_equal(rank_over_bins(spectrogram(), 4), rank_over_bins(spectrogram(), 5))


def test_the_floor_is_an_opening_of_the_morphologists_where_its_quantiles_are_the_extremes() -> None:
    values = spectrogram(40, 6)
    expected = scipy.ndimage.grey_opening(values, size=(9, 1), mode="reflect")
    np.testing.assert_array_equal(sustained_floor(values, 9, 0.0), expected)


def test_a_peak_shorter_than_the_floors_size_is_cut_off_and_a_longer_one_stays() -> None:
    values = np.full((60, 1), 0.25, np.float32)
    values[10:13] = 1.0
    values[30:50] = 0.75
    floor = sustained_floor(values, 9, 0.0)[:, 0]
    np.testing.assert_array_equal(floor[5:20], 0.25)
    np.testing.assert_array_equal(floor[30:50], 0.75)


def test_a_single_gap_breaks_a_floor_of_minima_but_not_one_of_quantiles() -> None:
    values = np.full((60, 1), 0.75, np.float32)
    values[30] = 0.0
    assert sustained_floor(values, 21, 0.0)[30, 0] == 0.0
    # The lowest 2 of 21 are left out.
    np.testing.assert_array_equal(sustained_floor(values, 21, 0.1), np.full((60, 1), 0.75))
