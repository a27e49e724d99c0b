"""The node cache: outputs of models are kept, so that no model runs twice on the same input.

They lie under the hash of everything that they follow from: the samples of the input, the model, its weights and
parameters, and the code that computes. So a resumed or repeated job, or another strategy that begins alike, takes them
from here.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
import structlog
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from stemset import __version__, audio
from stemset.models.model import AudioSeparator, ModelFacts
from stemset.models.pretrained.model import AudioSeparatorLibraryModel

log = structlog.stdlib.get_logger()

# Folders whose names begin with a dot are being written or removed; older than this, their process was killed.
_LEFT_BEHIND_S = 3600.0
_ENTRY = "entry.json"


_PACKAGE = Path(__file__).parent.parent
_COMPUTING = ("models/builtin", "models/networks", "models/model.py", "models/pretrained/model.py", "audio/pcm.py")
"""Sources that the samples of a model's slots follow from, within the package.

The first two compute, the next two decide which slot takes the rest of the input, and the last resamples and writes.
Blending is not among them, as only what each model made is kept; nor is decoding, as the decoded samples are hashed.
What is said of a model is elsewhere, but for the cards of built-in models, whose outputs are made anew in seconds.
"""


@dataclass(frozen=True)
class CachedOutputs:
    """What the cache gave: slot -> file, slot -> hash of its samples, and what the model ran on when it made them."""

    files: dict[str, Path]
    hashes: dict[str, str]
    facts: ModelFacts


class NodeCache(Protocol):
    """Keeps outputs of models. It never makes a job fail: what can't be kept or read is a miss."""

    def get(self, key: str, slots: Collection[str], folder: Path) -> CachedOutputs | None:
        """Link the files of these slots into folder as `{slot}.wav`; None unless all are there and undamaged."""
        ...

    def put(self, key: str, outputs: Mapping[str, Path], slots: Collection[str], facts: ModelFacts) -> dict[str, str]:
        """Keep the files of these slots, which nobody may change any more; returns the hashes of their samples.

        outputs: slot -> file, of all slots that the model made. Other slots that the entry has already stay in it.
        """
        ...


def pcm_hash(file: Path) -> str:
    """The sha256 of a float WAV's samples and shape; not of its bytes, as the header may hold the time of writing."""
    pcm = audio.pcm_of(file)
    digest = hashlib.sha256(f"{pcm.sample_rate} {pcm.channels} {pcm.frames}\n".encode())
    for block in audio.blocks(file):
        digest.update(np.ascontiguousarray(block.T).data)
    return digest.hexdigest()


