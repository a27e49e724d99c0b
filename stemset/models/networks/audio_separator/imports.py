"""audio-separator: the parts of it that are used, imported without the rest, and how it fails.

Its networks' modules and its reading of their configurations serve; its downloads, chunk loops, file reader and
writer and its per-stem normalisation are never used: they are neither checked nor exact (16 bits, a gain that depends
on the peak).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from types import ModuleType

import numpy as np

from stemset.concurrency.import_lock import import_lock
from stemset.concurrency.progress import CHECK_INTERVAL_S
from stemset.errors import EngineMissing, ModelFailed, StemsetError
from stemset.models.networks.audio_separator.mel_filters import mel_filters

_PACKAGE = "audio_separator.separator"
_NETWORKS = "uvr_lib_v5"

# One network at a time is loaded with the library's modules, or computes: several would fight for the same cores or the
# same GPU's memory.
_lock = RLock()


@contextmanager
def run_library(what_failed: str, while_waiting: Callable[[], None] = lambda: None) -> Generator[None]:
    """Load or run a network in this context: no other thread does, warnings are off, and errors become ModelFailed.

    what_failed: the beginning of that error's message. while_waiting: called every CHECK_INTERVAL_S until no other
    thread is in such a context; it may raise.
    """
    while not _lock.acquire(timeout=CHECK_INTERVAL_S):
        while_waiting()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except StemsetError:
        raise
    except Exception as error:
        raise ModelFailed(f"{what_failed}: {type(error).__name__}: {error}") from error
    finally:
        _lock.release()


def require_packages() -> None:
    """Raises EngineMissing where the packages that run networks are not installed. Imports none of them."""
    for package in ("torch", "onnxruntime", "audio_separator"):
        if find_spec(package) is None:
            raise EngineMissing(
                f"The package {package} is not installed, so only built-in models can run. "
                "Run `make setup`, or `pip install 'stemset[ml]'`."
            )


def package_folder() -> Path:
    """Where the library is installed."""
    spec = find_spec("audio_separator")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def import_library_module(name: str) -> ModuleType:
    """A module of the library, such as `uvr_lib_v5.tfc_tdf_v3`. Call it inside `run_library()`.

    Its package imports librosa, requests and more on the way to it, which takes longer than to run a small network;
    so while the module is imported, an empty package stands in.
    """
    stand_ins: dict[str, ModuleType] = {}
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(package_folder() / "separator")]
        stand_ins[_PACKAGE] = package
    if "librosa" not in sys.modules:
        # MelBand-Roformer wants one function of it.
        librosa, filters = ModuleType("librosa"), ModuleType("librosa.filters")
        librosa.__dict__["filters"] = filters
        filters.__dict__["mel"] = mel_filters
        stand_ins |= {"librosa": librosa, "librosa.filters": filters}
    sys.modules.update(stand_ins)
    try:
        with import_lock:
            return import_module(f"{_PACKAGE}.{name}")
    finally:
        for name_of_stand_in in stand_ins:
            sys.modules.pop(name_of_stand_in, None)


@contextmanager
def importing_demucs() -> Generator[Callable[[str], ModuleType]]:
    """Lends a function that imports a module of Demucs by its name. Call it inside `run_library()`.

    Checkpoints name their class `demucs.htdemucs.HTDemucs`; the library has that package in a folder of its own. The
    modules stay loaded under those names only while this lasts, so that a `demucs` of somebody else is not hidden.
    """
    folder = str(package_folder() / "separator" / _NETWORKS)
    foreign = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_demucs(name)}
    sys.modules.update(_demucs_modules)
    sys.path.insert(0, folder)
    # They import a module of the library by its full name.
    import_library_module(f"{_NETWORKS}.device_utils")
    try:
        yield lambda name: import_module(f"demucs.{name}")
    finally:
        sys.path.remove(folder)
        _demucs_modules.update({name: sys.modules.pop(name) for name in list(sys.modules) if _is_demucs(name)})
        sys.modules.update(foreign)


_demucs_modules: dict[str, ModuleType] = {}


def _is_demucs(name: str) -> bool:
    return name.partition(".")[0] == "demucs"


def package_versions() -> dict[str, str]:
    """Package name -> version, of the packages that compute and are installed."""
    found: dict[str, str] = {}
    for name in ("audio-separator", "torch", "onnxruntime", "onnxruntime-gpu"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
