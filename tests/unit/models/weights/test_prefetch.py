from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemset.errors import Cancelled, WeightsMissing
from stemset.models import registry
from stemset.models.card import MDX_CATALOGUE
from stemset.models.weights import prefetch
from stemset.models.weights.files import ignore_bytes
from tests.support.weights_server import WeightsServer, serving_weights

DRUMS, BASS = "kuielab_b_drums.onnx", "kuielab_b_bass.onnx"
CARDS = registry.cards((DRUMS, BASS))
CONTENT = b"w" * 40_000


@pytest.fixture
def server() -> Iterator[WeightsServer]:
    with serving_weights({DRUMS: CONTENT, BASS: CONTENT, MDX_CATALOGUE: b"{}"}) as running:
        yield running


def test_a_request_is_there_until_it_is_fulfilled(server: WeightsServer, tmp_path: Path) -> None:
    request = prefetch.add("mine", CARDS, tmp_path)
    assert request
    assert request.files == (DRUMS, MDX_CATALOGUE, BASS)
    assert prefetch.find("mine", tmp_path) == request
    assert prefetch.progress(request, CARDS, tmp_path) == 0.0
    prefetch.fetch(request, CARDS, tmp_path, ignore_bytes, mirror=server.address)
    assert prefetch.find("mine", tmp_path) is None
    assert prefetch.add("mine", CARDS, tmp_path) is None


def test_progress_rises_with_the_bytes_on_the_disk_and_outlives_who_fetched(
    server: WeightsServer, tmp_path: Path
) -> None:
    request = prefetch.add("mine", CARDS, tmp_path)
    assert request
    seen: list[float] = []

    def look(_done: int, _whole: int | None) -> None:
        fraction = prefetch.progress(request, CARDS, tmp_path)
        seen.append(-1 if fraction is None else fraction)
        if len(seen) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prefetch.fetch(request, CARDS, tmp_path, look, mirror=server.address)
    assert prefetch.find("mine", tmp_path) == request
    assert prefetch.progress(request, CARDS, tmp_path) == seen[0] > 0
    prefetch.fetch(request, CARDS, tmp_path, look, mirror=server.address)
    # The card only knows about how large the second is, so its share shrinks once it is announced.
    assert all(0 < fraction <= 1 for fraction in seen[:-1])
    assert prefetch.progress(request, CARDS, tmp_path) is None


def test_why_it_failed_is_kept_until_it_is_asked_for_again(tmp_path: Path) -> None:
    request = prefetch.add("mine", CARDS, tmp_path)
    assert request
    with pytest.raises(WeightsMissing):
        prefetch.fetch(request, CARDS, tmp_path, ignore_bytes, mirror="http://127.0.0.1:9")
    kept = prefetch.find("mine", tmp_path)
    assert kept
    assert kept.failure
    assert DRUMS in kept.failure
    assert prefetch.progress(kept, CARDS, tmp_path) is None
    again = prefetch.add("mine", CARDS, tmp_path)
    assert again
    assert (again.failure, again.id != request.id) == (None, True)


def test_asked_twice_at_once_it_is_one_request(tmp_path: Path) -> None:
    assert prefetch.add("mine", CARDS, tmp_path) == prefetch.add("mine", CARDS, tmp_path)


def test_an_earlier_request_leaves_a_later_one_alone(server: WeightsServer, tmp_path: Path) -> None:
    first = prefetch.add("mine", CARDS, tmp_path)
    assert first
    (tmp_path / ".partial" / "mine.request").unlink()
    second = prefetch.add("mine", CARDS, tmp_path)

    def cancel(_done: int, _whole: int | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        prefetch.fetch(first, CARDS, tmp_path, cancel, mirror=server.address)
    assert prefetch.find("mine", tmp_path) == second
