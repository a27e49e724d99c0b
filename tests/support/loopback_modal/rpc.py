"""Serves Python methods as Modal's gRPC service, `modal.client.ModalClient`."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from google.protobuf.message import Message
from grpclib import GRPCError, Status
from grpclib.const import Handler
from grpclib.server import Stream
from modal_proto import api_grpc

Serve: TypeAlias = Callable[[Stream[Any, Any]], Awaitable[None]]
"""Answers one call of a client."""

Rpcs: TypeAlias = dict[str, Serve]
"""The name of an RPC, such as AppCreate, and what answers it."""

Request = TypeVar("Request", bound=Message)


def unary(answer: Callable[[Request], Message | Awaitable[Message]]) -> Serve:
    """Serves an RPC of one request and one response with a function that maps the first to the second."""

    async def serve(stream: Stream[Request, Message]) -> None:
        request = await stream.recv_message()
        assert request is not None
        response = answer(request)
        await stream.send_message(await response if inspect.isawaitable(response) else response)

    return serve


class Endpoint:
    """What one gRPC server answers. Any other RPC of Modal's is refused and counted in `unimplemented`."""

    def __init__(self, rpcs: Rpcs, unimplemented: Counter[str]) -> None:
        self._rpcs = rpcs
        self._unimplemented = unimplemented

    def __mapping__(self) -> dict[str, Handler]:
        """The table that grpclib asks for. Modal's base class makes it of one attribute for each RPC."""
        return api_grpc.ModalClientBase.__mapping__(cast("api_grpc.ModalClientBase", self))

    def __getattr__(self, name: str) -> Serve:
        return self._rpcs.get(name) or partial(self._refuse, name)

    async def _refuse(self, name: str, _stream: Stream[Any, Any]) -> None:
        self._unimplemented[name] += 1
        raise GRPCError(Status.UNIMPLEMENTED, f"the loopback Modal does not implement {name}")
