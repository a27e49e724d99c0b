"""Weight files: which a model needs, which are there, and how to fetch the others. Needs no torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from stemset.errors import ConfigError, WeightsDamaged, WeightsMissing
from stemset.models.card import MDX_CATALOGUE, VR_CATALOGUE, ModelCard
from stemset.models.weights.download import (
    BytesDone,
    FetchedFile,
    Unreachable,
    WrongContent,
    fetch,
    partial_size,
)
from stemset.models.weights.lockfile import FirstDownload, read_first_downloads, record_first_download

UVR_FILES = "https://github.com/TRvlvr/model_repo/releases/download/all_public_uvr_models"
LIBRARY_FILES = "https://github.com/nomadkaraoke/python-audio-separator/releases/download/model-configs"
DEMUCS_FILES = "https://dl.fbaipublicfiles.com/demucs/hybrid_transformer"


_UVR_DATA = "https://raw.githubusercontent.com/TRvlvr/application_data/main"
_CATALOGUES = {
    MDX_CATALOGUE: f"{_UVR_DATA}/mdx_model_data/model_data_new.json",
    VR_CATALOGUE: f"{_UVR_DATA}/vr_model_data/model_data_new.json",
}


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
    if file in _CATALOGUES:
        return (_CATALOGUES[file],)
    if file.endswith(".th"):
        return (f"{DEMUCS_FILES}/{file}",)
    if file.endswith(".yaml") and "demucs" not in file:
        return (f"{_UVR_DATA}/mdx_model_data/mdx_c_configs/{file}", f"{LIBRARY_FILES}/{file}")
    return (f"{UVR_FILES}/{file}", f"{LIBRARY_FILES}/{file}")


def download(
    card: ModelCard, models_dir: Path, on_bytes: BytesDone | None = None, *, mirror: str | None = None
) -> tuple[Path, ...]:
    """Fetch the weight files that a model lacks; returns the files fetched here.

    A file appears in models_dir whole, checked, or not at all; one that broke off is resumed by the next call, and
    two processes that want the same file fetch it once. A file that is there but not what it should be is set aside
    as `<name>.damaged` and fetched anew. mirror: the address of a folder to fetch from, instead of the publishers'.

    Raises WeightsMissing where a file can't be had (a network that is away is found out in seconds), WeightsDamaged
    where what comes is wrong, NoSpace where the disk is full.
    """
    command = f"stemset models download {card.name}"
    fetched: list[Path] = []
    for file in card.weights:
        damage = _set_aside_damaged(file, models_dir)
        if locate(file, models_dir):
            if damage:
                raise WeightsDamaged(file, str(models_dir), damage, command)
            continue
        try:
            path = _fetch(file, models_dir, mirror, on_bytes or ignore_bytes)
        except WrongContent as error:
            raise WeightsDamaged(file, error.address, error.reason, command) from error
        except Unreachable as error:
            if damage:
                raise WeightsDamaged(file, str(models_dir), damage, command) from error
            raise WeightsMissing(file, error.address, command, error.reason) from error
        if path:
            fetched.append(path)
    return tuple(fetched)


@dataclass(frozen=True)
class VerifiedFile:
    """A weight file that was read from end to end.

    known: whether there was a hash to compare with, from its publisher or its first download. fault: what is wrong
    with it, in words; None: nothing.
    """

    file: str
    bytes: int
    sha256: str
    known: bool
    fault: str | None


def verify(cards: Iterable[ModelCard], models_dir: Path) -> list[VerifiedFile]:
    """Read every weight file in models_dir that a card names or that was ever downloaded, and check it.

    Raises ConfigError where the record of first downloads can't be understood.
    """
    names = [*(file for card in cards for file in card.weights), *read_first_downloads(models_dir)]
    paths = [locate(file, models_dir) for file in dict.fromkeys(names)]
    found: list[VerifiedFile] = []
    for path in dict.fromkeys(path for path in paths if path):
        size, sha256 = path.stat().st_size, _digest(path)
        fault = _fault(path.name, models_dir, sha256, size)
        known = _published_sha256(path.name) is not None or path.name in read_first_downloads(models_dir)
        found.append(VerifiedFile(path.name, size, sha256, known, fault))
    return found


@dataclass(frozen=True)
class FileState:
    """A weight file of a model. bytes: its size, or what is known or guessed of it while it isn't here.

    fetched: the bytes so far of a file that isn't whole.
    """

    name: str
    bytes: int | None
    present: bool
    fetched: int = 0


def file_states(card: ModelCard, models_dir: Path) -> list[FileState]:
    """The weight files of a model, in the card's order. Looks at sizes only."""
    known: dict[str, FirstDownload] = {}
    # A damaged record is an error for those who trust it, and not for those who only want to show sizes.
    with suppress(ConfigError):
        known = read_first_downloads(models_dir)
    states: list[FileState] = []
    for file in card.weights:
        if path := locate(file, models_dir):
            states.append(FileState(file, path.stat().st_size, present=True))
            continue
        fetched, announced = partial_size(models_dir / file)
        size = announced or (known[file].bytes if file in known else _guess_size(file, card))
        states.append(FileState(file, size, present=False, fetched=fetched))
    return states


