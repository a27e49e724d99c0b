"""audio-separator: import it and load a network of it, offline and without its ffmpeg.

Its downloads, its file reader and writer and its per-stem normalisation are never used: they are neither checked
nor exact (16 bits, a gain that depends on the peak).
"""

# The library has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false, reportImplicitOverride=false
from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module, metadata, resources
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from stemset.audio import Samples
from stemset.errors import EngineMissing, ModelFailed, StemsetError
from stemset.models.base import Device
from stemset.models.engine.loading import LOOK_S
from stemset.models.registry import Architecture, ModelCard
from stemset.models.weights import MDX_CATALOGUE

MODULES = "audio_separator.separator"
LIBRARY_TYPES = {
    Architecture.MDX: "MDX",
    Architecture.MDX23C: "MDXC",
    Architecture.ROFORMER: "MDXC",
    Architecture.MEL_ROFORMER: "MDXC",
    Architecture.DEMUCS: "Demucs",
}

# Windows of a Roformer or MDX23C that cover each moment. More cost as many times more and gain little.
_OVERLAP = 2
# The share of a window of MDX-Net and Demucs that overlaps the next: the library's own choice.
_OVERLAP_SHARE = 0.25
# Demucs can average runs over randomly shifted input; one run is what its authors' own program does.
_SHIFTS = 1


class Bag(Protocol):
    """What is used of a loaded Demucs: several networks, and the stems they give in their own order."""

    models: Sequence[object]
    sources: Sequence[str]


class Network(Protocol):
    """What is used of the library's object for one loaded network. Its stems have its own names for them."""

    torch_device: object
    onnx_execution_provider: Sequence[str] | None
    primary_stem_name: str
    demucs_model_instance: Bag
    model_run: Callable[[Any], Any]

    def demix(self, mix: Samples) -> Samples | dict[str, Samples]:
        """Of all but Demucs: the one stem, or several by name."""
        ...

    def demix_demucs(self, mix: Samples) -> Sequence[Samples]:
        """Of Demucs: the stems in the order of `sources`, the first two swapped."""
        ...


class _Separator(Protocol):
    model_instance: Network

    def load_model(self, model_filename: str) -> None: ...


# The library keeps state in its modules and changes Python's import path: one thread at a time is inside it.
_inside = RLock()


@contextmanager
def library(what_failed: str, while_waiting: Callable[[], None] = lambda: None) -> Generator[None]:
    """Run code of the library: alone, quiet, and with every way in which it ends badly turned into ModelFailed.

    while_waiting: called now and then until no other thread is inside; it may raise.
    """
    while not _inside.acquire(timeout=LOOK_S):
        while_waiting()
    try:
        path = list(sys.path)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                yield
        except StemsetError:
            raise
        except SystemExit as error:
            # The library leaves the process when weights don't fit their configuration.
            raise ModelFailed(f"{what_failed}: its weights are damaged or belong to another network.") from error
        except Exception as error:
            raise ModelFailed(f"{what_failed}: {type(error).__name__}: {error}") from error
        finally:
            sys.path[:] = path
    finally:
        _inside.release()


def require() -> None:
    """Raises EngineMissing where the packages that run networks are not installed. Imports none of them."""
    for package in ("torch", "onnxruntime", "audio_separator"):
        if find_spec(package) is None:
            raise EngineMissing(
                f"The package {package} is not installed, so only built-in models can run. "
                "Run `make setup`, or `pip install 'stemset[ml]'`."
            )


def load(model_filename: str, card: ModelCard, models_dir: Path, device: Device) -> Network:
    """A network of the library, ready to run. Call it, and run it, inside `library()`.

    The packages and all weight files must be there.
    """
    separator = _separator_class()(card, models_dir, device)
    separator.load_model(model_filename)
    instance = separator.model_instance
    if LIBRARY_TYPES[card.architecture] == "Demucs":
        # The library would build the network anew for every song.
        pretrained = import_module(f"{MODULES}.uvr_lib_v5.demucs.pretrained")
        network = pretrained.get_model(name=Path(model_filename).stem, repo=models_dir)
        instance.demucs_model_instance = network.to(instance.torch_device).eval()
    return instance


