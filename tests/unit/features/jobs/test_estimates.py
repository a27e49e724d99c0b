"""How long a node should take."""

from __future__ import annotations

import pytest

from stemset.features.jobs.estimates import estimate_steps, measure_paces
from stemset.features.jobs.records import JobStatus, StepState, StepStatus, remaining_s


def node(model: str, seconds: float | None, *, cached: bool = False) -> StepStatus:
    return StepStatus(path=model, parent=None, label=model, state=StepState.DONE, seconds=seconds, cached=cached)


def test_a_pace_is_the_median_of_the_runs_that_took_their_time():
    runs = [
        (JobStatus(steps=(node("a", 10), node("b", 5))), 10.0),
        (JobStatus(steps=(node("a", 90),)), 30.0),
        (JobStatus(steps=(node("a", 4), node("a", 1000, cached=True))), 2.0),
        (JobStatus(steps=(node("b", None), node("c", 0))), 10.0),
        (JobStatus(steps=(node("d", 1),)), 0.0),
    ]
    assert measure_paces(runs) == {"a": 2.0, "b": 0.5}
    assert measure_paces([]) == {}


def test_a_step_is_estimated_by_what_was_measured_else_by_what_its_kind_says_else_not_at_all():
    steps = [StepStatus(path=label, parent=None, label=label) for label in ("percussive", "network", "gone")]
    paces = {"network": 0.5}
    measured, published, unknown = estimate_steps(steps, 210.0, {"percussive": 0.25}, paces.get)
    assert (measured.expected_s, published.expected_s, unknown.expected_s) == (52.5, 105.0, None)
    assert [status.path for status in (measured, published, unknown)] == [status.path for status in steps]


def test_without_a_recording_nothing_is_estimated():
    [step] = estimate_steps([StepStatus(path="root", parent=None, label="a")], None, {"a": 1.0}, {"a": 1.0}.get)
    assert step.expected_s is None


def waiting(expected_s: float | None, *, fraction: float = 0.0) -> StepStatus:
    return StepStatus(path="n", parent=None, label="m", fraction=fraction, expected_s=expected_s)


def done(expected_s: float, seconds: float, *, cached: bool = False) -> StepStatus:
    return node("m", seconds, cached=cached).model_copy(update={"fraction": 1.0, "expected_s": expected_s})


@pytest.mark.parametrize(
    ("nodes", "left_s"),
    [
        ([], 0.0),
        ([waiting(10), waiting(20)], 30.0),
        ([waiting(10, fraction=0.25), waiting(20)], 27.5),
        # The machine took twice as long as expected, so it will again.
        ([done(10, 20), waiting(20)], 40.0),
        ([done(10, 5), waiting(20)], 10.0),
        # What came from the cache tells nothing of the machine.
        ([done(10, 0.1, cached=True), waiting(20)], 20.0),
        ([waiting(10), waiting(None)], None),
    ],
)
def test_the_time_left_is_what_is_expected_at_the_pace_of_this_machine(nodes: list[StepStatus], left_s: float | None):
    assert remaining_s(nodes) == left_s
