"""MDX-Net on a GPU: spectra in torch, the network in onnxruntime, bound to the same memory; nothing is copied back."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import structlog

from stemset.audio import Samples
from stemset.concurrency.progress import Heed
from stemset.models.networks.inference.forward import TorchArrays
from stemset.models.networks.inference.interruption import InterruptibleSession
from stemset.models.networks.inference.istft import of_real_sound
from stemset.models.networks.inference.overlap_add import Array
from stemset.models.networks.inference.stft import SILENT_BINS
from stemset.models.networks.untyped import Untyped

log = structlog.stdlib.get_logger()

_AT_A_TIME = 4


class BoundMdx:
    """Chunks of one length in, their estimate out, on a device that torch and onnxruntime share."""

    def __init__(
        self, torch: Untyped, session: InterruptibleSession, device: str, *, n_fft: int, hop: int, bins: int
    ) -> None:
        self.arrays = TorchArrays(torch, device)
        self._torch, self._session, self._device = torch, session, device
        self._n_fft, self._hop, self._bins = n_fft, hop, bins
        self._window = torch.hann_window(n_fft, periodic=True, device=device)
        self._batch = _AT_A_TIME if session.takes_batches else 1

    def batch(self) -> int:
        """How many chunks `run` should get."""
        return self._batch

    def run(self, chunks: Sequence[Samples], heed: Heed) -> Sequence[Array]:
        """For each chunk (1, 2, frames). Where memory is too small for them all, half of them are tried, and so on."""
        try:
            return list(self._estimate(self.arrays.there(np.stack(chunks)), heed)[:, None])
        except Exception as error:
            # onnxruntime has one exception for everything.
            if len(chunks) == 1 or "memory" not in str(error).lower():
                raise
        half = len(chunks) // 2
        self._batch = min(self._batch, half)
        log.warning("batch_halved", batch=self._batch, device=self._device)
        return [*self.run(chunks[:half], heed), *self.run(chunks[half:], heed)]

    def _estimate(self, heard: Array, heed: Heed) -> Array:
        spectrum = self._forward(heard)
        made = self._torch.empty_like(spectrum)
        if self._device == "cuda":
            # The two libraries work in streams of their own.
            self._torch.cuda.synchronize()
        self._session.run_bound(spectrum, made, self._device, heed)
        return self._inverse(made, heard.shape[-1])

    def _forward(self, heard: Array) -> Array:
        """(chunks, 2, frames) -> (chunks, 4, bins, times)."""
        flat = heard.reshape(-1, heard.shape[-1])
        spectrum = self._torch.stft(flat, self._n_fft, self._hop, window=self._window, center=True, return_complex=True)
        parts = self._torch.view_as_real(spectrum[:, : self._bins]).permute(0, 3, 1, 2)
        parts = parts.reshape(heard.shape[0], 4, self._bins, -1).contiguous()
        parts[:, :, :SILENT_BINS] = 0
        return parts

    def _inverse(self, parts: Array, frames: int) -> Array:
        chunks, _, bins, times = parts.shape
        whole = self._torch.zeros((chunks * 2, self._n_fft // 2 + 1, times, 2), device=self._device)
        whole[:, :bins] = parts.reshape(chunks * 2, 2, bins, times).permute(0, 2, 3, 1)
        spectrum = of_real_sound(self._torch.view_as_complex(whole))
        sound = self._torch.istft(spectrum, self._n_fft, self._hop, window=self._window, center=True, length=frames)
        return sound.reshape(chunks, 2, frames)
