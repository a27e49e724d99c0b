"""Fetches one file over HTTP: resumed where it broke off, checked, and put in its place only when it is whole.

The bytes so far lie in `.partial/<name>.part`, and beside them, in `<name>.json`, what the server announced. The
process that fetches holds the lock `<name>.lock` there: so two processes that want the same file fetch it once, and any
process can read the progress from the disk.
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
"""Called with (bytes so far, bytes in all if the server says) of the file being fetched. It may raise, which ends the
fetch; the next one goes on from the bytes so far."""


@dataclass(frozen=True)
class FetchedFile:
    """What is known of a file once all its bytes have come from the address."""

    sha256: str
    bytes: int
    address: str


FindFault = Callable[[FetchedFile], str | None]
"""Says what is wrong with a file that came; None: nothing, and it is about to be put in its place."""


class Unreachable(Exception):
    """The address didn't give the file, for this reason. A signal within `weights`: `download` makes an error of it."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class WrongContent(Exception):
    """The address gave another file than the right one, which was removed again. A signal, as Unreachable is."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class _Announcement(BaseModel):
    """What the server announced of the whole file. bytes: None where it doesn't say; validator: its ETag or date."""

    model_config = ConfigDict(frozen=True)

    address: str
    bytes: int | None
    validator: str | None


def partial_size(target: Path) -> tuple[int, int | None]:
    """(Bytes so far, bytes in all where announced) of a file that is being, or was partly, fetched."""
    part = _part_of(target)
    try:
        done = part.stat().st_size
    except FileNotFoundError:
        return 0, None
    announced = _read_announcement(part)
    return done, announced.bytes if announced else None


