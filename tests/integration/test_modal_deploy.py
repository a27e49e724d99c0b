"""What `modal deploy modal_app.py` asks Modal for."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any

import pytest

from stemset.config.modal import ModalSettings
from tests.support.modal import ROOT, LocalModal, local_modal, why_not

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]

SECRET = "very-secret-value"
SECRETS = {name: dict.fromkeys(keys, SECRET) for name, keys in ModalSettings().required_secret_keys.items()}


@pytest.fixture(scope="module")
def record() -> Generator[tuple[LocalModal, dict[str, Any]]]:
    with local_modal("python", SECRETS) as modal:
        modal.modal("deploy", "modal_app.py", environment={"STEMSET_MODAL_GPU": "T4, L4", "DATABASE_URL": SECRET})
        yield modal, modal.get("/dump")


@pytest.fixture
def deployed(record: tuple[LocalModal, dict[str, Any]]) -> dict[str, Any]:
    return record[1]


def layers(deployed: dict[str, Any], function: str) -> list[str]:
    """The commands of a function's image and of those below it."""
    found: list[str] = []
    todo = [deployed["functions"][function]["image"]]
    while todo:
        image = deployed["images"][todo.pop()]
        found += image["dockerfile"]
        todo += image["base"]
    return found


def test_it_is_one_service_one_worker_one_schedule_and_a_download(deployed: dict[str, Any]):
    assert set(deployed["functions"]) == {"api", "Worker.*", "reconcile", "download_models"}
    schedules = {name for name, function in deployed["functions"].items() if function["schedule"]}
    assert schedules == {"reconcile"}
    assert deployed["functions"]["reconcile"]["schedule"] == {"period": {"minutes": 5}}
    assert deployed["unimplemented"] == {}


def test_the_worker_takes_the_gpus_that_the_settings_name(deployed: dict[str, Any]):
    worker = deployed["functions"]["Worker.*"]
    assert [gpu for gpu, _ in worker["gpus"]] == ["T4", "L4"]
    assert worker["methods"] == ["run"]
    assert worker["retries"]["retries"] == 2
    assert (worker["timeout"], worker["startup_timeout"]) == (3600, 600)
    assert worker["autoscaler"] == {"maxContainers": 4, "scaledownWindow": 60}
    assert worker["snapshot"]
    assert deployed["functions"]["api"]["gpus"] == []


def test_the_worker_can_not_change_the_weights(deployed: dict[str, Any]):
    volumes = {name: function["volumes"] for name, function in deployed["functions"].items()}
    assert volumes["Worker.*"] == {"/weights": ["stemset-weights", "ro"], "/cache": ["stemset-node-cache", "rw"]}
    assert volumes["api"] == {"/weights": ["stemset-weights", "ro"]}
    assert volumes["download_models"] == {"/weights": ["stemset-weights", "rw"]}
    assert volumes["reconcile"] == {}


def test_each_process_has_the_secrets_that_it_needs(deployed: dict[str, Any]):
    secrets = {name: set(function["secrets"]) for name, function in deployed["functions"].items()}
    everything = {"stemset-database", "stemset-access", "stemset-callback", "stemset-storage"}
    assert secrets["api"] == secrets["reconcile"] == everything
    assert secrets["Worker.*"] == {"stemset-callback", "stemset-storage"}
    assert secrets["download_models"] == set()


def test_no_secret_is_in_an_image_or_anywhere_else_in_the_record(deployed: dict[str, Any]):
    assert SECRET not in json.dumps(deployed)


def test_the_service_takes_many_requests_at_once_on_a_cpu(deployed: dict[str, Any]):
    api = deployed["functions"]["api"]
    assert api["concurrency"][0] == 100
    assert api["timeout"] == 600
    assert api["webhook"]["type"] == "WEBHOOK_TYPE_ASGI_APP"
    assert api["retries"].get("retries", 0) == 0


def test_both_images_are_pinned_and_only_one_has_torch(deployed: dict[str, Any]):
    api, gpu = layers(deployed, "api"), layers(deployed, "Worker.*")
    installs = [next(line for line in image if "uv pip install" in line) for image in (api, gpu)]
    assert all("--no-deps" in line and "-r" in line.replace("--requirements", "-r") for line in installs)
    assert deployed["functions"]["api"]["image"] == deployed["functions"]["reconcile"]["image"]
    assert "core.txt" in " ".join(api)
    assert "gpu.txt" in " ".join(gpu)
    pins = {name: (ROOT / "requirements" / name).read_text() for name in ("core.txt", "gpu.txt")}
    assert not re.search(r"^torch==", pins["core.txt"], re.MULTILINE)
    assert re.search(r"^torch==", pins["gpu.txt"], re.MULTILINE)


def test_config_page_and_package_go_with_the_images(deployed: dict[str, Any]):
    api = set(deployed["functions"]["api"]["files"])
    assert {"/srv/stemset/config.yaml", "/srv/stemset/page/index.html", "/root/stemset/server/app.py"} <= api
    assert any(name.startswith("/srv/stemset/page/assets/") for name in api)
    assert "/root/stemset/database/migrations/env.py" in api
    worker = set(deployed["functions"]["Worker.*"]["files"])
    assert {"/srv/stemset/config.yaml", "/root/stemset/worker/modal.py"} <= worker
    assert not any("page" in name.split("/") for name in worker)
    assert not any("__pycache__" in name or name.endswith((".env", ".key", ".db")) for name in api | worker)


def test_a_deployment_that_lacks_a_secret_is_refused():
    others = {name: values for name, values in SECRETS.items() if "access" not in name}
    with local_modal("python", others) as modal, pytest.raises(AssertionError, match="stemset-access"):
        modal.modal("deploy", "modal_app.py")
