"""A multipart upload, streamed to a temporary file: memory does not grow with it, and nothing stays behind."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from anyio import CancelScope, to_thread
from litestar.exceptions import ClientException, InternalServerException
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from stemset.errors import TooLarge
from stemset.web.problems import AnyRequest, InvalidRequest

_FILE_NAME = "source"
FOLDER = "uploads"
_BUFFER_BYTES = 1 << 20
_MAX_FIELD_BYTES = 1000
_MAX_PARTS = 8
_MAX_TITLE = 120
_MAX_FILE_NAME = 255


@dataclass(frozen=True)
class Upload:
    """A received file, which lives as long as the block that received it. sha256 in hex.

    file_name: as the client calls it, without folders; it is shown and used for nothing else. stored: the key of the
    same bytes, where the storage has them already.
    """

    file: Path
    file_name: str
    bytes: int
    sha256: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    stored: str | None = None


@asynccontextmanager
async def received(request: AnyRequest, data_dir: Path, max_bytes: int) -> AsyncGenerator[Upload]:
    """The one file of a multipart request with its text fields.

    Raises TooLarge above max_bytes, InvalidRequest for anything that is not such a body.
    """
    folder = await to_thread.run_sync(new_folder, data_dir / FOLDER)
    try:
        yield await _receive(request, folder / _FILE_NAME, max_bytes)
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(shutil.rmtree, folder, True)


def title_of(file_name: str) -> str:
    """A file name as a title: no extension, no underscores; `Untitled` if nothing is left."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file_name).replace("_", " ")
    return " ".join(stem.split())[:_MAX_TITLE].strip() or "Untitled"


def clean_file_name(name: str) -> str:
    """The last part of whatever path a client sent, without control characters, at most 255 characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    return printable.strip()[:_MAX_FILE_NAME] or "untitled"


def new_folder(parent: Path) -> Path:
    """A folder of one request. Blocking."""
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


async def body_of(request: AnyRequest) -> AsyncGenerator[bytes]:
    """The bytes as they come. A client that goes away in the middle is no fault of ours: ClientException."""
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except InternalServerException as error:
        # What Litestar raises then; nobody is left to read the answer.
        raise ClientException(error.detail) from None


@dataclass
class Sink:
    """A file that is hashed while it is written. `add` what comes, `flush` when `full` and at the end."""

    out: BinaryIO
    bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)  # pyright: ignore[reportPrivateUsage] - no other name
    buffer: bytearray = field(default_factory=bytearray)

    @property
    def full(self) -> bool:
        return len(self.buffer) >= _BUFFER_BYTES

    def add(self, data: bytes | bytearray) -> None:
        self.bytes += len(data)
        self.buffer += data

    async def flush(self) -> None:
        content, self.buffer = self.buffer, bytearray()
        await to_thread.run_sync(self._write, content)

    def _write(self, content: bytearray) -> None:
        self.digest.update(content)
        self.out.write(content)


async def _receive(request: AnyRequest, target: Path, max_bytes: int) -> Upload:
    media_type, options = request.content_type
    boundary = options.get("boundary", "")
    if media_type != "multipart/form-data" or not boundary:
        raise InvalidRequest("Content-Type", "expected multipart/form-data with a boundary")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes + _MAX_PARTS * (_MAX_FIELD_BYTES + 8192):
        raise too_large(max_bytes)
    with target.open("xb") as out:
        sink = Sink(out)
        parts = _Parts(sink, max_bytes)
        try:
            with PushMultipartParser(boundary, max_segment_count=_MAX_PARTS) as parser:
                async for chunk in body_of(request):
                    if parser.closed:
                        continue
                    for event in parser.parse(chunk):
                        parts.take(event)
                    if sink.full:
                        await sink.flush()
        except ParserLimitReached as error:
            raise InvalidRequest("body", f"{error}; at most {_MAX_PARTS} parts are expected") from None
        except MultipartError as error:
            raise InvalidRequest("body", f"not a whole multipart/form-data body: {error}") from None
        await sink.flush()
    if parts.file_name is None:
        raise InvalidRequest("file", "is missing; send the song as a part named 'file' with a file name")
    return Upload(target, clean_file_name(parts.file_name), sink.bytes, sink.digest.hexdigest(), parts.texts())


@dataclass
class _Parts:
    """Takes the parser's events: the part `file` goes into the sink, the others are short texts."""

    sink: Sink
    max_bytes: int
    file_name: str | None = None
    fields: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    current: str = ""

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is not None:
            self._add(event)

    def _begin(self, part: MultipartSegment) -> None:
        self.current = part.name or ""
        if self.current == "file":
            if self.file_name is not None:
                raise InvalidRequest("file", "is there twice; send one song per request")
            if part.filename is None:
                raise InvalidRequest("file", "has no file name; send the song as a file, not as text")
            self.file_name = part.filename
        elif self.current in self.fields:
            raise InvalidRequest(self.current, "is there twice")
        else:
            self.fields[self.current] = bytearray()

    def _add(self, data: bytes | bytearray) -> None:
        if self.current == "file":
            if self.sink.bytes + len(data) > self.max_bytes:
                raise too_large(self.max_bytes)
            self.sink.add(data)
        else:
            text = self.fields[self.current]
            text += data
            if len(text) > _MAX_FIELD_BYTES:
                raise InvalidRequest(self.current, f"is longer than {_MAX_FIELD_BYTES} bytes")

    def texts(self) -> dict[str, str]:
        try:
            return {name: value.decode().strip() for name, value in self.fields.items()}
        except UnicodeDecodeError:
            raise InvalidRequest("body", "its fields are not UTF-8") from None


def too_large(max_bytes: int) -> TooLarge:
    """The refusal, in words."""
    return TooLarge(f"The file is larger than the {max_bytes / 1e6:g} MB that are allowed.")
