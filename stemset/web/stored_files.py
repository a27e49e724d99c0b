"""Stored objects over HTTP: whole or by range, with validators, never compressed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import BinaryIO, cast

from anyio import CancelScope, to_thread
from litestar import Response
from litestar.response import Stream

from stemset.errors import NotFound
from stemset.storage import ObjectInfo, Storage
from stemset.web.ranges import Span, is_known, range_applies, requested_span

_CHUNK_BYTES = 256 * 1024
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


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
    """Answer a GET for one stored object.

    immutable: the request named the content by its hash, so the answer may be kept for ever.
    Raises NotFound, RangeNotSatisfiable.
    """
    info = await _stat(storage, key)
    headers = _headers(info.etag, immutable=immutable)
    etag = headers["ETag"]
    if is_known(if_none_match, etag):
        return empty(304, headers, media_type)
    asked = requested_span(range_, info.bytes) if range_applies(if_range, etag) else None
    span = asked or Span(0, info.bytes)
    headers["Content-Length"] = str(span.length)
    # Litestar lets the route's own media type come before that of a stream.
    headers["Content-Type"] = media_type
    if asked:
        headers["Content-Range"] = asked.content_range(info.bytes)
    file = await to_thread.run_sync(storage.open, key)
    return Stream(chunks_of(file, span), status_code=206 if asked else 200, headers=headers, media_type=media_type)


async def describe_object(
    storage: Storage, key: str, media_type: str, *, immutable: bool, if_none_match: str | None = None
) -> Response[None]:
    """Answer a HEAD: what GET without a range would say, without the bytes. Raises NotFound."""
    info = await _stat(storage, key)
    headers = _headers(info.etag, immutable=immutable)
    if is_known(if_none_match, headers["ETag"]):
        return empty(304, headers, media_type)
    return empty(200, {**headers, "Content-Length": str(info.bytes)}, media_type)


def empty(status: int, headers: dict[str, str], media_type: str) -> Response[None]:
    """An answer that is all headers."""
    # Litestar wants a HEAD handler typed as one without a body, and can't render None as audio.
    return cast("Response[None]", Response(b"", status_code=status, headers=headers, media_type=media_type))


async def _stat(storage: Storage, key: str) -> ObjectInfo:
    try:
        return await to_thread.run_sync(storage.stat, key)
    except NotFound:
        raise NotFound("file of this job named", key.rpartition("/")[2]) from None


def _headers(etag: str, *, immutable: bool) -> dict[str, str]:
    return {
        "ETag": f'"{etag}"',
        "Cache-Control": FOR_EVER if immutable else ASK_AGAIN,
        "Accept-Ranges": "bytes",
    }


async def chunks_of(file: BinaryIO, span: Span) -> AsyncIterator[bytes]:
    """The bytes of a part; the file is closed after them."""
    left = span.length
    try:
        await to_thread.run_sync(file.seek, span.start)
        while left and (chunk := await to_thread.run_sync(file.read, min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(file.close)
