"""What is around every route: hosts whose `receive` falls silent, as Modal's does; headers; the log."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from stemset.server.middleware import ReceiveUntilAnswered
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


async def test_a_host_that_tells_of_the_end_itself_is_believed_before_the_answer_is_whole():
    messages: asyncio.Queue[Any] = asyncio.Queue()
    watched = ReceiveUntilAnswered(messages.get)
    messages.put_nowait({"type": "http.request", "body": b"so", "more_body": True})
    messages.put_nowait({"type": "http.request", "body": b"und", "more_body": False})
    messages.put_nowait({"type": "http.disconnect"})
    async with asyncio.timeout(LIMIT_S):
        received = [(await watched.receive())["type"] for _ in range(3)]
    assert received == ["http.request", "http.request", "http.disconnect"]


async def test_once_the_answer_is_whole_a_silent_host_counts_as_gone():
    messages: asyncio.Queue[Any] = asyncio.Queue()
    watched = ReceiveUntilAnswered(messages.get)
    messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    await watched.receive()
    waiting = asyncio.create_task(watched.receive())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    watched.response_sent.set()
    async with asyncio.timeout(LIMIT_S):
        assert (await waiting)["type"] == "http.disconnect"


async def test_options_names_every_method_of_a_path(service: Service):
    answer = await service.client.options("/api/recordings")
    assert answer.headers.get_list("allow") == ["GET, OPTIONS, POST"]


@pytest.mark.parametrize(
    ("path", "level"),
    [("/api/config", "info"), ("/api/health", "debug"), ("/assets/gone.js", "info")],
)
async def test_a_request_is_one_line_in_the_log_and_a_frequent_one_that_succeeds_a_quiet_one(
    service: Service, path: str, level: str
):
    with capture_logs() as logged:
        answer = await service.get(path)
    lines = [event for event in logged if event["event"] == "request"]
    assert [(line["method"], line["path"], line["status"], line["log_level"]) for line in lines] == [
        ("GET", path, answer.status_code, level)
    ]
