"""Catalogue has a strategy's weights fetched: once, by whoever can, and takes the request back where nobody can."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemset.errors import Conflict, NotFound, Unavailable
from stemset.features.catalogue.schemas import ENGINE
from stemset.features.catalogue.service import Catalogue
from stemset.models import registry
from stemset.models.weights import prefetch
from stemset.strategy import parse
from stemset.testing import InMemoryWeightsFetcher

DRUMS = "kuielab_b_drums.onnx"
STRATEGIES = {
    "preview": parse("preview", {"_": "percussive", "drums": "drums", "not_drums": "other"}),
    "drums": parse("drums", {"_": DRUMS, "drums": "drums", "not_drums": "other"}),
}


@pytest.fixture
def fetcher() -> InMemoryWeightsFetcher:
    return InMemoryWeightsFetcher()


@pytest.fixture
def catalogue(tmp_path: Path, fetcher: InMemoryWeightsFetcher) -> Catalogue:
    return Catalogue(STRATEGIES, tmp_path, fetcher, on_modal=True)


async def test_missing_weights_are_requested_of_the_fetcher(
    tmp_path: Path, catalogue: Catalogue, fetcher: InMemoryWeightsFetcher
) -> None:
    strategy = await catalogue.prepare("drums")
    assert (strategy.name, strategy.preparing, strategy.failure) == ("drums", 0.0, None)
    (request,) = fetcher.requests
    assert (request.strategy, request.models) == ("drums", (DRUMS,))
    assert set(request.files) == set(registry.card(DRUMS).weights)
    assert prefetch.find("drums", tmp_path) == request


async def test_a_second_click_asks_for_the_same(catalogue: Catalogue, fetcher: InMemoryWeightsFetcher) -> None:
    await catalogue.prepare("drums")
    await catalogue.prepare("drums")
    assert len({request.id for request in fetcher.requests}) == 1


@pytest.mark.parametrize("name", ["preview", "drums"])
async def test_what_is_complete_is_not_requested(
    tmp_path: Path, catalogue: Catalogue, fetcher: InMemoryWeightsFetcher, name: str
) -> None:
    for file in registry.card(DRUMS).weights:
        (tmp_path / file).write_bytes(b"weights")
    strategy = await catalogue.prepare(name)
    assert (strategy.ready, strategy.preparing, fetcher.requests) == (True, None, [])


async def test_a_request_that_reaches_nobody_is_taken_back(
    tmp_path: Path, catalogue: Catalogue, fetcher: InMemoryWeightsFetcher
) -> None:
    fetcher.failures = 1
    with pytest.raises(Unavailable):
        await catalogue.prepare("drums")
    assert prefetch.find("drums", tmp_path) is None
    assert (await catalogue.prepare("drums")).preparing == 0.0


async def test_an_unknown_strategy_is_refused_with_those_that_are_known(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="There is no strategy 'nope'; there are: drums, preview"):
        await catalogue.prepare("nope")


async def test_without_a_fetcher_the_operator_is_told_what_to_run(tmp_path: Path) -> None:
    catalogue = Catalogue(STRATEGIES, tmp_path, None, on_modal=True)
    with pytest.raises(Conflict, match="Weights of this deployment are fetched by `modal run"):
        await catalogue.prepare("drums")
    with pytest.raises(NotFound):
        await catalogue.prepare("nope")


async def test_strategies_come_in_their_order_and_models_all(tmp_path: Path, catalogue: Catalogue) -> None:
    assert [strategy.name for strategy in await catalogue.list_strategies()] == ["preview", "drums"]
    assert [model.name for model in await catalogue.list_models()] == list(registry.names())


@pytest.mark.parametrize(
    ("on_modal", "installed", "lacks_engine"), [(True, False, False), (False, False, True), (False, True, False)]
)
async def test_networks_need_their_packages_where_jobs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_modal: bool, installed: bool, lacks_engine: bool
) -> None:
    monkeypatch.setattr("stemset.features.catalogue.service.is_engine_installed", lambda: installed)
    preview, drums = await Catalogue(STRATEGIES, tmp_path, None, on_modal=on_modal).list_strategies()
    assert (ENGINE in drums.missing) is lacks_engine
    assert ENGINE not in preview.missing
