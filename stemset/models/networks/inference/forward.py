"""Forward passes of a torch network: precision, batches, what to do when memory runs out, moving samples."""

# torch is not typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import structlog
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.models.networks import devices
from stemset.models.networks.inference.istft import exact_inverses
from stemset.models.networks.inference.overlap_add import Array
from stemset.models.networks.untyped import Untyped
from stemset.models.runtime import Runtime

log = structlog.stdlib.get_logger()

_MOST_AT_A_TIME = 16
# Of the memory that is free on a GPU; the rest is for what the allocator can't use.
_USABLE_SHARE = 0.8


class TorchArrays:
    """See overlap_add.Arrays: torch tensors on a device, so that overlap-add happens where the network computes."""

    def __init__(self, torch: Untyped, device: str) -> None:
        self._torch, self._device = torch, device

    def zeros(self, shape: Sequence[int]) -> Array:
        """See Arrays."""
        return self._torch.zeros(tuple(shape), dtype=self._torch.float32, device=self._device)

    def there(self, samples: NDArray[np.float32]) -> Array:
        """See Arrays. To a GPU from pinned memory, so that the copy doesn't hold it up."""
        tensor = self._torch.from_numpy(np.ascontiguousarray(samples))
        if self._device == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        # A copy, as sums come out another way at another alignment, and numpy's is left to chance.
        return tensor.clone().to(self._device)

    def here(self, array: Array) -> NDArray[np.float32]:
        """See Arrays."""
        return array.cpu().numpy()


class Forward:
    """A network in memory: chunks in, their stems out, several at a time where that is faster.

    precision: what matrices are multiplied in, `float32`, `float16` or `bfloat16`; spectra and the angles of rotary
    embeddings stay in float32. Where half precision overflows, the network runs in float32 from then on.
    batch: chunks at a time; None: as many as fit a GPU's free memory, one on a CPU. padded: a batch that isn't full
    is filled up, so that a compiled network always gets the same shape.
    """

    def __init__(
        self,
        torch: Untyped,
        module: Untyped,
        device: str,
        *,
        precision: str = "float32",
        batch: int | None = None,
        padded: bool = False,
    ) -> None:
        self.arrays = TorchArrays(torch, device)
        self._torch, self._module, self._device, self._precision = torch, module, device, precision
        self._batch = batch or (1 if device == "cpu" else None)
        self._padded = padded

    def batch(self) -> int:
        """How many chunks `run` should get. Known after the first one, whose need of memory is measured."""
        return self._batch or 1

    def run(self, chunks: Sequence[Samples]) -> Sequence[Array]:
        """What the network makes of each chunk, shape (stems, 2, frames).

        Where a GPU's memory is too small for them all, half of them are tried, and so on; later batches are smaller.
        """
        fill = (self._batch or 1) - len(chunks) if self._padded else 0
        heard = self.arrays.there(np.stack([*chunks, *[np.zeros_like(chunks[0])] * fill]))
        try:
            made = self._measured(heard) if self._batch is None else self._forward(heard)
        except self._torch.OutOfMemoryError:
            if len(chunks) == 1:
                raise
            made = None
        if made is None:
            # Outside of the handler, as the exception holds on to what was allocated.
            del heard
            self._release()
            half = len(chunks) // 2
            self._batch = min(self._batch or half, half)
            log.warning("batch_halved", batch=self._batch, device=self._device)
            return [*self.run(chunks[:half]), *self.run(chunks[half:])]
        # A network of one stem leaves out its axis.
        made = made if made.ndim == len(("chunk", "stem", "channel", "frame")) else made[:, None]
        return list(made[: len(chunks)])

    def _measured(self, heard: Array) -> Array:
        """A first pass that tells how much memory each chunk takes."""
        if self._device != "cuda":
            self._batch = 1
            return self._forward(heard)
        cuda = self._torch.cuda
        before = cuda.memory_allocated()
        cuda.reset_peak_memory_stats()
        made = self._forward(heard)
        each = max(1, (cuda.max_memory_allocated() - before) // heard.shape[0])
        free = cuda.mem_get_info()[0] + cuda.memory_reserved() - cuda.memory_allocated()
        self._batch = int(max(1, min(_MOST_AT_A_TIME, free * _USABLE_SHARE // each)))
        log.info("batch_chosen", batch=self._batch, megabytes_each=each // 1_000_000)
        return made

    def _forward(self, heard: Array) -> Array:
        exact = nullcontext() if self._device == "cpu" else exact_inverses(self._torch)
        with self._torch.inference_mode(), exact:
            with self._autocast():
                made = self._module(heard).float()
            if self._precision != "float32" and not bool(self._torch.isfinite(made).all()):
                log.warning("precision_raised", was=self._precision, device=self._device)
                self._precision = "float32"
                made = self._module(heard).float()
            return made

    def _autocast(self) -> AbstractContextManager[object]:
        if self._precision == "float32":
            return nullcontext()
        return self._torch.autocast(self._device, dtype=getattr(self._torch, self._precision))

    def _release(self) -> None:
        if self._device == "cuda":
            self._torch.cuda.empty_cache()


def ready(torch: Untyped, module: Untyped, device: str, runtime: Runtime) -> Forward:
    """The network on its device, compiled if that is asked for and can be."""
    module = module.to(device)
    precision = devices.precision(runtime, device)
    if device == "cuda":
        # Convolutions would otherwise be rounded to ten bits, also where float32 is asked for.
        torch.backends.cudnn.allow_tf32 = precision != "float32"
    # Of a Roformer the blocks that repeat, which are compiled once: they are nearly all of its work. The other
    # architectures are not compiled.
    compiled = runtime.compiled and hasattr(module, "layers")
    if compiled:
        # Where the next process finds what this one has compiled.
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str((runtime.models_dir / ".compiled").resolve()))
        for layer in module.layers:
            for block in layer:
                block.compile(dynamic=False)
    return Forward(torch, module, device, precision=precision, padded=compiled)
