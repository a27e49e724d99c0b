from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncGenerator

import pytest
from litestar import Litestar, post
from litestar.exceptions import ClientException, InternalServerException

from stemset.web.problems import AnyRequest
from stemset.web.request_body import HashingWriter, stream_body
from tests.support.asgi import call

MIB = 1 << 20


async def test_what_is_added_is_written_and_hashed_once_it_is_flushed() -> None:
    file = io.BytesIO()
    writer = HashingWriter(file)
    for chunk in (b"so", b"und"):
        writer.add(chunk)
    assert (file.getvalue(), writer.bytes) == (b"", 5)
    await writer.flush()
    assert file.getvalue() == b"sound"
    assert writer.digest.hexdigest() == hashlib.sha256(b"sound").hexdigest()


async def test_a_second_flush_writes_nothing_twice() -> None:
    file = io.BytesIO()
    writer = HashingWriter(file)
    writer.add(b"sound")
    await writer.flush()
    await writer.flush()
    assert file.getvalue() == b"sound"


async def test_the_buffer_is_full_at_one_mebibyte_and_empty_after_a_flush() -> None:
    writer = HashingWriter(io.BytesIO())
    writer.add(bytes(MIB - 1))
    assert not writer.is_full
    writer.add(b"x")
    assert writer.is_full
    await writer.flush()
    assert not writer.is_full


async def test_a_body_is_streamed_without_its_empty_chunks() -> None:
    received: list[bytes] = []

    @post("/")
    async def receive(request: AnyRequest) -> None:
        received.extend([chunk async for chunk in stream_body(request)])

    await call(Litestar([receive]), "POST", "/", [b"so", b"", b"und"])
    assert received == [b"so", b"und"]


async def test_a_client_that_hangs_up_is_no_mistake_of_ours() -> None:
    class Request:
        async def stream(self) -> AsyncGenerator[bytes]:
            yield b"so"
            raise InternalServerException("client disconnected prematurely")

    request: AnyRequest = Request()  # pyright: ignore[reportAssignmentType] - all of it that is used
    with pytest.raises(ClientException, match="disconnected") as caught:
        _ = [chunk async for chunk in stream_body(request)]
    assert caught.value.status_code == 400
