"""Hosts whose `receive` falls silent after the request, as Modal's does."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.api import Service
from tests.support.waiting import LIMIT_S


async def test_a_stream_ends_although_the_host_never_tells_of_the_end(service: Service):
    job = await service.playable_job()
    app = service.client._transport.app  # pyright: ignore
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    heard.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
        "path": f"/api/jobs/{job['id']}/stems/drums.flac", "query_string": b"", "headers": [], "root_path": "",
        "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        await app(scope, heard.get, send)
    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent[1:]) == b"0123456789"
    assert not sent[-1].get("more_body")
