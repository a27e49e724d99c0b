"""Ending a network's run in the middle of a forward pass, which may take minutes for one chunk on a slow machine."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from importlib import import_module
from threading import get_ident
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemset.concurrency.progress import LOOK_S, Heed
from stemset.models.networks.untyped import Untyped


@contextmanager
def watched_modules(heed: Heed) -> Generator[None]:
    """Before each torch module that this thread runs, however deep in a network, `heed` may raise."""
    thread = get_ident()

    def before(_module: object, _inputs: object) -> None:
        if get_ident() == thread:
            heed.again()

    handle = import_module("torch.nn.modules.module").register_module_forward_pre_hook(before)
    try:
        yield
    finally:
        handle.remove()


class InterruptibleSession:
    """A session of onnxruntime, run so that it can be ended. Always in one thread: CUDA keeps state for each."""

    def __init__(self, session: Untyped) -> None:
        self._session = session
        self._input = session.get_inputs()[0]
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="onnxruntime")

    @property
    def takes_batches(self) -> bool:
        """Whether it takes several spectra at a time; many networks are fixed at one."""
        return not isinstance(self._input.shape[0], int)

    def run(self, spectrum: NDArray[np.float32], heed: Heed) -> NDArray[np.float32]:
        """The session's output for its one input. What heed raises meanwhile ends the run, which is awaited."""
        feed = {self._input.name: spectrum}
        return self._ended_by(heed, lambda options: self._session.run(None, feed, options)[0])

    def run_bound(self, spectrum: Untyped, made: Untyped, device: str, heed: Heed) -> None:
        """The same from one contiguous float32 torch tensor into another, both on the device; nothing is copied."""
        binding = self._session.io_binding()
        bound = (
            (binding.bind_input, self._input, spectrum),
            (binding.bind_output, self._session.get_outputs()[0], made),
        )
        for bind, put, tensor in bound:
            bind(put.name, device, 0, np.float32, tuple(tensor.shape), tensor.data_ptr())
        self._ended_by(heed, lambda options: self._session.run_with_iobinding(binding, options))

    def _ended_by(self, heed: Heed, call: Callable[[Any], Any]) -> Untyped:
        options = import_module("onnxruntime").RunOptions()
        future = self._thread.submit(call, options)
        try:
            while not wait([future], LOOK_S).done:
                heed.again()
        except BaseException:
            options.terminate = True
            wait([future])
            raise
        return future.result()
