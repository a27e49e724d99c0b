from __future__ import annotations

from importlib import import_module
from typing import Any

from stemset.models.networks.inference.istft import drop_imaginary_ends, exact_istft

torch: Any = import_module("torch")
WINDOW = torch.hann_window(64)


def spectrum() -> Any:
    return torch.randn(2, 33, 20, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))


def sound(of: Any) -> Any:
    return torch.istft(of, 64, 16, window=WINDOW)


def test_only_what_no_real_sound_has_is_taken_out() -> None:
    dirty = spectrum()
    clean = drop_imaginary_ends(dirty)
    assert bool((dirty == spectrum()).all())
    assert bool((clean.real == dirty.real).all())
    assert bool((clean.imag[:, 1:-1] == dirty.imag[:, 1:-1]).all())
    assert not clean.imag[:, [0, -1]].any()


def test_a_cpu_hears_no_difference() -> None:
    assert float((sound(drop_imaginary_ends(spectrum())) - sound(spectrum())).abs().max()) < 1e-6


def test_neither_does_a_gpu() -> None:
    """cuFFT's way, a complex transform of half the length, into which the ends' imaginary parts leak."""

    def halved(of: Any) -> Any:
        turns = torch.exp(2j * torch.pi * torch.arange(32) / 64)
        low, high = of[..., :32], of[..., 1:].flip(-1).conj()
        return torch.view_as_real(torch.fft.ifft((low + high) / 2 + 1j * turns * (low - high) / 2)).flatten(-2)

    def apart(of: Any) -> float:
        frames = of.transpose(-1, -2)
        return float((halved(frames) - torch.fft.irfft(frames)).abs().max())

    assert apart(spectrum()) > 0.01
    assert apart(drop_imaginary_ends(spectrum())) < 1e-6


def test_every_inverse_gets_spectra_drop_imaginary_ends() -> None:
    heard: list[Any] = []

    class Listening(import_module("torch.overrides").TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, arguments: Any = (), options: Any = None) -> Any:
            if function is torch.istft:
                heard.append(arguments[0])
            return function(*arguments, **(options or {}))

    with Listening():
        sound(spectrum())
        with exact_istft():
            sound(spectrum())
        sound(spectrum())
    assert [bool(one.imag[:, [0, -1]].any()) for one in heard] == [True, False, True]