def versions() -> dict[str, str]:
    """Of the packages that compute, by name; those installed."""
    found: dict[str, str] = {}
    for name in ("audio-separator", "torch", "onnxruntime", "onnxruntime-gpu"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


@cache
def _separator_class() -> Callable[[ModelCard, Path, Device], _Separator]:
    # So that the library adds no handler of its own; its warnings go where the process's log goes.
    logging.getLogger("audio_separator").addHandler(logging.NullHandler())
    separator: Any = import_module(f"{MODULES}.separator").Separator
    with _torchvision():
        import_module(f"{MODULES}.architectures.mdx_separator")

    class OfflineSeparator(separator):
        """The library's Separator, kept from the network and from ffmpeg."""

        def __init__(self, card: ModelCard, models_dir: Path, device: Device) -> None:
            self._card = card
            self._models_dir = models_dir
            self._device = device
            super().__init__(
                log_level=logging.WARNING,
                model_file_dir=str(models_dir),
                output_dir=str(models_dir),
                mdx_params={
                    "hop_length": 1024,
                    "segment_size": 256,
                    "overlap": _OVERLAP_SHARE,
                    "batch_size": 1,
                    "enable_denoise": False,
                },
                demucs_params={
                    "segment_size": "Default",
                    "shifts": _SHIFTS,
                    "overlap": _OVERLAP_SHARE,
                    "segments_enabled": True,
                },
                mdxc_params={
                    "segment_size": 256,
                    "override_model_segment_size": False,
                    "batch_size": 1,
                    "overlap": _OVERLAP,
                    "pitch_shift": 0,
                },
            )

        def check_ffmpeg_installed(self) -> None:
            """Not needed: sound is read and written by Stemset."""

        def setup_torch_device(self, system_info: object) -> None:
            if self._device == "cpu":
                torch = import_module("torch")
                self.torch_device = self.torch_device_cpu = torch.device("cpu")
                self.onnx_execution_provider = ["CPUExecutionProvider"]
                return
            super().setup_torch_device(system_info)
            if self._device != "auto" and self.torch_device.type != self._device:
                raise ModelFailed(f"This machine has no device {self._device!r} that torch can use.")

        def download_model_files(self, model_filename: str) -> tuple[str, str, str, str, str | None]:
            """What the library would learn from its catalogues on the network; the card knows it."""
            kind = LIBRARY_TYPES[self._card.architecture]
            config = next((file for file in self._card.weights if file.endswith(".yaml")), None)
            path = str(self._models_dir / model_filename)
            return model_filename, kind, self._card.title, path, config if kind == "MDXC" else None

        def load_model_data_using_hash(self, model_path: str) -> dict[str, Any]:
            """Parameters of an MDX-Net, from the catalogues on disk."""
            shipped = resources.files("audio_separator").joinpath("model-data.json").read_text(encoding="utf-8")
            fetched = (self._models_dir / MDX_CATALOGUE).read_text(encoding="utf-8")
            parameters = {**json.loads(fetched), **json.loads(shipped)["mdx_model_data"]}.get(
                self.get_model_hash(model_path)
            )
            if parameters is None:
                raise ModelFailed(f"{model_path} is damaged, or unknown to {MDX_CATALOGUE}: its hash isn't in there.")
            # The length the network was trained with, else the library converts it to torch at 256 frames.
            self.arch_specific_params["MDX"]["segment_size"] = 2 ** parameters["mdx_dim_t_set"]
            return parameters

    return OfflineSeparator


@contextmanager
def _torchvision() -> Generator[None]:
    """While onnx2torch is imported: a stand-in for a torchvision that is absent or doesn't fit this torch.

    onnx2torch wants two operators of it that no separation network has.
    """
    try:
        import_module("torchvision")
    except (ImportError, RuntimeError, OSError):
        stub, operators = ModuleType("torchvision"), ModuleType("torchvision.ops")
        stub.__dict__["ops"] = operators
        operators.__dict__.update(roi_align=_absent, nms=_absent)
        sys.modules |= {"torchvision": stub, "torchvision.ops": operators}
        try:
            yield
        finally:
            # Others who look for torchvision must not find the stand-in.
            for name in ("torchvision", "torchvision.ops"):
                sys.modules.pop(name, None)
    else:
        yield


def _absent(*_: object, **__: object) -> None:
    raise NotImplementedError("torchvision is not installed")
