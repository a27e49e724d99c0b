"""Ending a network's run in the middle of a forward pass, which may take minutes for one chunk on a slow machine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemset.concurrency.progress import CHECK_INTERVAL_S, ProgressRepeater

if TYPE_CHECKING:
    import onnxruntime
    import torch

Result = TypeVar("Result")


@contextmanager
def interrupt_torch_modules(repeater: ProgressRepeater) -> Generator[None]:
    """While the context lasts, call `repeater.repeat` before each torch module that this thread runs.

    What it raises ends the forward pass at that module, however deep in a network.
    """
    from torch.nn.modules.module import register_module_forward_pre_hook  # noqa: PLC0415 - not for networks without it

    thread = get_ident()

    def before(_module: object, _inputs: object) -> None:
        if get_ident() == thread:
            repeater.repeat()

    handle = register_module_forward_pre_hook(before)
    try:
        yield
    finally:
        handle.remove()


class InterruptibleSession:
    """A session of onnxruntime that can be ended. It runs in a thread of its own: CUDA keeps state for each thread."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="onnxruntime")

    @property
    def takes_batches(self) -> bool:
        """Whether it takes several spectra at a time; many networks are fixed at one."""
        return not isinstance(self._input.shape[0], int)

    def run(self, spectrum: NDArray[np.float32], repeater: ProgressRepeater) -> NDArray[np.float32]:
        """The session's output for its one input. What the repeater raises ends the run, which is awaited."""
        feed = {self._input.name: spectrum}
        return self._run(repeater, lambda options: self._session.run(None, feed, options)[0])

    def run_bound(self, spectrum: torch.Tensor, output: torch.Tensor, device: str, repeater: ProgressRepeater) -> None:
        """The same from one contiguous float32 tensor into another, both on the device; nothing is copied."""
        binding = self._session.io_binding()
        bound = (
            (binding.bind_input, self._input, spectrum),
            (binding.bind_output, self._session.get_outputs()[0], output),
        )
        for bind, place, tensor in bound:
            bind(place.name, device, 0, np.float32, tuple(tensor.shape), tensor.data_ptr())
        self._run(repeater, lambda options: self._session.run_with_iobinding(binding, options))

    def _run(self, repeater: ProgressRepeater, run: Callable[[onnxruntime.RunOptions], Result]) -> Result:
        from onnxruntime import RunOptions  # noqa: PLC0415 - not for networks of torch

        options = RunOptions()
        future = self._thread.submit(run, options)
        try:
            while not wait([future], CHECK_INTERVAL_S).done:
                repeater.repeat()
        except BaseException:
            options.terminate = True
            wait([future])
            raise
        return future.result()
