"""The rate of a whole sound changed at once, as a reference for what Stemset does in blocks."""

from __future__ import annotations

import numpy as np
import soxr

from stemset.audio import Samples


def resample(samples: Samples, from_rate: int, to_rate: int, frames: int) -> Samples:
    """Samples at to_rate, cut or zero-padded at the end to exactly `frames`."""
    result = soxr.resample(np.ascontiguousarray(samples.T), from_rate, to_rate, quality="VHQ").T
    result = np.pad(result, ((0, 0), (0, max(0, frames - result.shape[1]))))
    return np.ascontiguousarray(result[:, :frames], dtype=np.float32)
