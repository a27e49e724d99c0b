"""Objects as files of one folder of this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from uuid import uuid4

from stemset.errors import NotFound
from stemset.storage.protocol import ObjectInfo, PresignedPut
from stemset.storage.replacing import replace_file, write_atomically

_BUFFER_BYTES = 1 << 20


class LocalStorage:
    """Objects as files under one folder. Only the API gives them out and takes them in: no URL is presigned.

    The parts of an object lie in a hidden folder beside it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, file: Path, content_type: str) -> None:  # noqa: ARG002 - files carry no content type
        with write_atomically(self._path(key), durable=True) as temporary, file.open("rb") as source:
            shutil.copyfileobj(source, temporary, _BUFFER_BYTES)

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - as above
        with write_atomically(self._path(key), durable=True) as temporary:
            temporary.write(content)

    def copy(self, key: str, target: str) -> None:
        source, path = self._existing_file(key), self._path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Objects are replaced, never written into, so two names may share one content.
        link = path.parent / f".{path.name}.{uuid4().hex}"
        os.link(source, link)
        replace_file(link, path)
        # Nothing is renamed where both were names of one content before.
        link.unlink(missing_ok=True)

    def open(self, key: str) -> BinaryIO:
        return self._existing_file(key).open("rb")

    def read(self, key: str) -> bytes:
        return self._existing_file(key).read_bytes()

    def stat(self, key: str) -> ObjectInfo:
        stat = self._existing_file(key).stat()
        # The rename that publishes an object gives it a new inode, so this changes whenever the content may have.
        identity = f"{stat.st_ino}.{stat.st_mtime_ns}.{stat.st_size}"
        return ObjectInfo(stat.st_size, hashlib.sha256(identity.encode()).hexdigest()[:32])

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def local_path(self, key: str) -> Path | None:
        return self._existing_file(key)

    def fetch(self, key: str, target: Path) -> None:
        with self._existing_file(key).open("rb") as source, write_atomically(target, durable=True) as temporary:
            shutil.copyfileobj(source, temporary, _BUFFER_BYTES)

    def delete_prefix(self, prefix: str) -> None:
        folder = self._path(prefix)
        if folder.is_dir():
            shutil.rmtree(folder)

    def remove_unfinished(self, prefix: str) -> None:
        for folder, folders, names in os.walk(self._path(prefix)):
            for name in folders:
                if name.startswith("."):
                    shutil.rmtree(Path(folder, name), ignore_errors=True)
            for name in names:
                if name.startswith("."):
                    Path(folder, name).unlink(missing_ok=True)

    def remove_older_than(self, prefix: str, older_than: timedelta) -> None:
        too_old = time.time() - older_than.total_seconds()
        for folder, _, names in os.walk(self._path(prefix), topdown=False):
            here = Path(folder)
            for path in (*(here / name for name in names), here):
                _remove_if_older(path, too_old)

    def presign_download(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:  # noqa: ARG002
        return None

    def presign_upload(self, key: str, size: int, content_type: str) -> PresignedPut | None:  # noqa: ARG002
        return None

    def begin_parts(self, key: str, content_type: str) -> str:  # noqa: ARG002 - files carry no content type
        transfer = uuid4().hex
        self._parts_folder(key, transfer).mkdir(parents=True)
        return transfer

    def presign_part(self, key: str, transfer: str, number: int, size: int) -> PresignedPut | None:  # noqa: ARG002
        return None

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        folder = self._existing_parts_folder(key, transfer)
        try:
            file.replace(folder / str(number))
        except FileNotFoundError:
            raise NotFound("transfer", transfer) from None
        except OSError:
            # On another disk.
            with write_atomically(folder / str(number), durable=True) as part, file.open("rb") as source:
                shutil.copyfileobj(source, part, _BUFFER_BYTES)

    def list_parts(self, key: str, transfer: str) -> Mapping[int, int]:
        folder = self._existing_parts_folder(key, transfer)
        return {int(file.name): file.stat().st_size for file in sorted(folder.iterdir()) if file.name.isdecimal()}

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        folder = self._existing_parts_folder(key, transfer)
        with write_atomically(self._path(key), durable=True) as whole:
            for number in numbers:
                with (folder / str(number)).open("rb") as part:
                    shutil.copyfileobj(part, whole, _BUFFER_BYTES)
        shutil.rmtree(folder, ignore_errors=True)

    def drop_parts(self, key: str, transfer: str) -> None:
        shutil.rmtree(self._parts_folder(key, transfer), ignore_errors=True)

    def _parts_folder(self, key: str, transfer: str) -> Path:
        path = self._path(key)
        return path.parent / f".{path.name}.{transfer}.parts"

    def _existing_parts_folder(self, key: str, transfer: str) -> Path:
        folder = self._parts_folder(key, transfer)
        if not folder.is_dir():
            raise NotFound("transfer", transfer)
        return folder

    def _path(self, key: str) -> Path:
        """Return the file of a key. Raises NotFound where that would lie outside the root."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or "\\" in key or "\0" in key or {"..", "."} & set(key.split("/")):
            raise NotFound("stored object", key)
        return self._root.joinpath(*parts)

    def _existing_file(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise NotFound("stored object", key)
        return path


def _remove_if_older(path: Path, limit: float) -> None:
    """Remove a file, or an empty folder, that was last changed before `limit` (seconds since 1970)."""
    # Somebody else may remove it, or put something into the folder, at this moment.
    with suppress(OSError):
        if path.stat().st_mtime < limit:
            path.rmdir() if path.is_dir() else path.unlink()
