"""What holds for every address."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stemset.config import ApiSettings
from stemset.server import openapi
from tests.support.api import Service


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("POST", "/api/nothing/at/all", 404, "not-found"),
        ("GET", "/api/recordings/not-an-id", 404, "not-found"),
        ("DELETE", "/api/jobs", 405, "method-not-allowed"),
        ("POST", "/p/demo", 405, "method-not-allowed"),
    ],
)
async def test_an_address_that_does_not_exist_is_a_problem_too(
    service: Service, method: str, path: str, status: int, kind: str
) -> None:
    answer = await service.client.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.json()["instance"] == path


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/nothing"])
async def test_every_answer_carries_the_security_headers(service: Service, path: str) -> None:
    headers = (await service.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "worker-src 'self' blob:" in policy
    assert "'unsafe-eval'" not in policy


async def test_other_origins_are_not_let_in(service: Service) -> None:
    answer = await service.get("/api/health", Origin="https://elsewhere.example")
    assert "access-control-allow-origin" not in answer.headers


async def test_json_is_compressed_and_audio_never(service: Service) -> None:
    assert (await service.get("/api/models")).headers["content-encoding"] == "gzip"
    job = await service.playable_job(bytes(20_000))
    for file in ("stems/drums.flac", "peaks/drums.256.dat"):
        answer = await service.get(f"/api/jobs/{job['id']}/{file}", Accept_Encoding="gzip")
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-length"] == "20000"


async def test_without_a_built_page_a_plain_one_says_how_to_build_it(service: Service) -> None:
    answer = await service.get("/")
    assert answer.status_code == 200
    assert "make" in answer.text


async def test_the_page_answers_at_its_own_addresses(service: Service, settings: ApiSettings) -> None:
    assets = settings.frontend_dir / "assets"
    assets.mkdir(parents=True)
    (settings.frontend_dir / "index.html").write_text("<p>the page</p>")
    (assets / "index-abc123.js").write_text("play()")
    (settings.data_dir / "secret.txt").write_text("secret")
    for path in ("/", "/p/demo", "/p/demo/recordings/1", "/../data/secret.txt", "/%2e%2e/data/secret.txt"):
        answer = await service.get(path)
        assert (answer.text, answer.headers["cache-control"]) == ("<p>the page</p>", "no-cache")
        assert answer.headers["content-type"].startswith("text/html")
    script = await service.get("/assets/index-abc123.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await service.get("/", If_None_Match=answer.headers["etag"])).status_code == 304
    assert (await service.client.head("/")).headers["etag"] == answer.headers["etag"]


async def test_a_missing_asset_is_not_the_page(service: Service, settings: ApiSettings) -> None:
    settings.frontend_dir.mkdir(parents=True)
    (settings.frontend_dir / "index.html").write_text("<p>the page</p>")
    assert (await service.get("/assets/index-gone.js")).status_code == 404


async def test_the_document_is_served_as_it_is_dumped_and_its_page_shows_every_operation(service: Service) -> None:
    served = (await service.get("/api/openapi.json")).json()
    assert served == openapi.build_document()
    page = (await service.get("/docs")).text
    for methods in served["paths"].values():
        for operation in methods.values():
            assert operation["operationId"] in page


def test_every_operation_is_described() -> None:
    operations = [operation for _, _, operation in openapi.list_operations(openapi.build_document())]
    assert {openapi.read_text(operation, "operationId") for operation in operations} == {
        "getSession", "signIn", "signOut",
        "getHealth", "getConfig", "listProfiles", "listStrategies", "prepareStrategy", "listModels",
        "uploadRecording", "listRecordings", "getRecording", "updateRecording", "deleteRecording",
        "createUpload", "getUpload", "putUploadPart", "completeUpload", "abandonUpload",
        "createJob", "listJobs", "getJob", "streamJobEvents", "cancelJob", "retryJob", "reportJob",
        "getPlayer", "getStemFile", "getPeaks", "getManifest", "downloadStem", "downloadStems", "downloadBundle",
        "getMix", "saveMix", "createClip", "listClips", "getClip", "updateClip", "deleteClip",
        "createShare", "listShares", "revokeShare", "getShared", "getSharedStemFile", "getSharedPeaks",
    }  # fmt: skip
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        for status, response in openapi.read_object(operation, "responses").items():
            assert openapi.read_text(response, "description")
            if status.startswith(("4", "5")) and operation["operationId"] != "getHealth":
                assert list(openapi.read_object(response, "content")) == ["application/problem+json"]


def test_the_web_process_never_imports_what_only_models_need() -> None:
    script = (
        "import sys, stemset.server.serve, stemset.server.app, stemset.features.library.demo_song;"
        "import stemset.features.catalogue.schemas as c, stemset.models.registry as r;"
        "[c.describe_model(name, __import__('pathlib').Path('.')) for name in r.names()];"
        "sys.exit(' '.join({'torch', 'onnxruntime', 'librosa', 'audio_separator', 'modal'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
