from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import Any

import numpy as np
import onnxruntime
import pytest

from stemset.concurrency.progress import CHECK_INTERVAL_S, Progress, ProgressRepeater, ignore_progress
from stemset.errors import Cancelled
from stemset.models.networks.inference.interruption import InterruptibleSession, interrupt_torch_modules

torch: Any = import_module("torch")
onnx: Any = import_module("onnx")


def cancel(_fraction: float) -> None:
    raise Cancelled


def overdue(progress: Progress) -> ProgressRepeater:
    """A repeater that tells at once, as the last report is long ago."""
    repeater = ProgressRepeater(progress)
    time.sleep(CHECK_INTERVAL_S)
    return repeater


def after(module: Any, work: Callable[[], None]) -> Any:
    """The module, which does the work whenever it has run."""

    def hook(_module: object, _inputs: object, _output: object) -> None:
        work()

    module.register_forward_hook(hook)
    return module


def network(steps: list[str]) -> Any:
    """Three layers deep in two modules, each of which writes down that it ran."""

    def step(name: str) -> Any:
        return after(torch.nn.Identity(), lambda: steps.append(name))

    return torch.nn.Sequential(step("first"), torch.nn.Sequential(step("second"), step("third")))


def test_a_cancel_ends_a_forward_pass_at_a_module_deep_within() -> None:
    steps = list[str]()

    def cancel_after_first(_fraction: float) -> None:
        if steps:
            raise Cancelled

    repeater = ProgressRepeater(cancel_after_first)
    slow = network(steps)
    after(slow[0], lambda: time.sleep(CHECK_INTERVAL_S))
    with pytest.raises(Cancelled), interrupt_torch_modules(repeater):
        slow(torch.zeros(1))
    assert steps == ["first"]


def test_after_the_context_a_network_runs_to_its_end() -> None:
    steps, repeater = list[str](), overdue(cancel)
    with interrupt_torch_modules(repeater):
        pass
    network(steps)(torch.zeros(1))
    assert steps == ["first", "second", "third"]


def test_another_threads_network_is_not_interrupted() -> None:
    steps, repeater = list[str](), overdue(cancel)
    with interrupt_torch_modules(repeater):
        other = Thread(target=network(steps), args=(torch.zeros(1),))
        other.start()
        other.join()
    assert steps == ["first", "second", "third"]


def session(batch: int | str, rounds: int = 1) -> InterruptibleSession:
    """A network that doubles its input `rounds` times, one after the other, in a loop."""
    helper, kind = onnx.helper, onnx.TensorProto
    value: Callable[..., Any] = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"]), helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [value("i", kind.INT64, []), value("go", kind.BOOL, []), value("x", kind.FLOAT, None)],
        [value("on", kind.BOOL, []), value("y", kind.FLOAT, None)],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["rounds", "", "input"], ["output"], body=body)],
        "doubling",
        [value("input", kind.FLOAT, [batch, 4])],
        [value("output", kind.FLOAT, [batch, 4])],
        [helper.make_tensor("rounds", kind.INT64, [], [rounds])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    # What is ended on purpose is logged as an error else.
    options.log_severity_level = 4
    loaded = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return InterruptibleSession(loaded)


def test_a_session_gives_the_output_of_its_network() -> None:
    spectrum = np.arange(8, dtype=np.float32).reshape(2, 4)
    output = session("batch", rounds=3).run(spectrum, ProgressRepeater(ignore_progress))
    np.testing.assert_array_equal(output, spectrum * 8)


def test_a_session_takes_batches_unless_its_network_is_fixed_at_one() -> None:
    assert session("batch").takes_batches
    assert not session(1).takes_batches


def test_a_cancel_ends_a_session_in_the_middle_of_a_run_and_leaves_it_whole() -> None:
    # 2**40 rounds would take days.
    running = session("batch", rounds=2**40)
    begun = time.monotonic()
    for _ in range(2):
        with pytest.raises(Cancelled):
            running.run(np.zeros((1, 4), np.float32), ProgressRepeater(cancel))
    assert time.monotonic() - begun < 10
