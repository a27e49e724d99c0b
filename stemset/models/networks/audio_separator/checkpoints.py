"""Checkpoints of torch networks: built without random weights, and read where they lie on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import is_zipfile

import torch
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from stemset.errors import ModelFailed

State: TypeAlias = dict[str, torch.Tensor]
"""The tensors of a network by name."""


class _SkipInitialisation(TorchFunctionMode):
    @override
    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def skip_initialisation() -> AbstractContextManager[object]:
    """Within it, this thread's new modules have whatever is in memory as weights: they are about to be loaded."""
    return _SkipInitialisation()


def read_state(file: Path) -> State:
    """The tensors of a checkpoint. They are the file's own pages, read when they are used."""
    # Before torch 1.6 checkpoints were no archives, and can't be mapped.
    state = torch.load(file, map_location="cpu", mmap=is_zipfile(file), weights_only=True)
    for key in ("state_dict", "model"):
        if key in state and isinstance(state[key], dict):
            return state[key]
    return state


def load_state(module: torch.nn.Module, state: State, name: str) -> torch.nn.Module:
    """The module with this state, ready to run in float32. Raises ModelFailed where they don't fit; name: the file."""
    try:
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelFailed(
            f"{name} could not be loaded: its weights are damaged or belong to another network."
        ) from error
    # Of a state that was kept in half precision; the others stay the file's pages.
    return module.float().eval().requires_grad_(False)
