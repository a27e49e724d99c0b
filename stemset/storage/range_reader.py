"""An object of a remote storage as a file that is read from any place on."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Protocol

from typing_extensions import override


class Body(Protocol):
    """Bytes on their way."""

    def read(self, amount: int, /) -> bytes: ...

    def close(self) -> None: ...


class RangedReader(io.RawIOBase):
    """Asks for the bytes from the present place on when they are first read, and again after a seek.

    body: opens the bytes from a place on. A body that breaks off is asked for again, once per place.
    """

    def __init__(self, size: int, body: Callable[[int], Body], broken: tuple[type[Exception], ...]) -> None:
        self._size = size
        self._open = body
        self._broken = broken
        self._body: Body | None = None
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if place < 0:
            raise ValueError(f"there is nothing before the beginning: {place}")
        if place != self._at:
            self._drop()
            self._at = place
        return place

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        content = self._read(wanted)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    @override
    def close(self) -> None:
        self._drop()
        super().close()

    def _read(self, wanted: int) -> bytes:
        for last in (False, True):
            self._body = self._body or self._open(self._at)
            try:
                if content := self._body.read(wanted):
                    return content
            except self._broken:
                if last:
                    raise
            self._drop()
        raise EOFError(f"the object ends at {self._at} bytes, before its {self._size}")

    def _drop(self) -> None:
        body, self._body = self._body, None
        if body:
            body.close()
