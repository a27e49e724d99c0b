"""Fetching one file over HTTP: resumed where it broke off, checked, and whole or not there at all.

What has come so far lies in `.partial/<name>.part`, and beside it, in `<name>.json`, what the server announced. The
process that fetches holds the lock `<name>.lock` there, so that two that want the same file fetch it once, and progress
can be read from the disk by anybody.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from threading import Event, Thread
from urllib.request import getproxies

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from stemset.concurrency.file_lock import locked
from stemset.errors import NoSpace
from stemset.models.weights.lockfile import WORKING, write_whole

_CONNECT_TIMEOUT_S = 3.0
_READ_TIMEOUT_S = 30.0

_TRIES = 4
"""How often in a row a transfer that broke off is taken up again without getting further than before."""
_FIRST_PAUSE_S = 0.2

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

BytesDone = Callable[[int, int | None], None]
"""Told (bytes so far, bytes in all if the server says) of the file being fetched. May raise, which ends the fetch;
what has come is kept for the next one."""


@dataclass(frozen=True)
class Fetched:
    """A file that came."""

    sha256: str
    bytes: int
    address: str


Accept = Callable[[Fetched], str | None]
"""Says what is wrong with a file that came; None: nothing, and it is about to be put in its place."""


class Unreachable(Exception):
    """No address had the file. `reason`: what the first one answered."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class Wrong(Exception):
    """A file came, but not the right one; it is gone again."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class _Note(BaseModel):
    """What the server announced of the file that a part is of. validator: its ETag or date."""

    model_config = ConfigDict(frozen=True)

    address: str
    bytes: int | None
    validator: str | None


def on_disk(target: Path) -> tuple[int, int | None]:
    """(Bytes so far, bytes in all where announced) of a file that is being, or was partly, fetched."""
    part = _part_of(target)
    try:
        done = part.stat().st_size
    except FileNotFoundError:
        return 0, None
    note = _read_note(part)
    return done, note.bytes if note else None


def fetch(target: Path, addresses: Sequence[str], accept: Accept, on_bytes: BytesDone) -> Fetched | None:
    """Fetch target from the first address that has it; None where another process just did.

    Raises Unreachable, Wrong (the last thing that came is not what it should be) or NoSpace.
    """
    with _claimed(target, on_bytes) as part:
        if part is None:
            return None
        refusals: list[Unreachable | Wrong] = []
        timeout = httpx.Timeout(_READ_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            for address in addresses:
                try:
                    _transfer(client, address, part, on_bytes)
                    return part.settle(target, address, accept)
                except (Unreachable, Wrong) as refusal:
                    refusals.append(refusal)
        raise next((refusal for refusal in refusals if isinstance(refusal, Wrong)), refusals[0])


class _Part:
    """The part of a file, open for writing; its lock is held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = FileIO(path, "a")

    @property
    def size(self) -> int:
        return os.fstat(self._stream.fileno()).st_size

    def resumable(self, address: str) -> _Note | None:
        """The note, if what is here can be gone on with from that address."""
        note = _read_note(self.path)
        return note if note and note.address == address and note.validator and self.size else None

    def restart(self, note: _Note | None = None) -> None:
        """Empty it; note: of what will be put in."""
        self._stream.truncate(0)
        if note:
            write_whole(_note_of(self.path), note.model_dump_json().encode())
        else:
            _note_of(self.path).unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Raises NoSpace, and gives the space back, when the disk is full."""
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self._stream.write(rest) or 0 :]
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            self.restart()
            raise NoSpace(self.path.stem, self.path.parent.parent) from error

    def settle(self, target: Path, address: str, accept: Accept) -> Fetched:
        """Check the whole file and put it in its place."""
        os.fsync(self._stream.fileno())
        size = self.size
        with self.path.open("rb") as whole:
            sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
        fetched = Fetched(sha256, size, address)
        if wrong := accept(fetched):
            self.restart()
            raise Wrong(address, wrong)
        # Windows renames no open file.
        self._stream.close()
        self.path.replace(target)
        _note_of(self.path).unlink(missing_ok=True)
        return fetched

    def close(self) -> None:
        """Keep what has come, if anything has, for the next fetch."""
        self._stream.close()
        if self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()
            _note_of(self.path).unlink(missing_ok=True)


def _part_of(target: Path) -> Path:
    return target.parent / WORKING / f"{target.name}.part"


def _note_of(part: Path) -> Path:
    return part.with_suffix(".json")


def _read_note(part: Path) -> _Note | None:
    try:
        return _Note.model_validate_json(_note_of(part).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


@contextmanager
def _claimed(target: Path, on_bytes: BytesDone) -> Generator[_Part | None]:
    """The part of target, for this process alone; None where the target came while we waited for that."""
    path = _part_of(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock"), while_waiting=lambda: on_bytes(*on_disk(target))):
        # Only now is it sure that nobody is about to put the file there.
        if _is_there(target):
            yield None
            return
        with closing(_Part(path)) as part:
            yield part


def _is_there(target: Path) -> bool:
    return target.is_file() and target.stat().st_size > 0


def _transfer(client: httpx.Client, address: str, part: _Part, on_bytes: BytesDone) -> None:
    """Until the part is whole, taking it up again where it breaks off. Raises Unreachable, NoSpace."""
    if not _resolves(address):
        raise Unreachable(address, "the name of the host is unknown here")
    furthest, tries, came = part.size, 0, False
    while True:
        try:
            whole = _take(client, address, part, on_bytes)
        except httpx.HTTPError as error:
            if not came and part.size <= furthest:
                raise Unreachable(address, _words(error)) from error
            whole, reason = False, _words(error)
        else:
            reason = "it ended too early"
        if whole:
            return
        came = True
        tries = 0 if part.size > furthest else tries + 1
        furthest = max(furthest, part.size)
        if tries >= _TRIES:
            raise Unreachable(address, reason)
        time.sleep(_FIRST_PAUSE_S * 2**tries)


def _take(client: httpx.Client, address: str, part: _Part, on_bytes: BytesDone) -> bool:
    """One request; True when the part is whole after it."""
    headers = {"accept-encoding": "identity"}
    note = part.resumable(address)
    if note and note.validator:
        if part.size == note.bytes:
            return True
        headers |= {"range": f"bytes={part.size}-", "if-range": note.validator}
    with client.stream("GET", address, headers=headers) as response:
        if response.status_code == HTTPStatus.PARTIAL_CONTENT and note:
            if _content_range(response) != (part.size, note.bytes):
                # Not what was asked for, so nothing of it can be trusted.
                part.restart()
                return False
        elif response.status_code == HTTPStatus.OK:
            note = _announced(address, response)
            part.restart(note)
        elif response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and note:
            part.restart()
            return False
        else:
            raise Unreachable(address, f"HTTP {response.status_code}")
        if note.bytes is not None:
            free = shutil.disk_usage(part.path.parent).free
            if free < note.bytes - part.size:
                raise NoSpace(part.path.stem, part.path.parent.parent, note.bytes - part.size, free)
        encoded = "content-encoding" in response.headers
        # As they come: what has been received is on the disk, however slow the line is.
        for chunk in response.iter_bytes() if encoded else response.iter_raw():
            part.append(chunk)
            on_bytes(part.size, note.bytes)
    if part.size == 0:
        raise Unreachable(address, "the file there is empty")
    if note.bytes is not None and part.size > note.bytes:
        part.restart()
        return False
    return part.size == note.bytes or note.bytes is None


def _announced(address: str, response: httpx.Response) -> _Note:
    """What the headers say of the whole file. Raises Unreachable where that can be no weight file."""
    headers = response.headers
    if headers.get("content-type", "").startswith("text/html"):
        # Such as the login page of a network, which answers 200 to everything.
        raise Unreachable(address, "it answers with a web page")
    if "content-encoding" in headers:
        return _Note(address=address, bytes=None, validator=None)
    length = headers.get("content-length", "")
    if not length.isdecimal() and headers.get("transfer-encoding", "").lower() != "chunked":
        raise Unreachable(address, "it doesn't say where the file ends")
    etag = headers.get("etag", "")
    # A weak one stands for files that only mean the same.
    validator = etag if etag.startswith('"') else headers.get("last-modified")
    return _Note(address=address, bytes=int(length) if length.isdecimal() else None, validator=validator)


def _content_range(response: httpx.Response) -> tuple[int, int] | None:
    """(First byte, bytes of the whole file)."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("content-range", ""))
    return (int(found[1]), int(found[2])) if found else None


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__


def _resolves(address: str) -> bool:
    """Whether the name of the address's host is known, found out in time; a proxy is left to know it.

    The system's resolver may take half a minute where there is no network, and no timeout of httpx covers it.
    """
    url = httpx.URL(address)
    if url.scheme in getproxies():
        return True
    found, answered = Event(), Event()

    def look_up() -> None:
        with suppress(OSError):
            socket.getaddrinfo(url.host, url.port or 443)
            found.set()
        answered.set()

    Thread(target=look_up, name="look-up", daemon=True).start()
    answered.wait(_CONNECT_TIMEOUT_S)
    return found.is_set()
