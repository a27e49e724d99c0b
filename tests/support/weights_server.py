"""A server of weight files on loopback that can be told to behave badly."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.waiting import LIMIT_S


@dataclass
class WeightsServer:
    """Serves `content` by name, and keeps what was asked of it.

    ranges: whether it answers ranges, with an ETag. break_after: this many bytes of a body, then the line is cut,
    `breaks` times. longer_by: what it adds to every length that it announces. page: answers a web page to everything.
    paused: while it is clear, bodies stop after their first half.
    """

    content: dict[str, bytes]
    address: str = ""
    ranges: bool = True
    break_after: int | None = None
    breaks: int = 10**6
    longer_by: int = 0
    page: bool = False
    paused: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])


@contextmanager
def serving_weights(content: dict[str, bytes]) -> Generator[WeightsServer]:
    """The server, on a free port until the block ends. Names are those of the address's last part."""
    served = WeightsServer(content)
    served.paused.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            wanted = self.headers.get("range")
            served.asked.append((name, wanted))
            body = served.content.get(name)
            if served.page:
                return self.answer(200, b"<html>Please log in", {"content-type": "text/html; charset=utf-8"})
            if body is None:
                return self.answer(404, b"", {})
            etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
            begin = re.fullmatch(r"bytes=(\d+)-", wanted or "")
            if not (served.ranges and begin and self.headers.get("if-range") == etag):
                return self.answer(200, body, {"etag": etag} if served.ranges else {})
            start = int(begin[1])
            if start >= len(body):
                return self.answer(416, b"", {})
            content_range = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return self.answer(206, body[start:], {"etag": etag, "content-range": content_range})

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body) + served.longer_by))
            self.end_headers()
            half = len(body) // 2
            self.wfile.write(body[:half] if served.break_after is None else b"")
            self.wfile.flush()
            served.paused.wait(LIMIT_S)
            if served.break_after is not None and served.breaks and len(body) > served.break_after:
                served.breaks -= 1
                self.wfile.write(body[: served.break_after])
                self.close_connection = True
                return
            self.wfile.write(body if served.break_after is not None else body[half:])
            self.close_connection = bool(served.longer_by)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Quiet: clients that are killed in the middle are what this is for."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        served.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            served.paused.set()
            server.shutdown()
            thread.join()
