"""The body of a request as a stream, and as a file that is hashed while it is written."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import BinaryIO

from anyio import to_thread
from litestar.exceptions import ClientException, InternalServerException

from stemset.web.problems import AnyRequest

_BUFFER_BYTES = 1 << 20


async def stream_body(request: AnyRequest) -> AsyncGenerator[bytes]:
    """Yield the bytes as they come. Raises ClientException where the client goes away: that is no fault of ours."""
    try:
        async for chunk in request.stream():
            if chunk:
                yield chunk
    except InternalServerException as error:
        # What Litestar raises then; nobody is left to read the answer.
        raise ClientException(error.detail) from None


@dataclass
class HashingWriter:
    """Writes a file and hashes it at once. `add` what comes, `flush` when `full` and at the end."""

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
