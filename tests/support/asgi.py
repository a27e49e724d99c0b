"""A call of an ASGI application, message by message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar


async def call(app: Litestar, method: str, path: str, body: Sequence[bytes] = (b"",)) -> list[Any]:
    """Send a request whose body comes in these chunks. Returns the messages that the application sends."""
    chunks = list(body)
    sent: list[Any] = []

    async def receive() -> Any:
        content = chunks.pop(0)
        return {"type": "http.request", "body": content, "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("test", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent
