"""Containers: how many there are, what each is given, and how they end."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import grpclib.server
from google.protobuf.empty_pb2 import Empty
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.calls import Call, Calls
from tests.support.loopback_modal.functions import Functions
from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.launcher import Launcher
from tests.support.loopback_modal.rpc import Endpoint, Rpcs, unary

_MOST_OF_A_FUNCTION = 4
_LONGEST_POLL_S = 20.0
_HEARTBEAT_S = 5.0
_CANCEL_GRACE_S = 3.0
_CRASH_PAUSE_S = 0.2


@dataclass(eq=False)
class Container:
    """running: identifier of an input -> the call that it works on. draining: it is given no more calls. woken: is set
    when there may be a call for it. cancelled: identifiers of inputs that it is to stop."""

    id: str
    function_id: str
    process: Process | None = None
    draining: bool = False
    running: dict[str, Call] = field(default_factory=dict[str, Call])
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to all of its processes."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Containers:
    """Starts a container for calls that wait, unless the function has as many as it may have.

    rpcs: what every container may ask of the control plane. unimplemented: counts what they asked in vain. root: folder
    of their files.
    """

    def __init__(
        self, journal: Journal, calls: Calls, functions: Functions, launcher: Launcher, root: Path,
        unimplemented: Counter[str],
    ) -> None:  # fmt: skip
        self.shared_rpcs: Rpcs = {}
        self._journal = journal
        self._calls = calls
        self._functions = functions
        self._launcher = launcher
        self._root = root
        self._unimplemented = unimplemented
        self._live: list[Container] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        calls.on_waiting = self._look_after

    def rpcs(self) -> Rpcs:
        """Returns the RPC about containers that clients use."""
        return {"FunctionCallCancel": unary(self._cancel)}

    def preempt(self, function_id: str, grace_s: float) -> int:
        """Takes the machines of a function's containers away, as Modal may do; returns how many those are.

        Each is sent SIGINT, and SIGKILL after grace_s. What it was doing is given to another container.
        """
        mine = [container for container in self._live if container.function_id == function_id]
        for container in mine:
            self._in_background(self._stop(container, grace_s))
        return len(mine)

    async def close(self, grace_s: float) -> None:
        """Ends every container; none starts any more."""
        self._closed = True
        await asyncio.gather(*(self._stop(container, grace_s) for container in self._live))
        await asyncio.gather(*self._tasks)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _look_after(self, function_id: str) -> None:
        """Wakes the containers of a function, and starts those that its waiting calls need."""
        if self._closed:
            return
        function = self._functions.get(function_id)
        inputs = max(1, function.max_concurrent_inputs)
        most = min(function.autoscaler_settings.max_containers or _MOST_OF_A_FUNCTION, _MOST_OF_A_FUNCTION)
        mine = [container for container in self._live if container.function_id == function_id]
        ready = [container for container in mine if not container.draining]
        for container in ready:
            container.woken.set()
        lacking = self._calls.count_waiting(function_id) - sum(inputs - len(each.running) for each in ready)
        while lacking > 0 and len(ready) < most:
            container = Container(self._journal.new_id("ta"), function_id)
            self._live.append(container)
            ready.append(container)
            lacking -= inputs
            self._in_background(self._run(container))

    async def _run(self, container: Container) -> None:
        """Sees a container through from its start to its end."""
        name = self._functions.get(container.function_id).function_name
        folder = self._root / container.id
        folder.mkdir(parents=True)
        control_plane = self._root / f"{container.id}.sock"
        rpcs = self.shared_rpcs | self._rpcs_of(container)
        server = grpclib.server.Server([Endpoint(rpcs, self._unimplemented)])
        await server.start(path=str(control_plane))
        process = await self._launcher.start(container.id, container.function_id, folder, control_plane)
        container.process = process
        self._journal.note("container_start", task=container.id, fn=name, pid=process.pid)
        if container.draining:
            container.signal(signal.SIGKILL)  # it was to end before it had begun
        code = await process.wait()
        server.close()
        self._live.remove(container)
        self._journal.note("container_exit", task=container.id, fn=name, code=code)
        for call in container.running.values():
            self._calls.put_back(call, "container exited")
        if code:
            await asyncio.sleep(_CRASH_PAUSE_S)
        self._look_after(container.function_id)

    async def _stop(self, container: Container, grace_s: float) -> None:
        container.draining = True
        container.woken.set()
        if container.process is None:
            return
        container.signal(signal.SIGINT)
        try:
            await asyncio.wait_for(container.process.wait(), grace_s)
        except TimeoutError:
            container.signal(signal.SIGKILL)

    def _rpcs_of(self, container: Container) -> Rpcs:
        """What this container asks for itself."""
        return {
            "ContainerHello": unary(lambda _: Empty()),
            "ContainerHeartbeat": unary(partial(self._heartbeat, container)),
            "FunctionGetInputs": unary(partial(self._get_inputs, container)),
            "FunctionPutOutputs": unary(partial(self._put_outputs, container)),
            "TaskResult": unary(partial(self._take_result, container)),
        }

    async def _heartbeat(
        self, container: Container, _request: pb.ContainerHeartbeatRequest
    ) -> pb.ContainerHeartbeatResponse:
        try:
            input_id = await asyncio.wait_for(container.cancelled.get(), _HEARTBEAT_S)
        except TimeoutError:
            return pb.ContainerHeartbeatResponse()
        return pb.ContainerHeartbeatResponse(cancel_input_event=pb.CancelInputEvent(input_ids=[input_id]))

    async def _get_inputs(
        self, container: Container, _request: pb.FunctionGetInputsRequest
    ) -> pb.FunctionGetInputsResponse:
        while not container.draining:
            container.woken.clear()
            if call := self._calls.take(container.function_id, container.id):
                container.running[call.input_id] = call
                return pb.FunctionGetInputsResponse(inputs=[_input_of(call)])
            try:
                await asyncio.wait_for(container.woken.wait(), _LONGEST_POLL_S)
            except TimeoutError:
                return pb.FunctionGetInputsResponse()
        return pb.FunctionGetInputsResponse(inputs=[pb.FunctionGetInputsItem(kill_switch=True)])

    def _put_outputs(self, container: Container, request: pb.FunctionPutOutputsRequest) -> Empty:
        for output in request.outputs:
            if call := container.running.pop(output.input_id, None):
                self._calls.settle(call, output.result, output.data_format)
        self._look_after(container.function_id)
        return Empty()

    def _take_result(self, container: Container, request: pb.TaskResultRequest) -> Empty:
        status = pb.GenericResult.GenericStatus.Name(request.result.status)
        self._journal.note("task_result", task=container.id, status=status, exception=request.result.exception[:500])
        return Empty()

    def _cancel(self, request: pb.FunctionCallCancelRequest) -> Empty:
        call = self._calls.get(request.function_call_id)
        self._journal.note("cancel", call=call.id, terminate=request.terminate_containers)
        for container in self._live:
            if call.input_id not in container.running:
                continue
            container.cancelled.put_nowait(call.input_id)
            if request.terminate_containers:
                self._in_background(self._stop(container, _CANCEL_GRACE_S))
        self._calls.cancel(call)
        return Empty()


def _input_of(call: Call) -> pb.FunctionGetInputsItem:
    invocation = pb.FUNCTION_CALL_INVOCATION_TYPE_ASYNC if call.spawned else pb.FUNCTION_CALL_INVOCATION_TYPE_SYNC
    return pb.FunctionGetInputsItem(
        input_id=call.input_id, input=call.input, function_call_id=call.id, retry_count=call.retries,
        function_call_invocation_type=invocation,
    )  # fmt: skip
