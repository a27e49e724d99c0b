"""Weight files: which a model needs, which are there, and how to fetch the others. Needs no torch."""

from __future__ import annotations

import hashlib
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event, Thread
from urllib.request import getproxies

import httpx

from stemset.errors import WeightsMissing
from stemset.models import registry
from stemset.models.registry import ModelCard

UVR_FILES = "https://github.com/TRvlvr/model_repo/releases/download/all_public_uvr_models"
LIBRARY_FILES = "https://github.com/nomadkaraoke/python-audio-separator/releases/download/model-configs"
DEMUCS_FILES = "https://dl.fbaipublicfiles.com/demucs/hybrid_transformer"
MDX_CATALOGUE = "mdx_model_data.json"
"""Parameters of every MDX-Net (window, bins) by the md5 of its weights; audio-separator reads them from it."""

_UVR_DATA = "https://raw.githubusercontent.com/TRvlvr/application_data/main/mdx_model_data"
_CONNECT_TIMEOUT_S = 3.0
_READ_TIMEOUT_S = 30.0

BytesDone = Callable[[int, int | None], None]
"""Told (bytes so far, bytes in all if the server says) of the file being fetched. May raise `Cancelled`."""


@dataclass(frozen=True)
class WeightsState:
    """The files of one model, by name."""

    present: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """True where the model can run; always for a model that needs no weights."""
        return not self.missing


def weights_state(card: ModelCard, models_dir: Path) -> WeightsState:
    """Which weight files of a model lie in models_dir. Looks at names and sizes only."""
    present = tuple(file for file in card.weights if locate(file, models_dir))
    return WeightsState(present, tuple(file for file in card.weights if file not in present))


def locate(file: str, models_dir: Path) -> Path | None:
    """The weight file in models_dir; None if it isn't there or is empty.

    Demucs finds `{signature}-{start of its sha256}.th` by the signature and checks the rest itself, so another
    training of the same network may lie there.
    """
    signature, dash, _ = file.partition("-")
    candidates = models_dir.glob(f"{signature}-*.th") if file.endswith(".th") and dash else [models_dir / file]
    return next((path for path in candidates if path.is_file() and path.stat().st_size > 0), None)


def addresses(file: str) -> tuple[str, ...]:
    """Where a weight file is published; the likeliest first."""
    if file == MDX_CATALOGUE:
        return (f"{_UVR_DATA}/model_data_new.json",)
    if file.endswith(".th"):
        return (f"{DEMUCS_FILES}/{file}",)
    if file.endswith(".yaml") and "demucs" not in file:
        return (f"{_UVR_DATA}/mdx_c_configs/{file}", f"{LIBRARY_FILES}/{file}")
    return (f"{UVR_FILES}/{file}", f"{LIBRARY_FILES}/{file}")


def download(name: str, models_dir: Path, on_bytes: BytesDone | None = None) -> tuple[Path, ...]:
    """Fetch what the model `name` lacks; returns the files fetched.

    Raises WeightsMissing at the first file that can't be had; no retries, so that a job without a network fails at
    once. A file appears in models_dir whole or not at all.
    """
    state = weights_state(registry.card(name), models_dir)
    return tuple(_fetch(name, file, models_dir, on_bytes) for file in state.missing)


def digests(card: ModelCard, models_dir: Path) -> dict[str, str]:
    """sha256 of every weight file that is there, by its name in models_dir."""
    found = [path for file in card.weights if (path := locate(file, models_dir))]
    return {path.name: _sha256(path, path.stat().st_mtime_ns, path.stat().st_size) for path in found}


@lru_cache(maxsize=256)
def _sha256(path: Path, _mtime_ns: int, _size: int) -> str:
    # Time and size are part of the cache's key: a file that was replaced is read again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(model: str, file: str, models_dir: Path, on_bytes: BytesDone | None) -> Path:
    target = models_dir / file
    models_dir.mkdir(parents=True, exist_ok=True)
    fresh = models_dir / f".{secrets.token_hex(8)}.part"
    tried = addresses(file)
    timeout = httpx.Timeout(_READ_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
    if not _resolves(tried[0]):
        raise _missing(model, file, tried)
    try:
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            for address in tried:
                if _stream(client, address, fresh, on_bytes):
                    fresh.replace(target)
                    return target
    except httpx.HTTPError as error:
        raise _missing(model, file, tried) from error
    finally:
        fresh.unlink(missing_ok=True)
    raise _missing(model, file, tried)


def _resolves(address: str) -> bool:
    """Whether the name of the address's host is known, found out in time; a proxy is left to know it.

    The system's resolver may take half a minute where there is no network, and no timeout of httpx covers it.
    """
    url = httpx.URL(address)
    if url.scheme in getproxies():
        return True
    found, answered = Event(), Event()

    def look_up() -> None:
        with suppress(OSError):
            socket.getaddrinfo(url.host, url.port or 443)
            found.set()
        answered.set()

    Thread(target=look_up, name="look-up", daemon=True).start()
    answered.wait(_CONNECT_TIMEOUT_S)
    return found.is_set()


def _stream(client: httpx.Client, address: str, target: Path, on_bytes: BytesDone | None) -> bool:
    """True if the whole file came; False where the server has no such file, or gave less than it announced."""
    with client.stream("GET", address) as response:
        if not response.is_success:
            return False
        announced = response.headers.get("content-length")
        whole = int(announced) if announced and "content-encoding" not in response.headers else None
        done = 0
        with target.open("wb") as out:
            for chunk in response.iter_bytes(1 << 20):
                out.write(chunk)
                done += len(chunk)
                if on_bytes:
                    on_bytes(done, whole)
    return done > 0 and whole in (None, done)


def _missing(model: str, file: str, tried: tuple[str, ...]) -> WeightsMissing:
    return WeightsMissing(file, tried[0], f"stemset models download {model}")
