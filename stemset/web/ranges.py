"""Byte ranges and validators of HTTP (RFC 9110, sections 13 and 14), for files that never change under a name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stemset.errors import RangeNotSatisfiable

_SINGLE_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE | re.ASCII)
_MAX_DIGITS = 18


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` up to, but not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """Return the Content-Range header of a 206 response; size: of the whole file in bytes."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def parse_range_header(header: str | None, size: int) -> ByteRange | None:
    """Return the bytes that a Range header requests of a file of `size` bytes; None: send the whole file.

    A header that is malformed, has another unit or asks for several ranges is ignored, which the RFC allows.
    Raises RangeNotSatisfiable when no byte of the range exists.
    """
    match = _SINGLE_RANGE.fullmatch(header.strip()) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if max(len(first), len(last)) > _MAX_DIGITS or not (first or last):
        return None
    if not first:
        suffix = min(int(last), size)
        if suffix == 0:
            raise RangeNotSatisfiable(size)
        return ByteRange(size - suffix, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return ByteRange(start, min(int(last) + 1, size) if last else size)


def etag_matches(if_none_match: str | None, etag: str) -> bool:
    """Tell whether If-None-Match names `etag` (with its quotes), by weak comparison: then the answer is 304."""
    if if_none_match is None:
        return False
    tags = [tag.strip() for tag in if_none_match.split(",")]
    return "*" in tags or any(tag.removeprefix("W/") == etag.removeprefix("W/") for tag in tags)


def range_applies(if_range: str | None, etag: str) -> bool:
    """Tell whether If-Range allows a range, by strong comparison; a date never does, as we send none."""
    return if_range is None or (if_range.strip() == etag and not etag.startswith("W/"))
