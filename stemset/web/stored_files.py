"""Responses that send stored objects: whole or by range, with ETags, never compressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import BinaryIO, cast

from anyio import CancelScope, to_thread
from litestar import Response
from litestar.response import Stream

from stemset.errors import NotFound
from stemset.storage import ObjectInfo, Storage
from stemset.web.ranges import ByteRange, etag_matches, parse_range_header, range_applies

_CHUNK_BYTES = 256 * 1024
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


async def send_object(
    storage: Storage,
    key: str,
    media_type: str,
    *,
    immutable: bool,
    range_: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Stream | Response[None]:
    """Return the response to a GET of one stored object: 200, 206 with a range, or 304.

    immutable: the URL names the content by its hash, so that caches may keep the response for ever.
    Raises NotFound, RangeNotSatisfiable.
    """
    info = await _stat_object(storage, key)
    headers = _cache_headers(info.etag, immutable=immutable)
    etag = headers["ETag"]
    if etag_matches(if_none_match, etag):
        return respond_without_body(304, headers, media_type)
    requested = parse_range_header(range_, info.bytes) if range_applies(if_range, etag) else None
    byte_range = requested or ByteRange(0, info.bytes)
    headers["Content-Length"] = str(byte_range.length)
    # Litestar lets the route's own media type come before that of a stream.
    headers["Content-Type"] = media_type
    if requested:
        headers["Content-Range"] = requested.content_range(info.bytes)
    file = await to_thread.run_sync(storage.open, key)
    return Stream(
        read_chunks(file, byte_range), status_code=206 if requested else 200, headers=headers, media_type=media_type
    )


async def describe_object(
    storage: Storage, key: str, media_type: str, *, immutable: bool, if_none_match: str | None = None
) -> Response[None]:
    """Return the response to a HEAD: that to a GET without a range, without the bytes. Raises NotFound."""
    info = await _stat_object(storage, key)
    headers = _cache_headers(info.etag, immutable=immutable)
    if etag_matches(if_none_match, headers["ETag"]):
        return respond_without_body(304, headers, media_type)
    return respond_without_body(200, {**headers, "Content-Length": str(info.bytes)}, media_type)


def respond_without_body(status: int, headers: dict[str, str], media_type: str) -> Response[None]:
    """Return a response that has headers only."""
    # Litestar wants a HEAD handler typed as one without a body, and can't render None as audio.
    return cast("Response[None]", Response(b"", status_code=status, headers=headers, media_type=media_type))


async def _stat_object(storage: Storage, key: str) -> ObjectInfo:
    try:
        return await to_thread.run_sync(storage.stat, key)
    except NotFound:
        raise NotFound("file of this job named", key.rpartition("/")[2]) from None


def _cache_headers(etag: str, *, immutable: bool) -> dict[str, str]:
    return {
        "ETag": f'"{etag}"',
        "Cache-Control": IMMUTABLE if immutable else REVALIDATE,
        "Accept-Ranges": "bytes",
    }


async def read_chunks(file: BinaryIO, byte_range: ByteRange) -> AsyncIterator[bytes]:
    """Yield the bytes of a range in chunks of 256 KiB, and close the file however that ends."""
    left = byte_range.length
    try:
        await to_thread.run_sync(file.seek, byte_range.start)
        while left and (chunk := await to_thread.run_sync(file.read, min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(file.close)
