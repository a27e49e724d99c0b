"""Checkpoints of torch networks: built without random weights, and read where they lie on the disk."""

# torch is not typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false, reportImplicitOverride=false
from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from stemset.errors import ModelFailed
from stemset.models.networks.untyped import Untyped


def uninitialised(torch: Untyped) -> AbstractContextManager[object]:
    """Within it, this thread's new modules have whatever is in memory as weights: they are about to be loaded."""

    class SkipInit(torch.overrides.TorchFunctionMode):
        def __torch_function__(
            self, function: Untyped, _types: Untyped, args: Untyped = (), kwargs: Untyped = None
        ) -> Untyped:
            kwargs = kwargs or {}
            if getattr(function, "__module__", None) == "torch.nn.init":
                return kwargs["tensor"] if "tensor" in kwargs else args[0]
            return function(*args, **kwargs)

    return SkipInit()


def state_of(torch: Untyped, file: Path) -> dict[str, Any]:
    """The tensors of a checkpoint by name. They are the file's own pages, read when they are used."""
    # Before torch 1.6 checkpoints were no archives, and can't be mapped.
    state = torch.load(file, map_location="cpu", mmap=is_zipfile(file), weights_only=True)
    for key in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            return state[key]
    return state


def fill(module: Untyped, state: dict[str, Any], name: str) -> Untyped:
    """The module with this state instead of its own, ready to run in float32. ModelFailed where they don't fit."""
    try:
        module.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelFailed(
            f"{name} could not be loaded: its weights are damaged or belong to another network."
        ) from error
    # Of a state that was kept in half precision; the others stay the file's pages.
    return module.float().eval().requires_grad_(False)
