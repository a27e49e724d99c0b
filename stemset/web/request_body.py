"""The body of a request as a stream, and as a file that is hashed while it is written."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from anyio import to_thread
from litestar.exceptions import ClientException, InternalServerException

from stemset.web.problems import AnyRequest

_BUFFER_BYTES = 1 << 20


async def stream_body(request: AnyRequest) -> AsyncGenerator[bytes]:
    """Yield the bytes of the body as they come. Raises ClientException when the client disconnects."""
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except InternalServerException as error:
        # What Litestar raises then; nobody is left to read the answer.
        raise ClientException(error.detail) from None


class Digest(Protocol):
    """A hash of hashlib, whose type has no public name."""

    def update(self, data: bytes | bytearray, /) -> None: ...

    def hexdigest(self) -> str: ...


@dataclass
class HashingWriter:
    """Writes bytes into a file and hashes them. Call `flush` when the buffer `is_full` and at the end.

    out: the file. bytes: how many were added. digest: SHA-256 of what was flushed.
    """

    out: BinaryIO
    bytes: int = 0
    digest: Digest = field(default_factory=hashlib.sha256)
    buffer: bytearray = field(default_factory=bytearray)

    @property
    def is_full(self) -> bool:
        """Whether the buffer holds 1 MiB or more."""
        return len(self.buffer) >= _BUFFER_BYTES

    def add(self, data: bytes | bytearray) -> None:
        """Append to the buffer."""
        self.bytes += len(data)
        self.buffer += data

    async def flush(self) -> None:
        """Hash and write what is in the buffer, in a thread."""
        content, self.buffer = self.buffer, bytearray()
        await to_thread.run_sync(self._write, content)

    def _write(self, content: bytearray) -> None:
        self.digest.update(content)
        self.out.write(content)
