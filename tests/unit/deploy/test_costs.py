"""What a song costs: price × seconds."""

from __future__ import annotations

import pytest

from stemset.config import parse_config
from stemset.config.modal import ModalSettings
from stemset.deploy.costs import GPUS, Cost, estimate_costs
from stemset.models import registry
from stemset.strategy import Strategy

DRUMS = "kuielab_b_drums.onnx"
CONFIG = f"""
profiles: {{songs: {{title: Songs, strategy: drums}}}}
strategies:
  drums: {{_: {DRUMS}, drums: drums, not_drums: other}}
  built_in: {{_: percussive, drums: drums, not_drums: other}}
"""
L4_PER_S = 0.000222 + 2 * 0.0000131 + 8 * 0.00000222
"""Dollars for a second of an L4 with the two cores and 8 GiB of the default settings."""


@pytest.fixture
def strategies() -> dict[str, Strategy]:
    return parse_config(CONFIG).strategies


def on_l4(strategy: Strategy, knobs: ModalSettings | None = None, song_s: float = 240.0) -> Cost:
    return next(cost for cost in estimate_costs([strategy], knobs or ModalSettings(), song_s) if cost.gpu == "L4")


def test_a_song_without_a_second_costs_a_start_and_the_wait_after_it(strategies: dict[str, Strategy]) -> None:
    cost = on_l4(strategies["drums"], song_s=0)
    assert (cost.compute_s, cost.next_song) == (0, 0)
    assert cost.lone_song == pytest.approx((15 + 60) * L4_PER_S)


def test_four_minutes_take_the_work_on_the_card_at_a_third_of_the_peak_and_ten_seconds_of_handling(
    strategies: dict[str, Strategy],
) -> None:
    work_gflop = registry.card(DRUMS).gflop_per_second * 240
    cost = on_l4(strategies["drums"])
    assert cost.compute_s == pytest.approx(work_gflop / (30_300 * 0.3) + 10, abs=0.05)
    assert cost.next_song == pytest.approx(cost.compute_s * L4_PER_S, rel=0.01)
    assert cost.lone_song == pytest.approx(cost.next_song + 75 * L4_PER_S, rel=0.01)


def test_the_wait_and_the_cores_beside_a_gpu_are_paid_for(strategies: dict[str, Strategy]) -> None:
    usual = on_l4(strategies["drums"])
    patient = on_l4(strategies["drums"], ModalSettings(gpu_scaledown_s=160))
    assert patient.lone_song - usual.lone_song == pytest.approx(100 * L4_PER_S)
    larger = on_l4(strategies["drums"], ModalSettings(gpu_cpu=4))
    assert larger.next_song / usual.next_song == pytest.approx((L4_PER_S + 2 * 0.0000131) / L4_PER_S)


def test_only_strategies_with_a_network_are_estimated_each_on_every_gpu(strategies: dict[str, Strategy]) -> None:
    costs = estimate_costs(list(strategies.values()), ModalSettings())
    assert [(cost.strategy, cost.gpu) for cost in costs] == [("drums", gpu.name) for gpu in GPUS]
