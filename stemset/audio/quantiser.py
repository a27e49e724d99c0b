"""Turns float samples into integers, so that the integers of all stems sum to those of the mixture."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterable, Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemset.audio.pcm import Samples, blocks, float_writer, pcm_of

_MOST_CARRY = 2.0  # steps; what is beyond was clipped, and that is not another stem's to bear


def quantise(samples: Samples, gain: float, bit_depth: int) -> NDArray[np.int32]:
    """samples × gain rounded to the nearest of 2**bit_depth steps, clipped at full scale.

    No dither, so digital silence stays digital silence and 16-bit sources come out as they went in.
    """
    return _round(_to_steps(samples, gain, bit_depth), bit_depth)


def common_gain(peaks: Iterable[float], bit_depth: int = 16) -> float:
    """The factor for all files of a job, of whose float samples these are the peaks, so that none clips.

    1.0 unless a peak is beyond full scale; then the loudest comes to two steps below it, which leaves room for
    rounding and for the carry of `Quantiser`.
    """
    loudest = max(peaks, default=0.0)
    return 1.0 if loudest <= 1.0 else (1.0 - 2.0 ** (2 - bit_depth)) / loudest


class Quantiser:
    """Rounds stem after stem; the rounding error of each goes into the next one.

    Rounded each for itself, n stems would sum to the mixture within n/2 steps only. Here the error of a sample
    (half a step at most) is kept in a file in work_dir and added to the same sample of the stem that comes
    next, so the integers sum to the mixture within half a step. With `mixture`, the float file that the stems
    sum to, they sum bit for bit to what `quantise` makes of that file at the same bit depth and gain.

    One instance serves one set of stems at one gain, each taken once, in any order. Memory is one block.
    A sample beyond full scale is clipped, and what is clipped is not carried on: choose the gain before.
    """

    def __init__(self, work_dir: Path, bit_depth: int = 16, *, mixture: Path | None = None) -> None:
        self.bit_depth = bit_depth
        self._mixture = mixture
        self._carry = work_dir / f"carry.{secrets.token_hex(8)}.wav"

    def integers(self, stem: Path, gain: float) -> Generator[NDArray[np.int32]]:
        """The next stem times gain, in blocks of shape (channels, frames).

        The stem counts as taken once the last block is; a run given up half-way leaves the Quantiser as it was.
        """
        shape = pcm_of(stem)
        with float_writer(self._carry, shape.sample_rate, shape.channels, shape.frames) as carry:
            for block, carried in zip(blocks(stem), self._read_carry(gain), strict=False):
                wanted = _to_steps(block, gain, self.bit_depth) + carried
                written = _round(wanted, self.bit_depth)
                carry.write(np.clip(wanted - written, -_MOST_CARRY, _MOST_CARRY).T)
                yield written

    def _read_carry(self, gain: float) -> Iterator[NDArray[np.float64] | Samples | float]:
        """What the stems so far left over, in steps, block by block."""
        if self._carry.exists():
            yield from blocks(self._carry)
        elif self._mixture is None:
            yield from repeat(0.0)
        else:
            for block in blocks(self._mixture):
                steps = _to_steps(block, gain, self.bit_depth)
                yield _round(steps, self.bit_depth) - steps


def _to_steps(samples: Samples, gain: float, bit_depth: int) -> NDArray[np.float64]:
    return samples.astype(np.float64) * (gain * 2.0 ** (bit_depth - 1))


def _round(steps: NDArray[np.float64], bit_depth: int) -> NDArray[np.int32]:
    full_scale = 2 ** (bit_depth - 1)
    return np.clip(np.rint(steps), -full_scale, full_scale - 1).astype(np.int32)
