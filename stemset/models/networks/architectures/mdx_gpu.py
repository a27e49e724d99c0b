"""MDX-Net on a GPU: spectra in torch, the network in onnxruntime, bound to the same memory; nothing is copied back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import structlog
import torch

from stemset.audio import Samples
from stemset.concurrency.progress import ProgressRepeater
from stemset.models.networks.inference.forward import TorchBackend
from stemset.models.networks.inference.interruption import InterruptibleSession
from stemset.models.networks.inference.istft import drop_imaginary_ends
from stemset.models.networks.inference.stft import SILENT_BINS

log = structlog.stdlib.get_logger()

_AT_A_TIME = 4


class GpuMdx:
    """Runs the network on batches of chunks of one length, on a device that torch and onnxruntime share."""

    def __init__(self, session: InterruptibleSession, device: str, *, n_fft: int, hop: int, bins: int) -> None:
        self.backend = TorchBackend(device)
        self._session, self._device = session, device
        self._n_fft, self._hop, self._bins = n_fft, hop, bins
        self._window = torch.hann_window(n_fft, periodic=True, device=device)
        self._batch = _AT_A_TIME if session.takes_batches else 1

    def batch(self) -> int:
        """How many chunks `run` should get."""
        return self._batch

    def run(self, chunks: Sequence[Samples], repeater: ProgressRepeater) -> Sequence[torch.Tensor]:
        """For each chunk (1, 2, frames). Where memory is too small for them all, half of them are tried, and so on."""
        try:
            output = self._estimate(self.backend.to_device(np.stack(chunks)), repeater)[:, None]
            return [output[place] for place in range(len(chunks))]
        except Exception as error:
            # onnxruntime has one exception for everything.
            if len(chunks) == 1 or "memory" not in str(error).lower():
                raise
        half = len(chunks) // 2
        self._batch = min(self._batch, half)
        log.warning("batch_halved", batch=self._batch, device=self._device)
        return [*self.run(chunks[:half], repeater), *self.run(chunks[half:], repeater)]

    def _estimate(self, sound: torch.Tensor, repeater: ProgressRepeater) -> torch.Tensor:
        spectrum = self._forward(sound)
        output = torch.empty_like(spectrum)
        if self._device == "cuda":
            # The two libraries work in streams of their own.
            torch.cuda.synchronize()
        self._session.run_bound(spectrum, output, self._device, repeater)
        return self._inverse(output, sound.shape[-1])

    def _forward(self, sound: torch.Tensor) -> torch.Tensor:
        """(chunks, 2, frames) -> (chunks, 4, bins, times)."""
        flat = sound.reshape(-1, sound.shape[-1])
        spectrum = torch.stft(flat, self._n_fft, self._hop, window=self._window, center=True, return_complex=True)
        parts = torch.view_as_real(spectrum[:, : self._bins]).permute(0, 3, 1, 2)
        parts = parts.reshape(sound.shape[0], 4, self._bins, -1).contiguous()
        parts[:, :, :SILENT_BINS] = 0
        return parts

    def _inverse(self, parts: torch.Tensor, frames: int) -> torch.Tensor:
        """(chunks, 4, bins, times) -> (chunks, 2, frames)."""
        chunks, _, bins, times = parts.shape
        whole = torch.zeros((chunks * 2, self._n_fft // 2 + 1, times, 2), device=self._device)
        whole[:, :bins] = parts.reshape(chunks * 2, 2, bins, times).permute(0, 2, 3, 1)
        spectrum = drop_imaginary_ends(torch.view_as_complex(whole))
        sound = torch.istft(spectrum, self._n_fft, self._hop, window=self._window, center=True, length=frames)
        return sound.reshape(chunks, 2, frames)
