"""Ways that fail on purpose: a path for callbacks, and a slow line."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
from typing_extensions import override

from tests.support.waiting import LIMIT_S


@dataclass(frozen=True)
class Posted:
    """One callback on its way: as it was signed."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def job_id(self) -> str:
        return json.loads(self.body)["job_id"]

    @property
    def type(self) -> str:
        return json.loads(self.body)["event"]["type"]

    def deliver(self, address: str) -> httpx.Response:
        return httpx.post(f"{address}{self.path}", content=self.body, headers=self.headers, timeout=LIMIT_S)


@dataclass
class CallbackPath:
    """Stands between workers and the service. told: everything that was posted, in order.

    before: called with each callback; may block. What it returns is answered instead of delivering, unless None.
    after: called with each that was delivered.
    """

    target: str = ""
    told: list[Posted] = field(default_factory=list[Posted])
    before: Callable[[Posted], tuple[int, bytes] | None] = lambda _posted: None
    after: Callable[[Posted], None] = lambda _posted: None

    def calm(self) -> None:
        """No faults any more."""
        self.before = lambda _posted: None
        self.after = lambda _posted: None

    @contextmanager
    def serving(self) -> Generator[str]:
        """Its address."""
        way = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
                headers = {name: self.headers[name] for name in names}
                posted = Posted(self.path, headers, self.rfile.read(int(self.headers["content-length"])))
                way.told.append(posted)
                answer = way.before(posted)
                if answer is None:
                    response = posted.deliver(way.target)
                    answer = (response.status_code, response.content)
                    way.after(posted)
                try:
                    self.send_response(answer[0])
                    self.send_header("content-length", str(len(answer[1])))
                    self.send_header("content-type", "application/json")
                    self.end_headers()
                    self.wfile.write(answer[1])
                except OSError:
                    pass  # the worker was killed while it waited

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@dataclass
class Line:
    """A TCP line to a server. bytes_per_s: all that it carries in both directions; 0: as much as comes.

    before: called with every piece on its way to the server; may block.
    """

    target: str
    bytes_per_s: float = 0.0
    before: Callable[[bytes], None] = lambda _piece: None
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def calm(self) -> None:
        """No faults any more."""
        self.bytes_per_s = 0.0
        self.before = lambda _piece: None

    @contextmanager
    def open(self) -> Generator[str]:
        """The address at this end."""
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        there = urlsplit(self.target)
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((there.hostname or "", there.port or 80))
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink, sink is far), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, to_server: bool) -> None:
        try:
            while piece := source.recv(16384):
                if to_server:
                    self.before(piece)
                if self.bytes_per_s:
                    with self._turn:
                        time.sleep(len(piece) / self.bytes_per_s)
                sink.sendall(piece)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
