"""Fetches all weights of a strategy ahead of its first job, at somebody's request.

A request lies in the models folder as `.partial/<strategy>.request`, and its progress follows from the weight files
there. So every process sees the same, and a process that is killed loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from stemset.errors import StemsetError
from stemset.models.card import ModelCard
from stemset.models.weights.download import BytesDone
from stemset.models.weights.files import FileState, download, file_states, weights_state
from stemset.models.weights.lockfile import WORKING, write_whole

_SAME_CLICK_S = 10.0


class WeightsRequest(BaseModel):
    """Somebody wants the weights of these models.

    files: those that were missing at asked_at; failure: why they could not be fetched, in words.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    id: str
    strategy: str
    models: tuple[str, ...]
    files: tuple[str, ...]
    asked_at: datetime
    failure: str | None = None


def add(strategy: str, cards: Iterable[ModelCard], models_dir: Path) -> WeightsRequest | None:
    """Request the weights that the strategy's models lack; None where nothing is missing.

    A second request within seconds is the first one, if that didn't fail. A later one takes its place: two workers
    that fetch the same files fetch nothing twice, and should nobody work on the first any more, somebody works on the
    second.
    """
    wanted = {card.name: card for card in cards}
    files = dict.fromkeys(file for card in wanted.values() for file in weights_state(card, models_dir).missing)
    if not files:
        return None
    now = datetime.now(UTC)
    before = find(strategy, models_dir)
    if before and not before.failure and (now - before.asked_at).total_seconds() < _SAME_CLICK_S:
        return before
    request = WeightsRequest(id=uuid4().hex, strategy=strategy, models=tuple(wanted), files=tuple(files), asked_at=now)
    _write(request, models_dir)
    return request


def find(strategy: str, models_dir: Path) -> WeightsRequest | None:
    """The last request for this strategy that has not been fulfilled."""
    try:
        return WeightsRequest.model_validate_json(_file_of(strategy, models_dir).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def progress(request: WeightsRequest, cards: Iterable[ModelCard], models_dir: Path) -> float | None:
    """0 to 1, by the bytes on the disk; None where the request failed or every file is here.

    cards: of the models of the request.
    """
    states = {file.name: file for card in cards for file in file_states(card, models_dir)}
    wanted = [states[name] for name in request.files if name in states]
    if request.failure or all(file.present for file in wanted):
        return None
    # A file of unknown size is small: it tells how to run a network.
    whole = sum(file.bytes or 0 for file in wanted)
    return round(sum(map(_bytes_here, wanted)) / whole, 4) if whole else 0.0


def fetch(
    request: WeightsRequest,
    cards: Iterable[ModelCard],
    models_dir: Path,
    on_bytes: BytesDone,
    *,
    mirror: str | None = None,
) -> None:
    """Fetch what is missing, going on with files that were begun, and remove the request.

    cards: of the models of the request. Raises what `download` raises, which is kept with the request.
    """
    try:
        for card in cards:
            download(card, models_dir, on_bytes, mirror=mirror)
    except (StemsetError, OSError) as error:
        if _is_last(request, models_dir):
            _write(request.model_copy(update={"failure": str(error)}), models_dir)
        raise
    cancel(request, models_dir)


def cancel(request: WeightsRequest, models_dir: Path) -> None:
    """Remove the request, unless a later one has taken its place."""
    if _is_last(request, models_dir):
        _file_of(request.strategy, models_dir).unlink(missing_ok=True)


def _bytes_here(file: FileState) -> int:
    whole = file.bytes or 0
    return whole if file.present else min(whole, file.fetched)


def _is_last(request: WeightsRequest, models_dir: Path) -> bool:
    last = find(request.strategy, models_dir)
    return last is None or last.id == request.id


def _write(request: WeightsRequest, models_dir: Path) -> None:
    write_whole(_file_of(request.strategy, models_dir), request.model_dump_json().encode())


def _file_of(strategy: str, models_dir: Path) -> Path:
    return models_dir / WORKING / f"{strategy}.request"
