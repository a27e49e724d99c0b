from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stemset.audio.downmix import downmix_matrix, to_stereo

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


def frame(samples: NDArray[Any], kind: str, layout: str) -> av.AudioFrame:
    return av.AudioFrame.from_ndarray(samples, kind, layout)


@pytest.mark.parametrize(
    ("kind", "dtype", "integers", "expected"),
    [
        ("u8", np.uint8, [0, 128, 192, 255], [-1, 0, 0.5, 127 / 128]),
        ("s16", np.int16, [-32768, 0, 16384, 32767], [-1, 0, 0.5, 32767 / 32768]),
        ("s32", np.int32, [-(2**31), 0, 2**30, 2**31 - 256], [-1, 0, 0.5, 1 - 2**-23]),
        ("flt", np.float32, [-1.5, 0, 0.5, 3], [-1.5, 0, 0.5, 3]),
        ("dbl", np.float64, [-1.5, 0, 0.5, 3], [-1.5, 0, 0.5, 3]),
    ],
)
def test_full_scale_of_every_sample_type_is_one(
    kind: str, dtype: type[np.generic], integers: list[float], expected: list[float]
):
    packed = np.array([[one for value in integers for one in (value, integers[0])]], dtype)
    sound = to_stereo(frame(packed, kind, "stereo"))
    np.testing.assert_array_equal(sound, np.array([expected, [expected[0]] * 4], np.float32))
    planar = np.array([integers, integers[::-1]], dtype)
    sound = to_stereo(frame(planar, f"{kind}p", "stereo"))
    np.testing.assert_array_equal(sound, np.array([expected, expected[::-1]], np.float32))


def test_samples_that_are_no_numbers_are_silence():
    bad = np.array([[np.nan, np.inf, -np.inf, 0.5]] * 2, np.float32)
    np.testing.assert_array_equal(to_stereo(frame(bad, "fltp", "stereo")), [[0, 0, 0, 0.5]] * 2)


def test_each_loudspeaker_of_a_surround_frame_is_mixed_by_its_share():
    # FL, FR, FC, LFE, BL, BR, each on in one sample.
    sound = to_stereo(frame(np.eye(6, dtype=np.float32), "fltp", "5.1"))
    expected = [[1, 0, _3_DB, 0, _3_DB, 0], [0, 1, _3_DB, 0, 0, _3_DB]]
    np.testing.assert_allclose(sound, expected, rtol=1e-6)


@pytest.mark.parametrize("layout", ["2.1", "3.0", "quad", "5.0(side)", "6.1", "7.1", "7.1(wide)"])
def test_a_layout_of_equal_sides_is_mixed_to_equal_sides(layout: str):
    names = [channel.name for channel in av.AudioLayout(layout).channels]
    sides = downmix_matrix(tuple(names))
    opposite = {"FL": "FR", "BL": "BR", "SL": "SR", "FLC": "FRC"}
    opposite |= {right: left for left, right in opposite.items()}
    for place, name in enumerate(names):
        mirrored = names.index(opposite.get(name, name))
        np.testing.assert_array_equal(sides[:, place], sides[::-1, mirrored])
