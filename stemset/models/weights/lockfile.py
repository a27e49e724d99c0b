"""weights.json in the models folder: the hash and size of each weight file at its first download.

Most publishers state no hash. The first download is trusted; from then on a file must stay what it was.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from stemset.concurrency.file_lock import locked
from stemset.errors import ConfigError
from stemset.storage.replacing import replace_file

NAME = "weights.json"
WORKING = ".partial"
"""The folder, in the models folder, of parts, locks and requests: of all that is no whole weight file."""


class FirstDownload(BaseModel):
    """A weight file as it was at its first download. bytes: its size; address: where it came from."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    bytes: int
    address: str
    fetched_at: datetime


class _File(BaseModel):
    schema_version: Literal[1] = 1
    files: dict[str, FirstDownload] = {}


def read_first_downloads(models_dir: Path) -> dict[str, FirstDownload]:
    """The first downloads by file name. Raises ConfigError where weights.json can't be understood."""
    return _read(models_dir).files


def record_first_download(models_dir: Path, name: str, entry: FirstDownload) -> None:
    """Put in, or replace, the entry of one file; safe beside other processes that do the same."""
    lock = models_dir / WORKING / "weights.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with locked(lock):
        file = _read(models_dir)
        file.files[name] = entry
        write_whole(models_dir / NAME, file.model_dump_json(indent=2).encode())


def write_whole(target: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old one or the new one; folders are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        replace_file(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)


def _read(models_dir: Path) -> _File:
    path = models_dir / NAME
    try:
        return _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _File()
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(str(path), f"can't be understood: {first['msg']}; remove it to record anew") from None
