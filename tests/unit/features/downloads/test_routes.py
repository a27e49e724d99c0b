from __future__ import annotations

import io
import zipfile
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID, uuid4

import numpy as np
import pytest
import soundfile

from stemset.audio import probe
from stemset.config import ApiSettings
from stemset.features.jobs.messages import Succeeded
from stemset.storage import Keys
from stemset.storage.signing import content_disposition
from tests.support.api import Service, outside, track, with_storage


@pytest.fixture(params=["local", "r2"])
def settings(request: pytest.FixtureRequest, settings: ApiSettings) -> ApiSettings:
    return with_storage(request, settings)


def flac() -> bytes:
    """Half a second of quiet noise."""
    file = io.BytesIO()
    samples = np.random.default_rng(0).integers(-9000, 9000, (22_050, 2), np.int16)
    soundfile.write(file, samples, 44_100, format="FLAC", subtype="PCM_16")
    return file.getvalue()


async def finished_job(service: Service) -> UUID:
    job = await service.playable_job(flac())
    job_id = UUID(job["id"])
    for stem in ("vocals", "other"):
        service.services.storage.put_bytes(Keys.stem(job_id, stem), flac(), "audio/flac")
        await service.report(job["id"], track(stem, len(flac())))
    service.services.storage.put_bytes(Keys.manifest(job_id), b"{}", "application/json")
    await service.services.recordings.change(UUID(job["recordingId"]), title="Ärger: 1/2")
    await service.report(job["id"], Succeeded(sum_to_mixture_db=-200.0, common_gain=1.0))
    return job_id


async def test_a_stem_comes_as_it_is_stored_under_a_name_that_says_what_it_is(service: Service) -> None:
    job = await service.playable_job(flac())
    answer = await service.get(f"/api/jobs/{job['id']}/stems/drums/download")
    if service.services.settings.object_storage.uses_r2:
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
        answer = await outside(answer.headers["location"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/flac")
    assert answer.content == flac()
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Song - Drums.flac\"; filename*=UTF-8''Song%20-%20Drums.flac"
    )


@pytest.mark.parametrize(
    ("audio_format", "media_type", "codec"),
    [
        ("wav", "audio/wav", "pcm_s16le"),
        ("mp3", "audio/mpeg", "mp3"),
        ("opus", "audio/ogg", "opus"),
        ("m4a", "audio/mp4", "aac"),
    ],
)
async def test_a_stem_comes_in_any_format_and_leaves_nothing_behind(
    service: Service, tmp_path: Path, audio_format: str, media_type: str, codec: str
) -> None:
    job = await service.playable_job(flac())
    answer = await service.get(f"/api/jobs/{job['id']}/stems/mixture/download?format={audio_format}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert int(answer.headers["content-length"]) == len(answer.content)
    file = tmp_path / "stem"
    file.write_bytes(answer.content)
    assert probe(file).codec == codec
    if audio_format == "wav":
        assert np.array_equal(
            soundfile.read(file, dtype="int16")[0], soundfile.read(io.BytesIO(flac()), dtype="int16")[0]
        )
    assert list((service.services.settings.data_dir / "uploads").iterdir()) == []


async def test_what_is_not_there_to_download_is_told(service: Service) -> None:
    job = await service.playable_job(flac())
    files = f"/api/jobs/{job['id']}"
    unknown = await service.get(f"{files}/stems/vocals/download")
    assert (unknown.status_code, unknown.json()["detail"][-26:]) == (404, "there are: drums, mixture.")
    assert (await service.get(f"{files}/stems/drums/download?format=exe")).status_code == 400
    early = await service.get(f"{files}/download")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/conflict")
    assert (await service.get(f"/api/jobs/{uuid4()}/download")).status_code == 404


async def test_a_stem_that_cannot_be_written_is_a_fault_of_ours(service: Service) -> None:
    job = await service.playable_job(b"no flac")
    answer = await service.get(f"/api/jobs/{job['id']}/stems/drums/download?format=mp3")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert list((service.services.settings.data_dir / "uploads").iterdir()) == []


async def test_all_stems_come_as_an_archive(service: Service) -> None:
    job_id = await finished_job(service)
    answer = await service.get(f"/api/jobs/{job_id}/download")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert "content-encoding" not in answer.headers
    assert unquote(answer.headers["content-disposition"]).endswith("''Ärger_ 1_2 - instant.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        folder = "Ärger_ 1_2 - instant/"
        assert archive.namelist() == [
            *(f"{folder}Ärger_ 1_2 - {stem}.flac" for stem in ("Drums", "Vocals", "Other")),
            f"{folder}manifest.json",
        ]
        assert archive.read(archive.namelist()[0]) == flac()
        assert archive.read(archive.namelist()[-1]) == b"{}"


def test_an_attachment_has_its_name_in_ascii_too() -> None:
    assert content_disposition("é.flac") == "attachment; filename=\"_.flac\"; filename*=UTF-8''%C3%A9.flac"


async def test_a_daw_gets_every_stem_as_wav_of_one_length_and_start(service: Service) -> None:
    job_id = await finished_job(service)
    answer = await service.get(f"/api/jobs/{job_id}/bundle")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        waves = [name for name in archive.namelist() if name.endswith(".wav")]
        assert len(waves) == len(archive.namelist()) - 1 == 4
        stored, rate = soundfile.read(io.BytesIO(flac()), dtype="int16")
        for name in waves:
            samples, wav_rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="int16")
            assert wav_rate == rate
            assert np.array_equal(samples, stored)
        note = archive.read(next(name for name in archive.namelist() if name.endswith("README.txt"))).decode()
    assert "Sample rate: 44100 Hz" in note
    assert "22050 frames (0.500 s)" in note


async def test_there_is_no_bundle_before_the_job_has_succeeded(service: Service) -> None:
    job = await service.playable_job(flac())
    assert (await service.get(f"/api/jobs/{job['id']}/bundle")).status_code == 409