def fetch(target: Path, addresses: Sequence[str], find_fault: FindFault, on_bytes: BytesDone) -> FetchedFile | None:
    """Fetch target from the first address that has it; None where another process just did.

    Raises WrongContent where an address gave another file, else Unreachable for the first address; or NoSpace.
    """
    with _lock_part(target, on_bytes) as part:
        if part is None:
            return None
        refusals: list[Unreachable | WrongContent] = []
        timeout = httpx.Timeout(_READ_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            for address in addresses:
                try:
                    _transfer(client, address, part, on_bytes)
                    return part.finish(target, address, find_fault)
                except (Unreachable, WrongContent) as refusal:
                    refusals.append(refusal)
        raise next((refusal for refusal in refusals if isinstance(refusal, WrongContent)), refusals[0])


class _Part:
    """The bytes of a file so far, open for writing; this process holds their lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = FileIO(path, "a")

    @property
    def size(self) -> int:
        return os.fstat(self._stream.fileno()).st_size

    def resumable(self, address: str) -> _Announcement | None:
        """What that address announced of the file, if the bytes so far came from there and can be gone on with."""
        announced = _read_announcement(self.path)
        resumable = announced and announced.address == address and announced.validator and self.size
        return announced if resumable else None

    def restart(self, announced: _Announcement | None = None) -> None:
        """Drop the bytes so far. announced: of the file that is about to come, if one is."""
        self._stream.truncate(0)
        if announced:
            write_whole(_announcement_of(self.path), announced.model_dump_json().encode())
        else:
            _announcement_of(self.path).unlink(missing_ok=True)

    def append(self, chunk: bytes) -> None:
        """Write the next bytes. When the disk is full, raises NoSpace and gives the space back."""
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self._stream.write(rest) or 0 :]
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            self.restart()
            raise NoSpace(self.path.stem, self.path.parent.parent) from error

    def finish(self, target: Path, address: str, find_fault: FindFault) -> FetchedFile:
        """Check the whole file and put it in its place. Raises WrongContent."""
        os.fsync(self._stream.fileno())
        size = self.size
        with self.path.open("rb") as whole:
            sha256 = hashlib.file_digest(whole, "sha256").hexdigest()
        fetched = FetchedFile(sha256, size, address)
        if fault := find_fault(fetched):
            self.restart()
            raise WrongContent(address, fault)
        # Windows renames no open file.
        self._stream.close()
        self.path.replace(target)
        _announcement_of(self.path).unlink(missing_ok=True)
        return fetched

    def close(self) -> None:
        """Keep what has come, if anything has, for the next fetch."""
        self._stream.close()
        if self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()
            _announcement_of(self.path).unlink(missing_ok=True)


def _part_of(target: Path) -> Path:
    return target.parent / WORKING / f"{target.name}.part"


def _announcement_of(part: Path) -> Path:
    return part.with_suffix(".json")


def _read_announcement(part: Path) -> _Announcement | None:
    try:
        return _Announcement.model_validate_json(_announcement_of(part).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


@contextmanager
def _lock_part(target: Path, on_bytes: BytesDone) -> Generator[_Part | None]:
    """Hold the part of target for this process alone; None where the target came while we waited for that."""
    path = _part_of(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_suffix(".lock"), while_waiting=lambda: on_bytes(*partial_size(target))):
        # Only now is it sure that nobody is about to put the file there.
        if _is_there(target):
            yield None
            return
        with closing(_Part(path)) as part:
            yield part


def _is_there(target: Path) -> bool:
    return target.is_file() and target.stat().st_size > 0


def _transfer(client: httpx.Client, address: str, part: _Part, on_bytes: BytesDone) -> None:
    """Make requests until the part is whole, each going on where the last broke off. Raises Unreachable, NoSpace."""
    if not _resolves(address):
        raise Unreachable(address, "the name of the host is unknown here")
    furthest, tries, answered = part.size, 0, False
    while True:
        try:
            whole = _request(client, address, part, on_bytes)
        except httpx.HTTPError as error:
            if not answered and part.size <= furthest:
                raise Unreachable(address, _describe(error)) from error
            whole, reason = False, _describe(error)
        else:
            reason = "it ended too early"
        if whole:
            return
        answered = True
        tries = 0 if part.size > furthest else tries + 1
        furthest = max(furthest, part.size)
        if tries >= _TRIES:
            raise Unreachable(address, reason)
        time.sleep(_FIRST_PAUSE_S * 2**tries)


def _request(client: httpx.Client, address: str, part: _Part, on_bytes: BytesDone) -> bool:
    """Make one request and append its answer to the part; True when the part is whole after it."""
    before = part.resumable(address)
    if before and part.size == before.bytes:
        return True
    with client.stream("GET", address, headers=_request_headers(part, before)) as response:
        announced = _match_part(part, response, address, before)
        if announced is None:
            return False
        _require_space(part, announced)
        # As they come: what has been received is on the disk, however slow the line is.
        for chunk in response.iter_bytes() if "content-encoding" in response.headers else response.iter_raw():
            part.append(chunk)
            on_bytes(part.size, announced.bytes)
    if part.size == 0:
        raise Unreachable(address, "the file there is empty")
    if announced.bytes is not None and part.size > announced.bytes:
        part.restart()
        return False
    return part.size == announced.bytes or announced.bytes is None


def _request_headers(part: _Part, before: _Announcement | None) -> dict[str, str]:
    headers = {"accept-encoding": "identity"}
    if before and before.validator:
        headers |= {"range": f"bytes={part.size}-", "if-range": before.validator}
    return headers


def _match_part(
    part: _Part, response: httpx.Response, address: str, before: _Announcement | None
) -> _Announcement | None:
    """Make the part end where the body of the response begins; returns what is known of the whole file.

    before: what the address announced of the bytes so far, if it was asked to go on with them. None: the body is of
    no use, and the part is empty now. Raises Unreachable where the response is none that gives a file.
    """
    match response.status_code:
        case HTTPStatus.OK:
            announced = _read_headers(address, response)
            part.restart(announced)
            return announced
        case HTTPStatus.PARTIAL_CONTENT if before and _content_range(response) == (part.size, before.bytes):
            return before
        case HTTPStatus.PARTIAL_CONTENT | HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE if before:
            # Not what was asked for, so nothing of it can be trusted.
            part.restart()
            return None
        case status:
            raise Unreachable(address, f"HTTP {status}")


def _require_space(part: _Part, announced: _Announcement) -> None:
    """Raises NoSpace where the disk has no room for the rest of the file."""
    if announced.bytes is None:
        return
    missing, free = announced.bytes - part.size, shutil.disk_usage(part.path.parent).free
    if free < missing:
        raise NoSpace(part.path.stem, part.path.parent.parent, missing, free)


def _read_headers(address: str, response: httpx.Response) -> _Announcement:
    """What the headers say of the whole file. Raises Unreachable where that can be no weight file."""
    headers = response.headers
    if headers.get("content-type", "").startswith("text/html"):
        # Such as the login page of a network, which answers 200 to everything.
        raise Unreachable(address, "it answers with a web page")
    if "content-encoding" in headers:
        return _Announcement(address=address, bytes=None, validator=None)
    length = headers.get("content-length", "")
    if not length.isdecimal() and headers.get("transfer-encoding", "").lower() != "chunked":
        raise Unreachable(address, "it doesn't say where the file ends")
    etag = headers.get("etag", "")
    # A weak one stands for files that only mean the same.
    validator = etag if etag.startswith('"') else headers.get("last-modified")
    return _Announcement(address=address, bytes=int(length) if length.isdecimal() else None, validator=validator)


def _content_range(response: httpx.Response) -> tuple[int, int] | None:
    """(First byte, bytes of the whole file), by the header of a partial answer; None where it has none."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("content-range", ""))
    return (int(found[1]), int(found[2])) if found else None


def _describe(error: httpx.HTTPError) -> str:
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
