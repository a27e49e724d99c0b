from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from stemset.config import ApiSettings
from stemset.database.engine import create_engine_for
from stemset.errors import WeightsMissing
from stemset.features.catalogue import offer
from stemset.features.catalogue.schemas import Quality, StrategyBlend
from stemset.features.jobs.engines.dispatcher import WeightsFetcher
from stemset.features.jobs.engines.modal import ModalDispatcher
from stemset.features.jobs.messages import Started
from stemset.models.registry import card, cards
from stemset.models.weights import prefetch
from stemset.models.weights.files import ignore_bytes
from stemset.server.services import build_services
from stemset.strategy import BlendDomain, BlendKind, parse
from stemset.testing import InMemoryDispatcher
from stemset.worker.pid_files import lock_pid_file, pid_file
from tests.support.api import Service
from tests.support.weights_server import serving_weights


async def test_a_healthy_service_says_so(service: Service) -> None:
    answer = await service.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_service_without_its_database_is_degraded(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = create_engine_for(f"sqlite:///{tmp_path}/there/is/none.db")
    (tmp_path / "there" / "is").rmdir()
    monkeypatch.setattr(service.services.health, "_engine", broken)
    answer = await service.get("/api/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "degraded", False)
    await broken.dispose()


async def test_limits_are_told_before_an_upload_starts(service: Service) -> None:
    config = (await service.get("/api/config")).json()
    assert config["limits"] == {"maxBytes": 1_000_000, "maxDurationS": 6.0, "maxChannels": 2}
    assert config["defaultProfile"] == "demo"


async def test_profiles_come_in_the_order_of_the_file_with_their_recordings_counted(service: Service) -> None:
    await service.new_job()
    profiles = (await service.get("/api/profiles")).json()
    assert [(profile["name"], profile["recordings"]) for profile in profiles] == [("demo", 1), ("songs", 0)]


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
        ([], True) if offer.engine_installed() else ([offer.ENGINE], False)
    )
    assert models["kuielab_b_drums.onnx"]["weights"] == "present"
    assert models["percussive"]["weights"] == "none"


def test_a_service_on_modal_runs_networks_without_having_their_packages(tmp_path: Path) -> None:
    drums = parse("d", {"_": "kuielab_b_drums.onnx", "drums": "drums", "not_drums": "other"})
    elsewhere = offer.describe_strategy(drums, tmp_path, engine=True)
    nowhere = offer.describe_strategy(drums, tmp_path, engine=False)
    assert offer.ENGINE not in elsewhere.missing
    assert offer.ENGINE in nowhere.missing


async def test_where_no_engine_fetches_weights_the_operator_does(service: Service) -> None:
    assert not isinstance(ModalDispatcher("stemset"), WeightsFetcher)
    fetching_nothing = build_services(service.services.settings, InMemoryDispatcher())
    object.__setattr__(service.services, "catalogue", fetching_nothing.catalogue)
    answer = await service.client.post("/api/strategies/drums_first/prepare")
    assert answer.status_code == 409
    assert "download_models" in answer.json()["detail"]


def test_an_ensemble_names_its_models_and_its_blend_and_costs_the_time_of_all(tmp_path: Path) -> None:
    kim: JsonValue = "Kim_Vocal_2.onnx"
    slots: dict[str, JsonValue] = {"vocals": "vocals", "not_vocals": "rest"}
    blend: JsonValue = {"domain": "spectrum", "weights": [3, 1]}
    both = parse("both", {"_": ["vocals_mel_band_roformer.ckpt", kim], "blend": blend, **slots})
    told = offer.describe_strategy(both, tmp_path, engine=True)
    (node,) = told.nodes
    assert [model.name for model in node.models] == ["vocals_mel_band_roformer.ckpt", kim]
    assert node.blend == StrategyBlend(kind=BlendKind.AVERAGE, domain=BlendDomain.SPECTRUM, weights=[3, 1])
    assert "MelBand Roformer, vocals (Kim) with Kim Vocal 2" in told.summary
    assert kim in told.missing
    alone = [parse("one", {"_": model, **slots}) for model in both.models]
    assert offer.estimated_s(both, 2) == pytest.approx(sum(offer.estimated_s(one, 2) for one in alone), abs=0.1)


def test_the_weakest_network_decides_on_the_quality() -> None:
    def quality(tree: object) -> Quality:
        return offer.quality_of(parse("s", tree))

    best = {"_": "vocals_mel_band_roformer.ckpt", "vocals": "vocals", "not_vocals": "rest"}
    assert quality(best) is Quality.BEST
    ft = {"_": "htdemucs_ft.yaml", "vocals": None, "drums": "drums", "bass": "bass", "other": "other"}
    assert quality({**best, "not_vocals": ft}) is Quality.VERY_GOOD
    assert quality({**best, "not_vocals": {"_": "percussive", "drums": "drums", "not_drums": "x"}}) is Quality.PREVIEW


def test_more_cores_make_networks_quicker_but_not_the_built_in_models() -> None:
    demucs = parse("d", {"_": "htdemucs.yaml", "vocals": "v", "drums": "d", "bass": "b", "other": "o"})
    built_in = parse("b", {"_": "percussive", "drums": "d", "not_drums": "o"})
    assert offer.estimated_s(demucs, 8) < offer.estimated_s(demucs, 2) / 3
    assert offer.estimated_s(built_in, 8) == offer.estimated_s(built_in, 1) == 8.0


async def test_health_tells_of_the_worker_and_the_queue(service: Service, settings: ApiSettings) -> None:
    waiting = (await service.get("/api/health")).json()
    assert (waiting["worker"], waiting["queued"], waiting["running"]) == (False, 0, 0)
    await service.new_job()
    with lock_pid_file(settings.data_dir):
        alive = (await service.get("/api/health")).json()
    assert (alive["worker"], alive["queued"], alive["running"]) == (True, 1, 0)


async def test_a_worker_elsewhere_is_known_by_its_reports(service: Service, settings: ApiSettings) -> None:
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await killed.wait()
    left = pid_file(settings.data_dir, killed.pid)
    left.parent.mkdir(parents=True)
    left.touch()
    job = await service.new_job()
    assert (await service.get("/api/health")).json()["worker"] is False
    await service.report(job["id"], Started())
    health = (await service.get("/api/health")).json()
    assert (health["worker"], health["queued"], health["running"]) == (True, 0, 1)


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


async def strategy(service: Service, name: str) -> dict[str, Any]:
    return next(one for one in (await service.get("/api/strategies")).json() if one["name"] == name)
