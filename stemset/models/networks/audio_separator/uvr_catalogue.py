"""The catalogues of the UVR project: parameters of networks by the hash of their weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import JsonValue

from stemset.errors import ModelFailed
from stemset.models.networks.audio_separator.imports import package_folder

_HASHED_BYTES = 10_240_000


def find_entry(weights: Path, models_dir: Path, catalogue: str) -> JsonValue:
    """What is said of these weights in the catalogue that was fetched, or in the one that the library ships.

    The latter wins. Raises ModelFailed where neither knows these weights.
    """
    with weights.open("rb") as file:
        file.seek(max(0, weights.stat().st_size - _HASHED_BYTES))
        digest = hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
    fetched: dict[str, JsonValue] = json.loads((models_dir / catalogue).read_text("utf-8"))
    shipped: dict[str, dict[str, JsonValue]] = json.loads((package_folder() / "model-data.json").read_text("utf-8"))
    found = {**fetched, **shipped[Path(catalogue).stem]}.get(digest)
    if found is None:
        raise ModelFailed(f"{weights} is damaged, or unknown to {catalogue}: its hash isn't in there.")
    return found
