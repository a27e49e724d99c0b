"""One loaded network: float32 samples in, float32 samples out.

The seam for a faster engine: whatever replaces the library's own chunk loops has this class's three members.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from stemset.audio import Samples
from stemset.errors import ModelFailed
from stemset.models.base import Device, Progress
from stemset.models.engine.interrupting import Heed, OnnxSession, watched_modules
from stemset.models.engine.library import LIBRARY_TYPES, MODULES, Network, library, load
from stemset.models.registry import ModelCard

SAMPLE_RATE = 44100
"""What every network of the library was trained at."""

# The peak at which networks hear their input; the library's own choice.
_PEAK = 0.9
# Half a step of 24 bits: below it there is nothing to bring up.
_SILENCE = 2**-24
# Below this length the library gives a Roformer or MDX23C another window than it was trained with; so we pad.
_SHORTEST_FRAMES = 10 * SAMPLE_RATE


class LibraryNetwork:
    """A network in memory."""

    def __init__(self, model_filename: str, card: ModelCard, models_dir: Path, device: Device) -> None:
        """Load it; packages and weights must be there. Raises ModelFailed where the library can't load it."""
        self._name = model_filename
        self._kind = LIBRARY_TYPES[card.architecture]
        with library(f"{model_filename} could not be loaded"):
            self._network: Network = load(model_filename, card, models_dir, device)
        self._onnx = OnnxSession(self._network.model_run) if self._kind == "MDX" else None

    @property
    def device(self) -> str:
        """What it computes on: `cpu`, `cuda`, `mps`."""
        # An MDX-Net runs in onnxruntime, which may lack the GPU that torch has.
        if self._kind == "MDX" and (self._network.onnx_execution_provider or ("CPU",))[0].startswith("CPU"):
            return "cpu"
        return str(self._network.torch_device)

    def demix(self, mix: Samples, progress: Progress) -> dict[str, Samples]:
        """The network's stems of a stereo mix at SAMPLE_RATE, by the library's names; each of the mix's length.

        Linear in gain: a network always hears the mix at the same peak, however quiet it is. Raises ModelFailed.
        progress is told the same fraction again and again, even in the middle of a forward pass; what it raises
        ends that within a few operations of the network, which stays whole.
        """
        peak = float(np.abs(mix).max(initial=0.0))
        gain = _PEAK / peak if peak > _SILENCE else 1.0
        heed = Heed(progress)
        with (
            library(f"{self._name} failed", heed.again),
            _chunk_loops(self._loops(), heed.tell),
            self._interruptible(heed),
        ):
            raw = self._run(np.ascontiguousarray(mix * np.float32(gain)))
        stems = {name: np.asarray(stem[:, : mix.shape[1]], dtype=np.float32) for name, stem in raw.items()}
        for name, stem in stems.items():
            if stem.shape != mix.shape or not np.isfinite(stem).all():
                raise ModelFailed(f"{self._name} gave no usable sound for its stem {name!r}.")
        return {name: stem / np.float32(gain) for name, stem in stems.items()}

    @contextmanager
    def _interruptible(self, heed: Heed) -> Generator[None]:
        if self._onnx:
            self._network.model_run = self._onnx.runner(heed)
        with watched_modules(heed):
            yield

    def _loops(self) -> int:
        """How often the network goes over the song; each network of a Demucs bag does once."""
        return len(self._network.demucs_model_instance.models) if self._kind == "Demucs" else 1

    def _run(self, mix: Samples) -> dict[str, Samples]:
        if self._kind == "Demucs":
            first, second, *rest = self._network.demucs_model_instance.sources
            return dict(zip((second, first, *rest), self._network.demix_demucs(mix), strict=True))
        if self._kind == "MDXC":
            mix = np.pad(mix, ((0, 0), (0, max(0, _SHORTEST_FRAMES - mix.shape[1]))))
        stems = self._network.demix(mix)
        # An MDX-Net's one stem is not multiplied by its `compensate`: the other slot is what it leaves, at any level.
        return stems if isinstance(stems, dict) else {self._network.primary_stem_name: stems}


@contextmanager
def _chunk_loops(count: int, progress: Progress) -> Generator[None]:
    """Follow `count` loops over chunks, which the library draws as progress bars. Inside `library()` only."""
    done = 0

    def follow(chunks: Sequence[object], *_: object, **__: object) -> Generator[object]:
        nonlocal done
        for number, chunk in enumerate(chunks, start=1):
            yield chunk
            progress(min((done + number / len(chunks)) / count, 1.0))
        done += 1

    replacements: list[tuple[str, str, Any]] = [
        (f"{MODULES}.architectures.mdx_separator", "tqdm", follow),
        (f"{MODULES}.architectures.mdxc_separator", "tqdm", follow),
        (f"{MODULES}.uvr_lib_v5.demucs.apply", "tqdm", SimpleNamespace(tqdm=follow)),
        # Demucs shifts its input at random; seeded, a song gives the same stems whatever ran before.
        (f"{MODULES}.uvr_lib_v5.demucs.apply", "random", random.Random(0)),  # noqa: S311
    ]
    loaded = [(sys.modules[module], name, value) for module, name, value in replacements if module in sys.modules]
    originals = [getattr(module, name) for module, name, _ in loaded]
    try:
        for module, name, value in loaded:
            setattr(module, name, value)
        yield
    finally:
        for (module, name, _), original in zip(loaded, originals, strict=True):
            setattr(module, name, original)
