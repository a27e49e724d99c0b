from __future__ import annotations

from pathlib import Path

from stemset.api import catalogue
from stemset.api.models import Quality
from stemset.config import ApiSettings
from stemset.jobs.database import create_engine_for
from stemset.models.registry import card
from stemset.strategy import parse
from tests.unit.api.conftest import Service


async def test_a_healthy_service_says_so(service: Service) -> None:
    answer = await service.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_service_without_its_database_is_degraded(service: Service, tmp_path: Path) -> None:
    broken = create_engine_for(f"sqlite:///{tmp_path}/there/is/none.db")
    (tmp_path / "there" / "is").rmdir()
    whole = service.parts.engine
    object.__setattr__(service.parts, "engine", broken)
    answer = await service.get("/api/health")
    object.__setattr__(service.parts, "engine", whole)
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
        "model": "centre_voice",
        "title": "Centre voice (built in)",
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
        ([], True) if catalogue.engine_installed() else ([catalogue.ENGINE], False)
    )
    assert models["kuielab_b_drums.onnx"]["weights"] == "present"
    assert models["percussive"]["weights"] == "none"


def test_the_weakest_network_decides_on_the_quality() -> None:
    def quality(tree: object) -> Quality:
        return catalogue.quality_of(parse("s", tree))

    best = {"_": "vocals_mel_band_roformer.ckpt", "vocals": "vocals", "not_vocals": "rest"}
    assert quality(best) is Quality.BEST
    ft = {"_": "htdemucs_ft.yaml", "vocals": None, "drums": "drums", "bass": "bass", "other": "other"}
    assert quality({**best, "not_vocals": ft}) is Quality.VERY_GOOD
    assert quality({**best, "not_vocals": {"_": "percussive", "drums": "drums", "not_drums": "x"}}) is Quality.PREVIEW


def test_more_cores_make_networks_quicker_but_not_the_built_in_models() -> None:
    demucs = parse("d", {"_": "htdemucs.yaml", "vocals": "v", "drums": "d", "bass": "b", "other": "o"})
    built_in = parse("b", {"_": "percussive", "drums": "d", "not_drums": "o"})
    assert catalogue.estimated_s(demucs, 8) < catalogue.estimated_s(demucs, 2) / 3
    assert catalogue.estimated_s(built_in, 8) == catalogue.estimated_s(built_in, 1) == 8.0
