"""Forward passes of a torch network: precision, batches, what to do when memory runs out, moving samples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import structlog
import torch
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.models.networks import devices
from stemset.models.networks.inference.istft import exact_istft
from stemset.models.networks.inference.overlap_add import Array
from stemset.models.runtime import Runtime

log = structlog.stdlib.get_logger()

_MOST_AT_A_TIME = 16
# Of the memory that is free on a GPU; the rest is for what the allocator can't use.
_USABLE_SHARE = 0.8


class TorchBackend:
    """See overlap_add.Backend: torch tensors on a device, so that overlap-add happens where the network computes."""

    def __init__(self, device: str) -> None:
        self._device = device

    def zeros(self, shape: Sequence[int]) -> Array:
        """See Backend."""
        return torch.zeros(tuple(shape), dtype=torch.float32, device=self._device)

    def to_device(self, samples: NDArray[np.float32]) -> torch.Tensor:
        """See Backend. To a GPU from pinned memory, so that the copy doesn't hold it up."""
        tensor = torch.from_numpy(np.ascontiguousarray(samples))
        if self._device == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        # A copy, as sums come out another way at another alignment, and numpy's is left to chance.
        return tensor.clone().to(self._device)

    def to_numpy(self, array: Array) -> NDArray[np.float32]:
        """See Backend."""
        return array.cpu().numpy()


class BatchedModule:
    """A torch module that is run on chunks of a song, several at a time where that is faster.

    precision: what matrices are multiplied in, `float32`, `float16` or `bfloat16`; spectra and the angles of rotary
    embeddings stay in float32. Where half precision overflows, the network runs in float32 from then on.
    batch: chunks at a time; None: as many as fit a GPU's free memory, one on a CPU. padded: a batch that isn't full
    is filled up, so that a compiled network always gets the same shape.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        device: str,
        *,
        precision: str = "float32",
        batch: int | None = None,
        padded: bool = False,
    ) -> None:
        self.backend = TorchBackend(device)
        self._module, self._device, self._precision = module, device, precision
        self._batch = batch or (1 if device == "cpu" else None)
        self._padded = padded

    def batch(self) -> int:
        """How many chunks `run` should get. Known after the first one, whose need of memory is measured."""
        return self._batch or 1

    def run(self, chunks: Sequence[Samples]) -> Sequence[torch.Tensor]:
        """What the network makes of each chunk, shape (stems, 2, frames).

        Where a GPU's memory is too small for them all, half of them are tried, and so on; later batches are smaller.
        """
        fill = (self._batch or 1) - len(chunks) if self._padded else 0
        stacked = self.backend.to_device(np.stack([*chunks, *[np.zeros_like(chunks[0])] * fill]))
        try:
            output = self._forward_and_measure(stacked) if self._batch is None else self._forward(stacked)
        except torch.OutOfMemoryError:
            if len(chunks) == 1:
                raise
            output = None
        if output is None:
            # Outside of the handler, as the exception holds on to what was allocated.
            del stacked
            self._release_memory()
            half = len(chunks) // 2
            self._batch = min(self._batch or half, half)
            log.warning("batch_halved", batch=self._batch, device=self._device)
            return [*self.run(chunks[:half]), *self.run(chunks[half:])]
        # A network of one stem leaves out its axis.
        output = output if output.ndim == len(("chunk", "stem", "channel", "frame")) else output[:, None]
        return [output[place] for place in range(len(chunks))]

    def _forward_and_measure(self, stacked: torch.Tensor) -> torch.Tensor:
        """A first pass that tells how much memory each chunk takes."""
        if self._device != "cuda":
            self._batch = 1
            return self._forward(stacked)
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        output = self._forward(stacked)
        each = max(1, (torch.cuda.max_memory_allocated() - before) // stacked.shape[0])
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        self._batch = int(max(1, min(_MOST_AT_A_TIME, free * _USABLE_SHARE // each)))
        log.info("batch_chosen", batch=self._batch, megabytes_each=each // 1_000_000)
        return output

    def _forward(self, stacked: torch.Tensor) -> torch.Tensor:
        exact = nullcontext() if self._device == "cpu" else exact_istft()
        with torch.inference_mode(), exact:
            with self._autocast():
                output = self._module(stacked).float()
            if self._precision != "float32" and not bool(torch.isfinite(output).all()):
                log.warning("precision_raised", was=self._precision, device=self._device)
                self._precision = "float32"
                output = self._module(stacked).float()
            return output

    def _autocast(self) -> AbstractContextManager[object]:
        if self._precision == "float32":
            return nullcontext()
        return torch.autocast(self._device, dtype=getattr(torch, self._precision))

    def _release_memory(self) -> None:
        if self._device == "cuda":
            torch.cuda.empty_cache()


def prepare_module(module: torch.nn.Module, device: str, runtime: Runtime) -> BatchedModule:
    """Put the module on the device, compile it if that is asked for and can be, and make it run in batches."""
    module = module.to(device)
    precision = devices.choose_precision(runtime, device)
    if device == "cuda":
        # Convolutions would otherwise be rounded to ten bits, also where float32 is asked for.
        torch.backends.cudnn.allow_tf32 = precision != "float32"
    # Of a Roformer the blocks that repeat, which are compiled once: they are nearly all of its work. The other
    # architectures are not compiled.
    compiled = runtime.compiled and hasattr(module, "layers")
    if compiled:
        # Where the next process finds what this one has compiled.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str((runtime.models_dir / ".compiled").resolve()))
        for block in (block for layer in module.layers for block in layer):
            block.compile(dynamic=False)
    return BatchedModule(module, device, precision=precision, padded=compiled)
