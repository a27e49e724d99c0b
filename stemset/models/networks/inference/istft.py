"""Sound from spectra on a GPU, the same as on a CPU.

The lowest and the highest bin of a real signal's spectrum have no imaginary part. Those that a network makes do have
one. The CPU's transform ignores it; cuFFT takes it for sound, and not always: that depends on how many spectra it gets
at a time, so that the same chunk would sound another way in another batch. So it is taken out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from typing_extensions import override


def drop_imaginary_ends(spectrum: torch.Tensor) -> torch.Tensor:
    """A complex spectrum (…, bins, times) of a whole, even window, with a real lowest and a real highest bin."""
    spectrum = spectrum.clone()
    spectrum.imag[..., 0, :] = 0
    spectrum.imag[..., -1, :] = 0
    return spectrum


class _ExactIstft(TorchFunctionMode):
    @override
    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        if func is torch.istft:
            args = (drop_imaginary_ends(args[0]), *args[1:])
        return func(*args, **(kwargs or {}))


@cache
def exact_istft() -> AbstractContextManager[object]:
    """While this is entered, torch.istft in this thread gives the same sound on every device."""
    return _ExactIstft()
