from __future__ import annotations

import numpy as np
import pytest

from stemset.audio.downmix import downmix_matrix

_3_DB = np.sqrt(0.5)


def test_one_channel_goes_to_both_sides_unchanged():
    np.testing.assert_array_equal(downmix_matrix(("FC",)), [[1], [1]])


def test_surround_follows_bs_775_without_the_subwoofer():
    expected = [[1, 0, _3_DB, 0, _3_DB, 0], [0, 1, _3_DB, 0, 0, _3_DB]]
    np.testing.assert_allclose(downmix_matrix(("FL", "FR", "FC", "LFE", "BL", "BR")), expected, rtol=1e-6)


@pytest.mark.parametrize("channels", [2, 3, 64])
def test_channels_without_a_place_alternate_and_are_averaged(channels: int):
    sides = downmix_matrix(("NONE",) * channels)
    np.testing.assert_allclose(sides.sum(axis=1), [1, 1], rtol=1e-6)
    assert (sides[0, 1::2] == 0).all()
    assert (sides[1, 0::2] == 0).all()
