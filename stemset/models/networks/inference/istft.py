"""Sound from spectra on a GPU, the same as on a CPU.

The lowest and the highest bin of a real signal's spectrum have no imaginary part. Those that a network makes do have
one. The CPU's transform ignores it; cuFFT takes it for sound, and not always: that depends on how many spectra it gets
at a time, so that the same chunk would sound another way in another batch. So it is taken out.
"""

# torch is not typed well enough.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from typing import Any

from stemset.models.networks.inference.overlap_add import Array
from stemset.models.networks.untyped import Untyped


def of_real_sound(spectrum: Array) -> Array:
    """A complex spectrum (…, bins, times) of a whole, even window, without what no real signal has."""
    spectrum = spectrum.clone()
    spectrum.imag[..., 0, :] = 0
    spectrum.imag[..., -1, :] = 0
    return spectrum


@cache
def exact_inverses(torch: Untyped) -> AbstractContextManager[object]:
    """While this is entered, every torch.istft of this thread gets spectra of real sound."""

    class ExactInverses(import_module("torch.overrides").TorchFunctionMode):
        def __torch_function__(
            self,
            function: Callable[..., object],
            _types: Sequence[type],
            arguments: Sequence[Any] = (),
            options: Mapping[str, Any] | None = None,
        ) -> object:
            if function is torch.istft:
                arguments = (of_real_sound(arguments[0]), *arguments[1:])
            return function(*arguments, **(options or {}))

    return ExactInverses()
