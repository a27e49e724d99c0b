"""Turns any number of channels of any sample type into stereo float32."""

from __future__ import annotations

import math

import av
import numpy as np
from numpy.typing import NDArray

from stemset.audio.pcm import Samples

_HALF_POWER = math.sqrt(0.5)

# Left and right share of each loudspeaker, after ITU-R BS.775: centre and surrounds at -3 dB, no LFE.
# The rows are not scaled down to rule out clipping: samples are float, and a common gain is applied where needed.
_SHARES: dict[str, tuple[float, float]] = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "BC": (0.5, 0.5),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
}

_INTEGER_SCALE = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31}


def downmix_matrix(channels: tuple[str, ...]) -> NDArray[np.float32]:
    """Shape (2, channels): what left and right take of each channel, by FFmpeg's channel names.

    One channel goes to both sides unchanged. Channels without a known place (a multitrack file) are averaged,
    the first, third, … on the left and the second, fourth, … on the right.
    """
    if len(channels) == 1:
        return np.ones((2, 1), np.float32)
    if all(name in _SHARES for name in channels):
        return np.array([_SHARES[name] for name in channels], np.float32).T
    sides = np.zeros((2, len(channels)), np.float32)
    sides[0, 0::2] = 1 / len(channels[0::2])
    sides[1, 1::2] = 1 / len(channels[1::2])
    return sides


def to_stereo(frame: av.AudioFrame) -> Samples:
    """A decoded frame as (2, frames) float32; integers are divided by full scale, NaN and ±inf become 0."""
    names = tuple(channel.name for channel in frame.layout.channels)
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, len(names)).T
    kind = frame.format.packed.name
    # float32 holds 24 bits exactly; FFmpeg hands over 24-bit sources as s32 with the low byte empty.
    samples = data.astype(np.float32)
    if kind in _INTEGER_SCALE:
        samples = (samples - 128.0 if kind == "u8" else samples) * np.float32(_INTEGER_SCALE[kind])
    samples = np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    if names in (("FL", "FR"), ("DL", "DR")):
        return np.ascontiguousarray(samples)
    if len(names) == 1:
        return np.repeat(samples, 2, axis=0)
    return np.ascontiguousarray(downmix_matrix(names) @ samples)
