"""Where audio and manifests are kept. Objects are immutable: a key, once written, keeps its content.

Key names are made in `Keys` and nowhere else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol
from uuid import UUID

from stemset.errors import NotFound


@dataclass(frozen=True)
class ObjectInfo:
    """bytes: size. etag: strong, without quotes; changes when the content does."""

    bytes: int
    etag: str


class Storage(Protocol):
    """Blocking; an event loop calls it in threads. A missing key raises NotFound."""

    def put(self, key: str, file: Path, content_type: str) -> None:
        """Store a copy of `file`. Readers see the old object or the whole new one, never a part."""
        ...

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None: ...

    def open(self, key: str) -> BinaryIO: ...

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


class Keys:
    """Every key name. Ids are UUIDs and stem names come from a checked strategy; client file names never appear.

    The mixture is the stem `mixture`.
    """

    SAMPLES_PER_PIXEL = (256, 2048, 16384)

    @staticmethod
    def recording(recording_id: UUID) -> str:
        return f"recordings/{recording_id}"

    @staticmethod
    def source(recording_id: UUID, extension: str) -> str:
        """extension: lower case without a dot."""
        return f"recordings/{recording_id}/source.{extension}"

    @staticmethod
    def job(job_id: UUID) -> str:
        return f"jobs/{job_id}"

    @staticmethod
    def stem(job_id: UUID, stem: str) -> str:
        return f"jobs/{job_id}/stems/{stem}.flac"

    @staticmethod
    def index(job_id: UUID, stem: str) -> str:
        return f"jobs/{job_id}/stems/{stem}.index"

    @staticmethod
    def peaks(job_id: UUID, stem: str, samples_per_pixel: int) -> str:
        return f"jobs/{job_id}/peaks/{stem}.{samples_per_pixel}.dat"

    @staticmethod
    def manifest(job_id: UUID) -> str:
        return f"jobs/{job_id}/manifest.json"


class LocalStorage:
    """Objects as files under one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, file: Path, content_type: str) -> None:  # noqa: ARG002 - files carry no content type
        with self._replacing(self._path(key)) as temporary, file.open("rb") as source:
            shutil.copyfileobj(source, temporary, 1 << 20)

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - as above
        with self._replacing(self._path(key)) as temporary:
            temporary.write(content)

    def open(self, key: str) -> BinaryIO:
        return self._existing(key).open("rb")

    def read(self, key: str) -> bytes:
        return self._existing(key).read_bytes()

    def stat(self, key: str) -> ObjectInfo:
        stat = self._existing(key).stat()
        # The rename that publishes an object gives it a new inode, so this changes whenever the content may have.
        identity = f"{stat.st_ino}.{stat.st_mtime_ns}.{stat.st_size}"
        return ObjectInfo(stat.st_size, hashlib.sha256(identity.encode()).hexdigest()[:32])

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def local_path(self, key: str) -> Path | None:
        return self._existing(key)

    def fetch(self, key: str, target: Path) -> None:
        with self._existing(key).open("rb") as source, self._replacing(target) as temporary:
            shutil.copyfileobj(source, temporary, 1 << 20)

    def delete_prefix(self, prefix: str) -> None:
        folder = self._path(prefix)
        if folder.is_dir():
            shutil.rmtree(folder)

    def tidy(self, prefix: str) -> None:
        for folder, _, names in os.walk(self._path(prefix)):
            for name in names:
                if name.startswith("."):
                    Path(folder, name).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        """Refuses what could lead out of the root; keys are ours, so this is a second lock."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or "\\" in key or "\0" in key or {"..", "."} & set(key.split("/")):
            raise NotFound("stored object", key)
        return self._root.joinpath(*parts)

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise NotFound("stored object", key)
        return path

    @contextmanager
    def _replacing(self, target: Path) -> Generator[BinaryIO]:
        """A temporary file beside `target` that takes its name, durably, when the block ends well."""
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