def node_key(model: AudioSeparator, input_hash: str, wanted: Collection[str] = ()) -> str | None:
    """The key of the model's outputs for this input; None while its weights aren't all there.

    input_hash: see pcm_hash. wanted: the slots of the run, which mostly make no difference; see AudioSeparator.variant.
    """
    facts = model.facts()
    if len(facts.weights_sha256) < len(model.card.weights):
        return None
    parts: dict[str, JsonValue] = {
        "input": input_hash,
        "model": model.model_filename,
        "slots": list(model.output_slots),
        "weights": dict(facts.weights_sha256),
        "params": model.params.model_dump(mode="json"),
        "variant": model.variant(wanted),
        "engine": {**facts.versions, "stemset": __version__, "code": _hash_code_of(type(model))},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def _hash_code_of(model: type[AudioSeparator]) -> str:
    """A model whose code has changed is another model, released or not. A library model has no code of its own."""
    is_elsewhere = not issubclass(model, AudioSeparatorLibraryModel)
    return hash_code(_PACKAGE, [Path(inspect.getfile(model))] if is_elsewhere else [])


def hash_code(package: Path, further: Iterable[Path] = ()) -> str:
    """The hash of the sources in the folder of the package that compute, and of further ones."""
    digest = hashlib.sha256()
    sources = [file for name in _COMPUTING for file in _python_files(package / name)]
    for file in (*sources, *further):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _python_files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


class _Slot(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    pcm_sha256: str


class _Entry(BaseModel):
    """entry.json: its modification time is when the entry was last used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: dict[str, _Slot]
    facts: ModelFacts


class FolderCache:
    """A NodeCache in a folder, for several processes at once: an entry appears and goes by one renaming.

    max_bytes: of all entries; those unused for longest go first. Files are hard links where the file system allows
    it, so an entry may go while a job still reads its files.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def get(self, key: str, slots: Collection[str], folder: Path) -> CachedOutputs | None:
        """See NodeCache. Every sample is checked against its hash; a damaged entry is removed."""
        entry = self._read(key)
        if entry is None or not entry.slots.keys() >= set(slots):
            return None
        files = {slot: folder / f"{slot}.wav" for slot in slots}
        found: CachedOutputs | None = None
        try:
            for file in files.values():
                _link(self._folder / key / file.name, file)
            if all(_is_undamaged(file, entry.slots[slot]) for slot, file in files.items()):
                os.utime(self._folder / key / _ENTRY)
                found = CachedOutputs(files, {slot: entry.slots[slot].pcm_sha256 for slot in slots}, entry.facts)
            else:
                self._discard(key, "damaged")
        except FileNotFoundError as error:
            self._discard(key, str(error))
        except OSError as error:
            # Not the entry's fault: a full disk, perhaps.
            log.warning("cache_not_read", key=key, reason=str(error))
        if found is None:
            for file in files.values():
                file.unlink(missing_ok=True)
        return found

    def put(self, key: str, outputs: Mapping[str, Path], slots: Collection[str], facts: ModelFacts) -> dict[str, str]:
        """See NodeCache."""
        before = self._read(key)
        fresh = {
            slot: _Slot(bytes=outputs[slot].stat().st_size, pcm_sha256=pcm_hash(outputs[slot]))
            for slot in sorted(slots)
        }
        entry = _Entry(slots={**(before.slots if before else {}), **fresh}, facts=facts)
        hashes = {slot: kept.pcm_sha256 for slot, kept in fresh.items()}
        if sum(kept.bytes for kept in entry.slots.values()) > self._max_bytes:
            return hashes
        try:
            self._write(key, entry, outputs)
            self._shrink()
        except OSError as error:
            log.warning("cache_not_kept", key=key, reason=str(error))
        return hashes

    def forget(self, keys: Iterable[str]) -> None:
        """Remove what is kept under these keys, if anything is."""
        for key in keys:
            self._remove(self._folder / key)

    def _read(self, key: str) -> _Entry | None:
        try:
            return _Entry.model_validate_json((self._folder / key / _ENTRY).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            self._discard(key, str(error))
            return None

    def _write(self, key: str, entry: _Entry, outputs: Mapping[str, Path]) -> None:
        fresh = self._new_hidden_path()
        fresh.mkdir(parents=True)
        try:
            for slot in entry.slots:
                # What another run has kept, and this one hasn't made, stays.
                source = outputs[slot] if slot in outputs else self._folder / key / f"{slot}.wav"
                _link(source, fresh / f"{slot}.wav")
            (fresh / _ENTRY).write_bytes(entry.model_dump_json().encode())
            self._remove(self._folder / key)
            # Fails where another process has just kept the same; one is as good as the other.
            with suppress(OSError):
                fresh.rename(self._folder / key)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _shrink(self) -> None:
        """Remove what is over the cap, and what a killed process left half done."""
        entries: list[tuple[float, int, Path]] = []
        for folder in self._folder.iterdir():
            try:
                if not folder.name.startswith("."):
                    used = (folder / _ENTRY).stat().st_mtime
                    entries.append((used, sum(file.stat().st_size for file in folder.iterdir()), folder))
                elif time.time() - folder.stat().st_mtime > _LEFT_BEHIND_S:
                    shutil.rmtree(folder, ignore_errors=True)
            except FileNotFoundError:
                # Another process is removing it, or somebody has taken it apart.
                self._remove(folder)
        total = sum(size for _, size, _ in entries)
        for _, size, folder in sorted(entries):
            if total <= self._max_bytes:
                break
            self._remove(folder)
            total -= size

    def _discard(self, key: str, reason: str) -> None:
        log.info("cache_entry_discarded", key=key, reason=reason)
        self._remove(self._folder / key)

    def _remove(self, entry: Path) -> None:
        gone = self._new_hidden_path()
        # Perhaps another process was faster.
        with suppress(OSError):
            entry.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _new_hidden_path(self) -> Path:
        return self._folder / f".{secrets.token_hex(8)}"


def _is_undamaged(file: Path, slot: _Slot) -> bool:
    try:
        return file.stat().st_size == slot.bytes and pcm_hash(file) == slot.pcm_sha256
    except soundfile.SoundFileError:
        return False


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, target)
