"""The interface that every storage implements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """The size and the ETag of a stored object. etag: strong, without quotes; changes when the content does."""

    bytes: int
    etag: str


@dataclass(frozen=True)
class PresignedPut:
    """A URL to which a client may PUT bytes itself, with these headers and no others of its own, until `expires_at`."""

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

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store `content`; as `put`."""
        ...

    def copy(self, key: str, target: str) -> None:
        """Store the content of `key` under a second key as well; its bytes don't pass through this process."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open the object as a seekable file; bytes that are not read are not fetched."""
        ...

    def read(self, key: str) -> bytes:
        """Return the whole content."""
        ...

    def stat(self, key: str) -> ObjectInfo:
        """Return size and ETag."""
        ...

    def exists(self, key: str) -> bool:
        """Tell whether there is such an object."""
        ...

    def local_path(self, key: str) -> Path | None:
        """Return the object's own file, which must not be changed; None on remote storage."""
        ...

    def fetch(self, key: str, target: Path) -> None:
        """Copy the object to `target`, which appears only when it is whole."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Remove every object under a folder such as `Keys.job(job_id)`; nothing there is no error."""
        ...

    def remove_unfinished(self, prefix: str) -> None:
        """Remove what killed writers left half written under a folder. Call it while nobody writes there."""
        ...

    def remove_older_than(self, prefix: str, older_than: timedelta) -> None:
        """Remove the objects and unfinished transfers under a folder that were written before `older_than` ago."""
        ...

    def presign_download(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:
        """Return a URL by which anybody may GET the object, for hours; None where only the API serves it.

        The URL stays the same for hours, so that a browser's cache knows it again, but differs for another `version`
        of the content. file_name: the browser saves the object under that name. Computed here, without a request.
        """
        ...


class MultipartStore(Protocol):
    """Objects as clients send them: whole, or in parts that are numbered from 1. Blocking; errors as of ObjectStore."""

    def presign_upload(self, key: str, size: int, content_type: str) -> PresignedPut | None:
        """Return a URL to PUT the object to: exactly `size` bytes of this type. None where only the API takes it."""
        ...

    def begin_parts(self, key: str, content_type: str) -> str:
        """Begin a transfer in parts and return its name. All parts but the last must have 5 MiB or more."""
        ...

    def presign_part(self, key: str, transfer: str, number: int, size: int) -> PresignedPut | None:
        """Return a URL to PUT a part of exactly `size` bytes to. None where only the API takes it."""
        ...

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        """Store `file` as a part, in place of an earlier one of that number. The file may be moved away."""
        ...

    def list_parts(self, key: str, transfer: str) -> Mapping[int, int]:
        """Return the size in bytes of each stored part. Raises NotFound when the transfer was joined or dropped."""
        ...

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        """Make the object of these parts and end the transfer. Raises NotFound as `list_parts`."""
        ...

    def drop_parts(self, key: str, transfer: str) -> None:
        """Remove a transfer with all its parts; a transfer that isn't there is no error."""
        ...


class Storage(ObjectStore, MultipartStore, Protocol):
    """An ObjectStore and a MultipartStore over the same keys: what `open_storage` returns."""
