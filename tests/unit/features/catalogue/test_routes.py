"""Over HTTP, strategies say what they need, and their weights are fetched on request."""

from __future__ import annotations

from typing import Any

import pytest

from stemset.config import ApiSettings
from stemset.errors import WeightsMissing
from stemset.features.catalogue.schemas import ENGINE
from stemset.features.catalogue.service import is_engine_installed
from stemset.features.jobs.engines.dispatcher import WeightsFetcher
from stemset.features.jobs.engines.modal import ModalDispatcher
from stemset.models.registry import card, cards
from stemset.models.weights import prefetch
from stemset.models.weights.files import ignore_bytes
from stemset.server.services import build_services
from stemset.testing import InMemoryDispatcher
from tests.support.api import Service
from tests.support.weights_server import serving_weights


async def strategy(service: Service, name: str) -> dict[str, Any]:
    return next(one for one in (await service.get("/api/strategies")).json() if one["name"] == name)


async def test_strategies_say_how_good_they_are_and_what_they_lack(service: Service) -> None:
    instant, drums_first = (await service.get("/api/strategies")).json()
    assert (instant["quality"], instant["ready"], instant["downloadBytes"]) == ("preview", True, 0)
    assert instant["nodes"][1] == {
        "path": "root/not_drums",
        "parent": "root",
        "slot": "not_drums",
        "models": [{"name": "centre_voice", "title": "Centre voice (built in)"}],
        "blend": None,
        "stems": {"vocals": "vocals", "not_vocals": "other"},
    }
    assert (drums_first["quality"], drums_first["ready"]) == ("good", False)
    assert "kuielab_b_drums.onnx" in drums_first["missing"]
    assert drums_first["downloadBytes"] == card("kuielab_b_drums.onnx").size_bytes


async def test_a_strategy_is_ready_once_its_weights_are_there(service: Service, settings: ApiSettings) -> None:
    settings.weights_dir.mkdir(parents=True)
    for file in card("kuielab_b_drums.onnx").weights:
        (settings.weights_dir / file).write_bytes(b"weights")
    _, drums_first = (await service.get("/api/strategies")).json()
    models = {model["name"]: model for model in (await service.get("/api/models")).json()}
    assert (drums_first["missing"], drums_first["ready"]) == (
        ([], True) if is_engine_installed() else ([ENGINE], False)
    )
    assert models["kuielab_b_drums.onnx"]["weights"] == "present"
    assert models["percussive"]["weights"] == "none"


async def test_where_no_engine_fetches_weights_the_operator_does(service: Service) -> None:
    assert not isinstance(ModalDispatcher("stemset"), WeightsFetcher)
    fetching_nothing = build_services(service.services.settings, InMemoryDispatcher())
    object.__setattr__(service.services, "catalogue", fetching_nothing.catalogue)
    answer = await service.client.post("/api/strategies/drums_first/prepare")
    assert answer.status_code == 409
    assert "download_models" in answer.json()["detail"]


async def test_a_strategy_can_be_prepared_ahead(service: Service, settings: ApiSettings) -> None:
    answer = await service.client.post("/api/strategies/drums_first/prepare")
    assert (answer.status_code, answer.json()["preparing"]) == (202, 0.0)
    await service.client.post("/api/strategies/drums_first/prepare")
    request, again = service.dispatcher.requests
    assert request == again
    assert request.models == ("kuielab_b_drums.onnx",)

    # As the worker does it.
    content = {"kuielab_b_drums.onnx": b"network" * 10_000, "mdx_model_data.json": b"{}"}
    with serving_weights(content) as server:
        server.break_after, server.ranges = 35_000, False
        with pytest.raises(WeightsMissing):
            prefetch.fetch(request, cards(request.models), settings.weights_dir, ignore_bytes, mirror=server.address)
        drums_first = await strategy(service, "drums_first")
        assert drums_first["preparing"] is None
        assert "kuielab_b_drums.onnx" in drums_first["failure"]

        drums_first = (await service.client.post("/api/strategies/drums_first/prepare")).json()
        assert (drums_first["preparing"], drums_first["failure"]) == (0.5, None)
        server.break_after = None
        last = service.dispatcher.requests[-1]
        prefetch.fetch(last, cards(last.models), settings.weights_dir, ignore_bytes, mirror=server.address)
    drums_first = await strategy(service, "drums_first")
    assert (drums_first["preparing"], drums_first["failure"], drums_first["downloadBytes"]) == (None, None, 0)
    model = next(
        model for model in (await service.get("/api/models")).json() if model["name"] == "kuielab_b_drums.onnx"
    )
    assert model["files"][0] == {"name": "kuielab_b_drums.onnx", "bytes": 70_000, "present": True}


async def test_a_strategy_that_has_all_it_needs_is_not_handed_to_a_worker(service: Service) -> None:
    answer = await service.client.post("/api/strategies/instant/prepare")
    assert (answer.status_code, answer.json()["ready"], service.dispatcher.requests) == (202, True, [])


async def test_a_strategy_that_no_worker_can_hear_of_is_not_being_prepared(service: Service) -> None:
    service.dispatcher.failures = 1
    assert (await service.client.post("/api/strategies/drums_first/prepare")).status_code == 503
    assert (await strategy(service, "drums_first"))["preparing"] is None


async def test_only_a_strategy_that_is_there_can_be_prepared(service: Service) -> None:
    answer = await service.client.post("/api/strategies/nope/prepare")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