def digests(card: ModelCard, models_dir: Path) -> dict[str, str]:
    """sha256 of every weight file that is there, by its name in models_dir."""
    found = [path for file in card.weights if (path := locate(file, models_dir))]
    return {path.name: _digest(path) for path in found}


@lru_cache(maxsize=256)
def _sha256(path: Path, _mtime_ns: int, _size: int) -> str:
    # Time and size are part of the cache's key: a file that was replaced is read again.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(path: Path) -> str:
    status = path.stat()
    return _sha256(path, status.st_mtime_ns, status.st_size)


def _fetch(file: str, models_dir: Path, mirror: str | None, on_bytes: BytesDone) -> Path | None:
    places = (f"{mirror.rstrip('/')}/{file}",) if mirror else addresses(file)

    def find_fault(fetched: FetchedFile) -> str | None:
        first = read_first_downloads(models_dir).get(file)
        # A catalogue grows with every model that is published.
        if file not in _CATALOGUES and (fault := _fault(file, models_dir, fetched.sha256, fetched.bytes)):
            return fault
        if first is None or first.sha256 != fetched.sha256:
            # Before the file is in its place, so that none is ever there without its hash.
            entry = FirstDownload(
                sha256=fetched.sha256, bytes=fetched.bytes, address=fetched.address, fetched_at=datetime.now(UTC)
            )
            record_first_download(models_dir, file, entry)
        return None

    return models_dir / file if fetch(models_dir / file, places, find_fault, on_bytes) else None


def _set_aside_damaged(file: str, models_dir: Path) -> str | None:
    """Rename the file that is there if something is wrong with it, and say what; None: nothing, or it isn't there."""
    path = locate(file, models_dir)
    if path is None or (_published_sha256(path.name) is None and path.name not in read_first_downloads(models_dir)):
        return None
    fault = _fault(path.name, models_dir, _digest(path), path.stat().st_size)
    if fault:
        # In a folder that can only be read it stays; `download` then refuses it.
        with suppress(OSError):
            path.replace(path.with_name(f"{path.name}.damaged"))
    return fault


def _fault(file: str, models_dir: Path, sha256: str, size: int) -> str | None:
    """What is wrong with a file of this hash and size; None: nothing that is known."""
    published = _published_sha256(file)
    if published and not sha256.startswith(published):
        return f"its sha256 begins with {sha256[:8]}, and its name promises {published}"
    first = read_first_downloads(models_dir).get(file)
    if first and size != first.bytes:
        return f"it has {size:,} bytes, and had {first.bytes:,} at its first download"
    if first and sha256 != first.sha256:
        return f"its sha256 begins with {sha256[:8]}, and began with {first.sha256[:8]} at its first download"
    return None


def _published_sha256(file: str) -> str | None:
    """The first 8 digits of its sha256 that a file of Demucs carries in its name; None for other files."""
    found = re.fullmatch(r"[0-9a-f]+-([0-9a-f]{8})\.th", file)
    return found[1] if found else None


def _guess_size(file: str, card: ModelCard) -> int | None:
    """An equal share of the model's size for each network; None for a description of one, which is small."""
    networks = [weight for weight in card.weights if not weight.endswith((".yaml", ".json"))]
    return card.size_bytes // len(networks) if file in networks else None


def ignore_bytes(_done: int, _whole: int | None) -> None:
    """The BytesDone of a caller who doesn't watch."""
