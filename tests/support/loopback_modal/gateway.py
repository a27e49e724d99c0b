"""Answers HTTP with functions that are ASGI apps."""

from __future__ import annotations

import pickle
import socket
from functools import partial
from urllib.parse import unquote_to_bytes

from aiohttp import web
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.calls import Call, Calls

_PIECE_BYTES = 1 << 20
_LARGEST_REQUEST_BYTES = 4 << 30


class Gateway:
    """Makes a call of each request; what the call streams is the response."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def open(self, function_id: str) -> str:
        """Serves a function on a free port, and returns its address, which has no slash at the end."""
        app = web.Application(client_max_size=_LARGEST_REQUEST_BYTES)
        app.router.add_route("*", "/{tail:.*}", partial(self._answer, function_id))
        return await serve_http(app)

    async def _answer(self, function_id: str, request: web.Request) -> web.StreamResponse:
        scope = pickle.dumps(((_scope_of(request),), {}))
        function_input = pb.FunctionInput(args=scope, data_format=pb.DATA_FORMAT_PICKLE)
        body = _chunks_of(await request.read())
        call = self._calls.add(function_id, function_input, by_web=True, body=body)
        response: web.StreamResponse | None = None
        told = 0
        while told < len(call.streamed) or not call.done.is_set():
            if told == len(call.streamed):
                await _wait_for_change(call)
                continue
            piece = pb.Asgi.FromString(call.streamed[told].data)
            told += 1
            if piece.HasField("http_response_start"):
                response = await _begin_response(request, piece.http_response_start)
            elif piece.HasField("http_response_body") and response:
                await response.write(piece.http_response_body.body)
        if response is None:
            return web.Response(status=500, text=f"modal-http: internal error: {call.result.exception}")
        await response.write_eof()
        return response


async def serve_http(app: web.Application, listener: socket.socket | None = None) -> str:
    """Serves an app, on a free port unless told where, and returns its address."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return address_of(listener)


def address_of(listener: socket.socket) -> str:
    """Returns the URL of a port on loopback, which has no slash at the end."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


async def _wait_for_change(call: Call) -> None:
    await call.changed.wait()
    call.changed.clear()


async def _begin_response(request: web.Request, start: pb.Asgi.HttpResponseStart) -> web.StreamResponse:
    response = web.StreamResponse(status=start.status)
    names_and_values = list(start.headers)
    for name, value in zip(names_and_values[::2], names_and_values[1::2], strict=True):
        response.headers.add(name.decode(), value.decode("latin-1"))
    await response.prepare(request)
    return response


def _scope_of(request: web.Request) -> dict[str, object]:
    path, _, query = request.raw_path.partition("?")
    return {
        "type": "http", "http_version": "1.1", "method": request.method, "scheme": "https",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"), "query_string": query.encode(),
        "headers": [(name.lower(), value) for name, value in request.raw_headers], "client": ("127.0.0.1", 0),
        "extensions": {"http.response.trailers": {}},
    }  # fmt: skip


def _chunks_of(body: bytes) -> list[pb.DataChunk]:
    """The body of a request as the pieces that a container fetches; one piece, if it is empty."""
    pieces = [body[begin : begin + _PIECE_BYTES] for begin in range(0, len(body), _PIECE_BYTES)] or [b""]
    chunks: list[pb.DataChunk] = []
    for number, piece in enumerate(pieces, start=1):
        request = pb.Asgi(http_request=pb.Asgi.HttpRequest(body=piece, more_body=number < len(pieces)))
        chunk = pb.DataChunk(data_format=pb.DATA_FORMAT_ASGI, data=request.SerializeToString(), index=number)
        chunks.append(chunk)
    return chunks
