"""What every storage does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """bytes: size. etag: strong, without quotes; changes when the content does."""

    bytes: int
    etag: str


@dataclass(frozen=True)
class Place:
    """Where a client may PUT bytes itself, with these headers and no others of its own, until `expires_at`."""

    url: str = field(repr=False)
    headers: Mapping[str, str]
    expires_at: datetime


class ObjectStore(Protocol):
    """Objects as we put, read and remove them: all that a worker needs of a storage.

    Blocking; an event loop calls it in threads. A missing key raises NotFound; a storage that can't be reached, or
    refuses our key, Unavailable.
    """

    def put(self, key: str, file: Path, content_type: str) -> None:
        """Store a copy of `file`. Readers see the old object or the whole new one, never a part."""
        ...

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None: ...

    def copy(self, key: str, target: str) -> None:
        """The same content under a second key, without a way through this process."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Can be read from any place on; what is not read is not fetched."""
        ...

    def read(self, key: str) -> bytes: ...

    def stat(self, key: str) -> ObjectInfo: ...

    def exists(self, key: str) -> bool: ...

    def local_path(self, key: str) -> Path | None:
        """The object's file where it has one, for serving without a copy; None on remote storage."""
        ...

    def fetch(self, key: str, target: Path) -> None:
        """Copy the object to `target`, which appears only when it is whole."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Remove every object under a folder such as `Keys.job(job_id)`; nothing there is no error."""
        ...

    def tidy(self, prefix: str) -> None:
        """Remove what a writer that was killed left half written under a folder. Call it while nobody writes there."""
        ...

    def sweep(self, prefix: str, older_than: timedelta) -> None:
        """Remove what lies under a folder for longer, whole or half written."""
        ...

    def url(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:
        """An address that gives whoever has it the object, for hours; None where only the API serves.

        The same for hours, so that a browser's cache knows it again; another one for another `version` of the
        content. file_name: it is saved under that name instead of being shown. Computed here; nothing is asked.
        """
        ...


class MultipartStore(Protocol):
    """Objects as clients send them: whole, or in parts that are numbered from 1. Blocking, with errors as above."""

    def place(self, key: str, size: int, content_type: str) -> Place | None:
        """Where to PUT the whole object: exactly `size` bytes of this very type. None where only the API takes it."""
        ...

    def begin_parts(self, key: str, content_type: str) -> str:
        """Begin it; returns the name of this transfer. All parts but the last must have 5 MiB or more."""
        ...

    def part_place(self, key: str, transfer: str, number: int, size: int) -> Place | None:
        """Where to PUT a part of exactly `size` bytes. None where only the API takes it."""
        ...

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        """Take `file`, which may be gone afterwards, for a part, in place of what came before."""
        ...

    def parts(self, key: str, transfer: str) -> Mapping[int, int]:
        """The size in bytes of each part that is there. NotFound: the transfer is over, or was dropped."""
        ...

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        """Make the object of these parts; the transfer is over. NotFound as in `parts`."""
        ...

    def drop_parts(self, key: str, transfer: str) -> None:
        """Give a transfer up, with all its parts; nothing there is no error."""
        ...


class Storage(ObjectStore, MultipartStore, Protocol):
    """Both, over the same keys: what the service works with, and `open_storage` makes."""
