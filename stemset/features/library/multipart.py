"""A multipart upload, streamed to a temporary file: memory does not grow with it, and nothing stays behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from stemset.errors import InvalidRequest
from stemset.features.library.received_file import ReceivedFile, check_size, clean_file_name
from stemset.storage.local_files import temporary_folder
from stemset.web.problems import AnyRequest
from stemset.web.request_body import HashingWriter, stream_body

_FILE_NAME = "source"
_MAX_FIELD_BYTES = 1000
_MAX_PARTS = 8


@asynccontextmanager
async def receive_file(request: AnyRequest, temporary_dir: Path, max_bytes: int) -> AsyncGenerator[ReceivedFile]:
    """Receive the one file of a multipart request, with its text fields.

    Raises TooLarge above max_bytes, InvalidRequest for anything that is not such a body.
    """
    async with temporary_folder(temporary_dir) as folder:
        yield await _receive(request, folder / _FILE_NAME, max_bytes)


async def _receive(request: AnyRequest, target: Path, max_bytes: int) -> ReceivedFile:
    media_type, options = request.content_type
    boundary = options.get("boundary", "")
    if media_type != "multipart/form-data" or not boundary:
        raise InvalidRequest("Content-Type", "expected multipart/form-data with a boundary")
    announced = request.headers.get("content-length", "")
    if announced.isdecimal():
        check_size(int(announced) - _MAX_PARTS * (_MAX_FIELD_BYTES + 8192), max_bytes)
    with target.open("xb") as out:
        segments = _Segments(HashingWriter(out), max_bytes)
        await _parse(stream_body(request), boundary, segments)
    if segments.file_name is None:
        raise InvalidRequest("file", "is missing; send the song as a part named 'file' with a file name")
    writer = segments.writer
    return ReceivedFile(
        target, clean_file_name(segments.file_name), writer.bytes, writer.digest.hexdigest(), segments.texts()
    )


async def _parse(body: AsyncIterable[bytes], boundary: str, segments: _Segments) -> None:
    """Give the segments of a body to `segments`, and write what is left of the file. Raises InvalidRequest."""
    try:
        with PushMultipartParser(boundary, max_segment_count=_MAX_PARTS) as parser:
            async for chunk in body:
                await segments.handle(() if parser.closed else parser.parse(chunk))
    except ParserLimitReached as error:
        raise InvalidRequest("body", f"{error}; at most {_MAX_PARTS} parts are expected") from None
    except MultipartError as error:
        raise InvalidRequest("body", f"not a whole multipart/form-data body: {error}") from None
    await segments.writer.flush()


@dataclass
class _Segments:
    """Collects the parser's events: the segment `file` goes into the writer, the others are short texts."""

    writer: HashingWriter
    max_bytes: int
    file_name: str | None = None
    fields: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    current: str = ""

    async def handle(self, events: Iterable[MultipartSegment | bytes | bytearray | None]) -> None:
        """Take in what one chunk of the body has brought."""
        for event in events:
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event is not None:
                self._add(event)
        if self.writer.is_full:
            await self.writer.flush()

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
            check_size(self.writer.bytes + len(data), self.max_bytes)
            self.writer.add(data)
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
