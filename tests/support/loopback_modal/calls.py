"""Calls of functions: what waits, what runs, and how each ended."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.server import Stream
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.functions import Functions
from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.rpc import Rpcs, unary

_LONGEST_WAIT_S = 55.0
_RETRY_DELAY_SCALE = 0.1  # of the delay that a function asks for, so that tests take less time

Result = pb.GenericResult


@dataclass(eq=False)
class Call:
    """One input of a function, on its way to a result.

    state: pending, running, or the name of the result's status. deliveries: how often a container was given it.
    retries: how often it was tried again after it had failed. container: identifier of the one that has or had it.
    by_web: it is an HTTP request. body: what of the request's body the container may fetch. streamed: what the
    container has told of the response. changed: is set when there is more of that, or a result.
    """

    id: str
    function_id: str
    input: pb.FunctionInput
    by_web: bool = False
    body: Sequence[pb.DataChunk] = ()
    spawned: bool = False
    state: str = "pending"
    deliveries: int = 0
    retries: int = 0
    container: str = ""
    expired: bool = False
    result: pb.GenericResult = field(default_factory=pb.GenericResult)
    data_format: pb.DataFormat.ValueType = pb.DATA_FORMAT_PICKLE
    streamed: list[pb.DataChunk] = field(default_factory=list[pb.DataChunk])
    done: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def input_id(self) -> str:
        """The identifier of its only input."""
        return f"in-{self.id[3:]}"


class Calls:
    """Every call of the deployment. on_waiting: is told the function of a call that waits for a container."""

    def __init__(self, journal: Journal, functions: Functions) -> None:
        self.on_waiting: Callable[[str], None] = lambda _function_id: None
        self._journal = journal
        self._functions = functions
        self._calls: dict[str, Call] = {}
        self._waiting: dict[str, deque[Call]] = {}

    def all(self) -> list[Call]:
        """Returns the calls, oldest first."""
        return list(self._calls.values())

    def get(self, call_id: str) -> Call:
        """Returns a call; raises GRPCError if there is none."""
        if call_id not in self._calls:
            raise GRPCError(Status.NOT_FOUND, "Function call not found")
        return self._calls[call_id]

    def count_waiting(self, function_id: str) -> int:
        """Counts the calls of a function that no container has."""
        return len(self._waiting.get(function_id, ()))

    def add(
        self, function_id: str, function_input: pb.FunctionInput, *,
        spawned: bool = False, by_web: bool = False, body: Sequence[pb.DataChunk] = (),
    ) -> Call:  # fmt: skip
        """Makes a call, which waits for a container from now on."""
        call = Call(self._journal.new_id("fc"), function_id, function_input, by_web, body, spawned)
        self._calls[call.id] = call
        self._waiting.setdefault(function_id, deque()).append(call)
        self.on_waiting(function_id)
        return call

    def take(self, function_id: str, container: str) -> Call | None:
        """Gives a container the call that has waited longest; None if none waits."""
        waiting = self._waiting.get(function_id)
        if not waiting:
            return None
        call = waiting.popleft()
        call.state, call.container = "running", container
        call.deliveries += 1
        return call

    def put_back(self, call: Call, reason: str) -> None:
        """Lets a call without a result wait for a container again, before all others."""
        if call.done.is_set():
            return
        call.state, call.container = "pending", ""
        self._journal.note("requeue", call=call.id, why=reason)
        self._waiting[call.function_id].appendleft(call)
        self.on_waiting(call.function_id)

    def settle(self, call: Call, result: pb.GenericResult, data_format: pb.DataFormat.ValueType) -> None:
        """Takes what a container has to say; a failure is tried again as often as the function's policy allows."""
        if call.done.is_set():
            return
        policy = self._functions.get(call.function_id).retry_policy
        failed = result.status not in (Result.GENERIC_STATUS_SUCCESS, Result.GENERIC_STATUS_TERMINATED)
        if not failed or call.retries >= policy.retries:
            self._finish(call, result, data_format)
            return
        delay_ms = policy.initial_delay_ms * policy.backoff_coefficient**call.retries
        delay_s = min(delay_ms, policy.max_delay_ms or 60_000) / 1000 * _RETRY_DELAY_SCALE
        call.retries += 1
        self._journal.note("retry", call=call.id, n=call.retries, delay_s=delay_s, exception=result.exception)
        asyncio.get_running_loop().call_later(delay_s, self.put_back, call, f"retry {call.retries}")

    def cancel(self, call: Call) -> None:
        """Ends a call, wherever it is."""
        waiting = self._waiting[call.function_id]
        if call in waiting:
            waiting.remove(call)
        result = Result(status=Result.GENERIC_STATUS_TERMINATED, exception="Input cancelled")
        self._finish(call, result, pb.DATA_FORMAT_PICKLE)

    def rpcs(self) -> Rpcs:
        """Returns the RPCs about calls that both clients and containers use."""
        return {
            "FunctionCallGetDataIn": self._stream_body,
            "FunctionCallPutDataOut": unary(self._put_streamed),
            "FunctionGetOutputs": unary(self._get_outputs),
            "FunctionMap": unary(self._map),
        }

    def _finish(self, call: Call, result: pb.GenericResult, data_format: pb.DataFormat.ValueType) -> None:
        if call.done.is_set():
            return
        call.result, call.data_format = result, data_format
        call.state = Result.GenericStatus.Name(result.status)
        call.done.set()
        call.changed.set()
        if not call.by_web:
            self._journal.note("result", call=call.id, status=call.state, exception=result.exception[:200])

    def _map(self, request: pb.FunctionMapRequest) -> pb.FunctionMapResponse:
        [item] = request.pipelined_inputs
        function = self._functions.get(request.function_id)
        spawned = request.function_call_invocation_type == pb.FUNCTION_CALL_INVOCATION_TYPE_ASYNC
        call = self.add(request.function_id, item.input, spawned=spawned)
        self._journal.note("call", call=call.id, fn=function.function_name, bytes=len(item.input.args))
        put = pb.FunctionPutInputsResponseItem(idx=item.idx, input_id=call.input_id, input_jwt=call.input_id)
        return pb.FunctionMapResponse(
            function_call_id=call.id, function_call_jwt=call.id, pipelined_inputs=[put],
            retry_policy=function.retry_policy, max_inputs_outstanding=1000,
        )  # fmt: skip

    async def _get_outputs(self, request: pb.FunctionGetOutputsRequest) -> pb.FunctionGetOutputsResponse:
        call = self.get(request.function_call_id)
        if call.expired:
            return pb.FunctionGetOutputsResponse(num_unfinished_inputs=0)
        if not call.done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(call.done.wait(), min(request.timeout, _LONGEST_WAIT_S))
        if not call.done.is_set():
            return pb.FunctionGetOutputsResponse(num_unfinished_inputs=1, last_entry_id="0-0")
        output = pb.FunctionGetOutputsItem(
            result=call.result, input_id=call.input_id, data_format=call.data_format, task_id=call.container
        )
        return pb.FunctionGetOutputsResponse(outputs=[output], last_entry_id="1-0")

    async def _stream_body(self, stream: Stream[pb.FunctionCallGetDataRequest, pb.DataChunk]) -> None:
        request = await stream.recv_message()
        assert request is not None
        call = self.get(request.function_call_id)
        for chunk in call.body:
            if chunk.index > request.last_index:
                await stream.send_message(chunk)
        await call.done.wait()

    def _put_streamed(self, request: pb.FunctionCallPutDataRequest) -> Empty:
        call = self.get(request.function_call_id)
        call.streamed += request.data_chunks
        call.changed.set()
        return Empty()
