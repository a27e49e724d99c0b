"""How long a node should take."""

from __future__ import annotations

import os

import pytest

from stemset.features.jobs.estimates import (
    GFLOPS_PER_CORE,
    SPECTRAL_GFLOPS,
    estimate_nodes,
    measure_paces,
    published_pace,
)
from stemset.features.jobs.records import JobStatus, NodeState, NodeStatus, remaining_s
from stemset.models import registry

NETWORK = "vocals_mel_band_roformer.ckpt"


def node(model: str, seconds: float | None, *, cached: bool = False) -> NodeStatus:
    return NodeStatus(path=model, parent=None, model=model, state=NodeState.DONE, seconds=seconds, cached=cached)


def test_a_pace_is_the_median_of_the_runs_that_took_their_time():
    runs = [
        (JobStatus(nodes=(node("a", 10), node("b", 5))), 10.0),
        (JobStatus(nodes=(node("a", 90),)), 30.0),
        (JobStatus(nodes=(node("a", 4), node("a", 1000, cached=True))), 2.0),
        (JobStatus(nodes=(node("b", None), node("c", 0))), 10.0),
        (JobStatus(nodes=(node("d", 1),)), 0.0),
    ]
    assert measure_paces(runs) == {"a": 2.0, "b": 0.5}
    assert measure_paces([]) == {}


def test_a_published_pace_counts_the_cores_for_a_network_and_one_core_for_a_model_without_weights():
    card = registry.card(NETWORK)
    assert published_pace(card, 2) == pytest.approx(card.gflop_per_second / (2 * GFLOPS_PER_CORE))
    assert published_pace(card, 4) == pytest.approx(published_pace(card, 1) / 4)
    percussive = registry.card("percussive")
    assert published_pace(percussive, 1) == published_pace(percussive, 64)
    assert published_pace(percussive, 1) == pytest.approx(percussive.gflop_per_second / SPECTRAL_GFLOPS)


def test_a_node_is_estimated_by_what_was_measured_else_by_what_is_published_else_not_at_all():
    nodes = [NodeStatus(path=model, parent=None, model=model) for model in ("percussive", NETWORK, "gone.ckpt")]
    measured, published, unknown = estimate_nodes(nodes, 210.0, {"percussive": 0.25})
    assert measured.expected_s == 52.5
    expected = published_pace(registry.card(NETWORK), os.cpu_count() or 1) * 210.0
    assert published.expected_s == pytest.approx(expected, abs=0.001)
    assert unknown.expected_s is None
    assert [status.path for status in (measured, published, unknown)] == [status.path for status in nodes]


def waiting(expected_s: float | None, *, fraction: float = 0.0) -> NodeStatus:
    return NodeStatus(path="n", parent=None, model="m", fraction=fraction, expected_s=expected_s)


def done(expected_s: float, seconds: float, *, cached: bool = False) -> NodeStatus:
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
def test_the_time_left_is_what_is_expected_at_the_pace_of_this_machine(nodes: list[NodeStatus], left_s: float | None):
    assert remaining_s(nodes) == left_s
