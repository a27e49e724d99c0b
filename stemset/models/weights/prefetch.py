"""Fetching all weights of a strategy ahead of its first job: who asked for what, how far it is, why it failed.

An order lies in the models folder as `.partial/<strategy>.order`, and how far it is follows from the files beside it,
so that every process sees the same and a killed one takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from stemset.errors import StemsetError
from stemset.models import registry
from stemset.models.weights.download import BytesDone
from stemset.models.weights.files import download, file_states, weights_state
from stemset.models.weights.lockfile import WORKING, write_whole

_SAME_CLICK_S = 10.0


class Order(BaseModel):
    """The weights of these models are wanted. files: those that were missing; failure: why they could not be had."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    id: str
    strategy: str
    models: tuple[str, ...]
    files: tuple[str, ...]
    asked_at: datetime
    failure: str | None = None


def place(strategy: str, models: Iterable[str], models_dir: Path) -> Order | None:
    """Ask for what the models lack, and forget why it failed before; None where nothing is missing.

    Asked twice within seconds, it is one order. Later it is another: doing it twice fetches nothing twice, and should
    nobody work on the first any more, somebody works on the second.
    """
    models = tuple(dict.fromkeys(models))
    files = dict.fromkeys(file for model in models for file in weights_state(registry.card(model), models_dir).missing)
    if not files:
        return None
    now = datetime.now(UTC)
    before = find(strategy, models_dir)
    if before and not before.failure and (now - before.asked_at).total_seconds() < _SAME_CLICK_S:
        return before
    order = Order(id=uuid4().hex, strategy=strategy, models=models, files=tuple(files), asked_at=now)
    _write(order, models_dir)
    return order


def find(strategy: str, models_dir: Path) -> Order | None:
    """The last order for this strategy that has not been carried out."""
    try:
        return Order.model_validate_json(_file_of(strategy, models_dir).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def progress(order: Order, models_dir: Path) -> float | None:
    """0 to 1, by the bytes on the disk; None where it failed or everything is here."""
    states = {file.name: file for model in order.models for file in file_states(registry.card(model), models_dir)}
    wanted = [states[name] for name in order.files if name in states]
    if order.failure or all(file.present for file in wanted):
        return None
    # A file of unknown size is small: it tells how to run a network.
    known = [file for file in wanted if file.bytes]
    whole = sum(file.bytes or 0 for file in known)
    done = sum(min(file.bytes or 0, (file.bytes or 0) if file.present else file.fetched) for file in known)
    return round(done / whole, 4) if whole else 0.0


def carry_out(order: Order, models_dir: Path, on_bytes: BytesDone, *, mirror: str | None = None) -> None:
    """Fetch what is missing; resumes what was begun. What makes it fail is kept with the order, then raised."""
    try:
        for model in order.models:
            download(model, models_dir, on_bytes, mirror=mirror)
    except (StemsetError, OSError) as error:
        if _is_last(order, models_dir):
            _write(order.model_copy(update={"failure": str(error)}), models_dir)
        raise
    withdraw(order, models_dir)


def withdraw(order: Order, models_dir: Path) -> None:
    """Forget the order, unless there is a later one."""
    if _is_last(order, models_dir):
        _file_of(order.strategy, models_dir).unlink(missing_ok=True)


def _is_last(order: Order, models_dir: Path) -> bool:
    last = find(order.strategy, models_dir)
    return last is None or last.id == order.id


def _write(order: Order, models_dir: Path) -> None:
    write_whole(_file_of(order.strategy, models_dir), order.model_dump_json().encode())


def _file_of(strategy: str, models_dir: Path) -> Path:
    return models_dir / WORKING / f"{strategy}.order"
