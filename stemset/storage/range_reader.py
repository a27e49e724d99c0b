"""A remote object as a seekable file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Protocol

from typing_extensions import override


class Body(Protocol):
    """The body of an HTTP response."""

    def read(self, amount: int, /) -> bytes: ...

    def close(self) -> None: ...


class RangedReader(io.RawIOBase):
    """Requests the bytes from the current position on when they are first read, and again after a seek.

    size: of the object in bytes. open_body: requests the bytes from an offset to the end. read_errors: what a body
    that broke off raises; it is requested again once for each position.
    """

    def __init__(self, size: int, open_body: Callable[[int], Body], read_errors: tuple[type[Exception], ...]) -> None:
        self._size = size
        self._open_body = open_body
        self._read_errors = read_errors
        self._body: Body | None = None
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._position

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if place < 0:
            raise ValueError(f"there is nothing before the beginning: {place}")
        if place != self._position:
            self._close_body()
            self._position = place
        return place

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        content = self._read(wanted)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    @override
    def close(self) -> None:
        self._close_body()
        super().close()

    def _read(self, wanted: int) -> bytes:
        for last in (False, True):
            self._body = self._body or self._open_body(self._position)
            try:
                if content := self._body.read(wanted):
                    return content
            except self._read_errors:
                if last:
                    raise
            self._close_body()
        raise EOFError(f"the object ends at {self._position} bytes, before its {self._size}")

    def _close_body(self) -> None:
        body, self._body = self._body, None
        if body:
            body.close()
