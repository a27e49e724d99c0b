"""The spectra that an MDX-Net works on, with numpy alone: importing torch takes longer than a small network runs."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from stemset.audio import Samples

SILENT_BINS = 3
"""The lowest bins, which these networks were trained without."""

_AT_ONCE = 128  # bins; transposing all of them at once takes half as long again, since every line is fetched anew


class MdxStft:
    """Short-time Fourier transforms of one shape. Not for several threads at once: the buffers are kept.

    A spectrum has the shape (1, 4, bins, times): left real, left imaginary, right real, right imaginary. Frames of
    n_fft samples under a periodic Hann window, every `hop` samples, the first and last centred on the ends.
    """

    def __init__(self, n_fft: int, hop: int, bins: int, times: int) -> None:
        self._n_fft, self._hop, self._bins, self._times = n_fft, hop, bins, times
        self._window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
        # Without a factor to divide by, numpy transforms in double precision, four times slower.
        self._raised_window = self._window * np.float32(n_fft)
        self._framed = np.empty((times, n_fft), np.float32)
        self._spectrum = np.zeros((1, 4, bins, times), np.float32)
        self._complex = np.zeros((times, n_fft // 2 + 1), np.complex64)
        self._transformed = np.zeros_like(self._complex)
        square = overlap_add(np.broadcast_to(np.square(self._window), (times, n_fft)), hop)
        middle = slice(n_fft // 2, n_fft // 2 + self.frames)
        self._inverse_weight = 1 / np.maximum(square[middle], np.float32(1e-11))

    @property
    def frames(self) -> int:
        """Samples that are transformed to one spectrum."""
        return self._hop * (self._times - 1)

    def forward(self, samples: Samples) -> NDArray[np.float32]:
        """The spectrum of (2, frames) samples; valid until the next call."""
        half = self._n_fft // 2
        for channel, samples_of_channel in enumerate(samples):
            padded = np.pad(samples_of_channel, half, mode="reflect")
            framed = np.lib.stride_tricks.sliding_window_view(padded, self._n_fft)[:: self._hop]
            np.multiply(framed, self._raised_window, out=self._framed)
            out = cast("NDArray[np.complex128]", self._transformed)
            transformed = np.fft.rfft(self._framed, norm="forward", out=out)[:, SILENT_BINS : self._bins].T
            self._spectrum[0, 2 * channel, SILENT_BINS:] = transformed.real
            self._spectrum[0, 2 * channel + 1, SILENT_BINS:] = transformed.imag
        return self._spectrum

    def inverse(self, spectrum: NDArray[np.float32]) -> Samples:
        """The samples of a spectrum (4, bins, times), shape (2, frames)."""
        samples = np.empty((2, self.frames), np.float32)
        half = self._n_fft // 2
        for channel in range(2):
            for first in range(0, self._bins, _AT_ONCE):
                bins = slice(first, min(first + _AT_ONCE, self._bins))
                self._complex.real[:, bins] = spectrum[2 * channel, bins].T
                self._complex.imag[:, bins] = spectrum[2 * channel + 1, bins].T
            # Numpy keeps single precision, whatever its types say.
            np.fft.irfft(self._complex, self._n_fft, out=cast("NDArray[np.float64]", self._framed))
            framed = self._framed
            framed *= self._window
            whole = overlap_add(framed, self._hop)[half : half + self.frames]
            np.multiply(whole, self._inverse_weight, out=samples[channel])
        return samples


def overlap_add(framed: NDArray[np.float32], hop: int) -> NDArray[np.float32]:
    """The sum of frames, shape (times, n_fft), each `hop` behind the one before; some zeros follow it."""
    times, n_fft = framed.shape
    parts = -(-n_fft // hop)
    total = np.zeros((times + parts, hop), np.float32)
    for part in range(parts):
        piece = framed[:, part * hop : (part + 1) * hop]
        total[part : part + times, : piece.shape[1]] += piece
    return total.reshape(-1)
