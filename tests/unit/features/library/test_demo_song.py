"""The demo song is put into an empty library, once, the way an upload goes."""

from __future__ import annotations

from uuid import UUID

import pytest

from stemset.config import ApiSettings
from stemset.features.jobs.messages import Failed, Started
from stemset.features.library import demo_song
from stemset.features.library.demo_song import FILE_NAME
from stemset.sandbox.process import ProcessOutput
from tests.support.api import Service


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    """With room for the demo song."""
    config = settings.config.read_text().replace("max_upload_mb: 1", "max_upload_mb: 20")
    settings.config.write_text(config.replace("max_duration_minutes: 0.1", "max_duration_minutes: 2"))
    return settings


async def test_an_empty_library_gets_the_song_and_a_job_on_it_once(service: Service):
    job = await service.services.demo_song.ensure()
    assert job is not None
    assert (job.profile, job.strategy) == ("demo", "instant")
    recording = await service.services.recordings.get(UUID(str(job.recording_id)))
    assert (recording.file_name, recording.title, recording.codec) == (FILE_NAME, "Paper Lanterns", "flac")
    assert await service.services.demo_song.ensure() is None
    assert (await service.services.recordings.page("demo"))[1] == 1


async def test_a_song_of_the_user_keeps_the_demo_song_out(service: Service):
    await service.new_job()
    assert await service.services.demo_song.ensure() is None
    assert [song.title for song in (await service.services.recordings.page("demo"))[0]] == ["Song"]


async def test_without_the_demo_song_the_service_starts_nevertheless(service: Service, monkeypatch: pytest.MonkeyPatch):
    async def fail(*_arguments: str, **_limits: float) -> ProcessOutput:
        return ProcessOutput(1, b"", b"no scipy")

    monkeypatch.setattr(demo_song, "run_module", fail)
    assert await service.services.demo_song.ensure() is None
    assert (await service.services.recordings.page("demo"))[1] == 0


@pytest.mark.parametrize("event", [Started(), Failed(kind="internal", message="broken")])
async def test_waiting_ends_with_the_job_or_after_its_time(
    service: Service, event: Started | Failed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo_song, "_PLAYABLE_WITHIN_S", 0.3)
    job = await service.new_job()
    await service.report(job["id"], event)
    await service.services.demo_song.wait_until_playable(await service.services.jobs.get_job(UUID(job["id"])))


async def test_waiting_ends_when_the_service_stops(service: Service):
    job = await service.new_job()
    service.services.notifier.close()
    await service.services.demo_song.wait_until_playable(await service.services.jobs.get_job(UUID(job["id"])))
