"""The outermost middleware: security headers and a line in the log for every response."""

from __future__ import annotations

import asyncio
import time

import structlog
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage
from litestar.types.asgi_types import HTTPDisconnectEvent

log = structlog.get_logger()

# The page plays through worklets and workers that it makes from blobs, and decodes with WebAssembly.
_PAGE_POLICY = (
    "default-src 'self'",
    "script-src 'self' blob: 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)

# Players and workers ask for these by the hundred; a line for each would bury the rest.
_QUIET_PATHS = ("/stems/", "/peaks/", "/assets/", "/callback", "/api/health")
_POLLED_PATH = "/api/jobs/"


class SecurityHeadersAndAccessLog:
    """Adds security headers to every response and logs it.

    storage: URL of the storage where pages connect to it themselves, else None.
    """

    def __init__(self, app: ASGIApp, storage: str | None) -> None:
        self._app = app
        connections = " ".join(("connect-src 'self' blob: data:", *([storage] if storage else [])))
        policy = "; ".join((*_PAGE_POLICY, connections))
        self._headers = ((b"content-security-policy", policy.encode()), *_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        until_answered = ReceiveUntilAnswered(receive)
        method, path = scope["method"], scope["path"]

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                if method == "OPTIONS":
                    headers = [*((name, value) for name, value in headers if name != b"allow"), _allow_header(scope)]
                message["headers"] = [*headers, *self._headers]
                _log_request(method, path, message["status"], time.perf_counter() - begun)
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                until_answered.response_sent.set()

        await self._app(scope, until_answered.receive, finish)


class ReceiveUntilAnswered:
    """A request's `receive` that returns `http.disconnect` once the response is complete, as ASGI demands.

    Modal's own `receive` never returns then; Litestar, which awaits it while it streams, would wait for ever, and the
    request would take up a place in its container.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body_received = False
        self.response_sent = asyncio.Event()

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        if not self._body_received:
            message = await self._receive()
            self._body_received = message["type"] != "http.request" or not message.get("more_body")
            return message
        receiving = asyncio.ensure_future(self._receive())
        answering = asyncio.ensure_future(self.response_sent.wait())
        try:
            await asyncio.wait({receiving, answering}, return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else HTTPDisconnectEvent(type="http.disconnect")
        finally:
            receiving.cancel()
            answering.cancel()


def _allow_header(scope: Scope) -> tuple[bytes, bytes]:
    """Make the Allow header of a path, with the methods of all its handlers: Litestar's has those of the first only."""
    here = dict[str, object](scope).get("path_template")
    routes = [route for route in Litestar.from_scope(scope).routes if isinstance(route, HTTPRoute)]
    methods = {str(method) for route in routes if route.path_format == here for method in route.methods}
    return b"allow", ", ".join(sorted(methods)).encode()


def _log_request(method: str, path: str, status: int, elapsed_s: float) -> None:
    quiet = status < 400 and (
        any(part in path for part in _QUIET_PATHS) or (method == "GET" and path.startswith(_POLLED_PATH))
    )
    level = log.debug if quiet else log.info
    level("request", method=method, path=path, status=status, ms=round(elapsed_s * 1000, 1))
