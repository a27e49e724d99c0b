"""DownloadService names what can be downloaded of a job, and offers an archive once the job has succeeded."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import uuid4

import pytest

from stemset.errors import Conflict, NotFound
from stemset.features.downloads.service import DownloadService, StemDownload
from stemset.features.jobs.messages import Started, Succeeded
from stemset.features.jobs.records import JobRecord
from stemset.features.separations.records import Separation
from stemset.storage import Keys
from stemset.testing import MemoryStorage
from tests.support.queue import STEMS, Queue, track


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def downloads(queue: Queue, storage: MemoryStorage) -> DownloadService:
    return DownloadService(queue.separations, queue.recordings, storage)


async def run_job(queue: Queue, storage: MemoryStorage, *stems: str, title: str = "Song") -> JobRecord:
    """A job that has made these tracks; it has succeeded where they are all that it should make."""
    job = await queue.job(await queue.recording(title=title))
    await queue.tell(job, Started())
    for stem in stems:
        storage.put_bytes(Keys.stem(job.id, stem), stem.encode(), "audio/flac")
        await queue.tell(job, track(stem))
    if set(stems) == {"mixture", *STEMS}:
        storage.put_bytes(Keys.manifest(job.id), b"{}", "application/json")
        await queue.tell(job, Succeeded(result={"sum_to_mixture_db": -200.0, "common_gain": 0.5}))
    return job


async def test_a_stem_has_a_name_for_people(queue: Queue, storage: MemoryStorage, downloads: DownloadService):
    job = await run_job(queue, storage, "mixture", "bass", title="Ärger: 1/2")
    assert await downloads.find_stem(job.id, "bass") == StemDownload(
        Keys.stem(job.id, "bass"), "Ärger_ 1_2 - Bass", Separation.of(job).payload.options.bit_depth
    )
    assert (await downloads.find_stem(job.id, "mixture")).title == "Ärger_ 1_2 - Mixture"


async def test_a_stem_that_is_not_ready_is_refused_with_those_that_are(
    queue: Queue, storage: MemoryStorage, downloads: DownloadService
):
    job = await run_job(queue, storage, "mixture", "bass")
    with pytest.raises(NotFound, match="no stem of this job that is ready, named 'drums'; there are: bass, mixture"):
        await downloads.find_stem(job.id, "drums")
    with pytest.raises(NotFound, match="There is no job"):
        await downloads.find_stem(uuid4(), "drums")


async def test_an_archive_holds_the_stems_in_the_strategys_order_and_the_manifest(
    queue: Queue, storage: MemoryStorage, downloads: DownloadService
):
    job = await run_job(queue, storage, "bass", "mixture", "other", "drums")
    archive = await downloads.archive_stems(job.id)
    assert archive.name == "Song - instant"
    assert [entry.name for entry in archive.entries] == [
        "Song - instant/Song - Drums.flac",
        "Song - instant/Song - Bass.flac",
        "Song - instant/Song - Other.flac",
        "Song - instant/manifest.json",
    ]
    assert [b"".join(entry.read_pieces()) for entry in archive.entries] == [b"drums", b"bass", b"other", b"{}"]
    assert archive.made_at == (await queue.service.get_job(job.id)).status.finished_at


async def test_an_archive_for_a_daw_holds_the_mixture_too_and_a_note(
    queue: Queue, storage: MemoryStorage, downloads: DownloadService
):
    job = await run_job(queue, storage, "mixture", *STEMS)
    archive = await downloads.archive_wav_stems(job.id)
    assert archive.name == "Song - instant - DAW"
    assert [PurePosixPath(entry.name).name for entry in archive.entries] == [
        "README.txt", "Song - Drums.wav", "Song - Bass.wav", "Song - Other.wav", "Song - Mixture.wav",
    ]  # fmt: skip
    # 44 bytes of header, and 100 frames of two channels of 16 bit.
    assert [entry.bytes for entry in archive.entries[1:]] == [44 + 100 * 2 * 2] * 4
    note = b"".join(archive.entries[0].read_pieces()).decode()
    assert "Gain in all files: 0.500000" in note
    assert "Length of every file: 100 frames" in note


async def test_there_is_no_archive_before_the_job_has_succeeded(
    queue: Queue, storage: MemoryStorage, downloads: DownloadService
):
    job = await run_job(queue, storage, "mixture", "bass")
    for refused in (downloads.archive_stems(job.id), downloads.archive_wav_stems(job.id)):
        with pytest.raises(Conflict, match="The job is running"):
            await refused


async def test_an_archive_whose_file_is_gone_is_refused_before_anything_is_sent(
    queue: Queue, storage: MemoryStorage, downloads: DownloadService
):
    job = await run_job(queue, storage, "mixture", *STEMS)
    storage.delete_prefix(Keys.job(job.id))
    with pytest.raises(NotFound):
        await downloads.archive_stems(job.id)
