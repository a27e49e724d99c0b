"""What the queue asks of a separation."""

from __future__ import annotations

import os

import pytest

from stemset.features.separations.paces import GFLOPS_PER_CORE, SPECTRAL_GFLOPS, published_pace
from stemset.models import registry
from tests.support.queue import KINDS

NETWORK = "vocals_mel_band_roformer.ckpt"
KIND = KINDS["separation"]


def test_a_published_pace_counts_the_cores_for_a_network_and_one_core_for_a_model_without_weights():
    card = registry.card(NETWORK)
    assert published_pace(card, 2) == pytest.approx(card.gflop_per_second / (2 * GFLOPS_PER_CORE))
    assert published_pace(card, 4) == pytest.approx(published_pace(card, 1) / 4)
    percussive = registry.card("percussive")
    assert published_pace(percussive, 1) == published_pace(percussive, 64)
    assert published_pace(percussive, 1) == pytest.approx(percussive.gflop_per_second / SPECTRAL_GFLOPS)


def test_the_pace_of_a_model_is_the_published_one_and_of_an_unknown_model_there_is_none():
    assert KIND.pace_of(NETWORK) == published_pace(registry.card(NETWORK), os.cpu_count() or 1)
    assert KIND.pace_of("gone.ckpt") is None


def test_a_step_is_called_as_the_card_of_its_model_says_or_by_its_own_name():
    assert KIND.title_of(NETWORK) == registry.card(NETWORK).title
    assert KIND.title_of("gone.ckpt") == "gone.ckpt"
