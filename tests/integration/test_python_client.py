# pyright: reportUnknownMemberType=false, reportAttributeAccessIssue=false, reportUnknownVariableType=false
# The client is made when the test runs.
"""A Python client made from the OpenAPI document uploads a song, waits for its stems and downloads them."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest
import soundfile

from stemset.server.openapi import build_document
from tests.support.api import wav
from tests.support.serving import serving
from tests.support.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.slow

CONFIG = """
profiles: {songs: {title: Songs, strategy: halves}}
strategies: {halves: {_: percussive, drums: drums, not_drums: other}}
"""
PACKAGE = "stemset_client"

# The generator knows bytes by one name only.
AS_BYTES = ("application/zip", "audio/flac", "audio/*")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the generated package, which can be imported."""
    (tmp_path / "openapi.json").write_text(json.dumps(build_document()))
    overrides = dict.fromkeys(AS_BYTES, "application/octet-stream")
    (tmp_path / "options.json").write_text(json.dumps({"content_type_overrides": overrides, "post_hooks": []}))
    done = subprocess.run(
        [
            sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
            "--path", "openapi.json", "--config", "options.json", "--output-path", PACKAGE, "--fail-on-warning",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / PACKAGE


def test_a_generated_client_uploads_waits_and_downloads(api: Path, tmp_path: Path) -> None:
    with (
        serving(tmp_path, CONFIG) as served,
        _part("client").Client(base_url=served.address, timeout=LIMIT_S) as client,
    ):
        models = _part("models")
        song = _part("types").File(payload=io.BytesIO(wav(1.0)), file_name="A song.wav")
        upload = models.UploadRecordingUpload(file=song, profile="songs")
        uploaded = _part("api.recordings.upload_recording").sync(client=client, body=upload)
        assert isinstance(uploaded, models.Uploaded)
        job_id: UUID = uploaded.job.id

        get_job = _part("api.jobs.get_job").sync
        wait_until(lambda: get_job(job_id, client=client).state in ("succeeded", "failed"))
        done = get_job(job_id, client=client)
        assert (done.state, done.stems) == ("succeeded", ["drums", "other"])

        whole = _part("api.downloads.download_stem").sync_detailed(job_id, "drums", client=client)
        assert whole.status_code == 200
        samples, rate = soundfile.read(io.BytesIO(whole.content))
        assert (samples.shape, rate) == ((44_100, 2), 44_100)
        archive = _part("api.downloads.download_stems").sync_detailed(job_id, client=client)
        assert archive.status_code == 200
        with zipfile.ZipFile(io.BytesIO(archive.content)) as stems:
            names = " ".join(stems.namelist()).lower()
        assert all(word in names for word in ("drums.flac", "other.flac", "manifest.json"))

        problem = get_job(UUID(int=0), client=client)
        assert (problem.status, problem.type_) == (404, "/problems/not-found")


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")
