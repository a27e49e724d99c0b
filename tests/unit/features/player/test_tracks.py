"""TrackService finds the newest job that can be played, and knows which version of a file is the current one."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from stemset.errors import Conflict, NotFound
from stemset.features.jobs.messages import Started
from stemset.features.jobs.records import JobRecord
from stemset.features.player.file_requests import FileRequest
from stemset.features.player.tracks import TrackFile, TrackService, parse_peaks_file, parse_stem_file
from stemset.storage import Keys
from stemset.testing import MemoryStorage
from stemset.web.stored_files import IMMUTABLE, REVALIDATE
from tests.support.queue import Queue, track

JOB_ID = UUID("0193b1c2-8a20-7d15-9c3e-0b7f5d2a4c66")


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def tracks(queue: Queue, storage: MemoryStorage) -> TrackService:
    return TrackService(queue.service, storage)


async def decode(queue: Queue, job: JobRecord) -> None:
    await queue.tell(job, Started())
    await queue.tell(job, track("mixture"))


@pytest.mark.parametrize(
    ("name", "track_name", "path", "media_type"),
    [
        ("vocals.flac", "vocals", "stems/vocals.flac", "audio/flac"),
        ("mixture.flac", "mixture", "stems/mixture.flac", "audio/flac"),
        ("lead_vocals2.index", "lead_vocals2", "stems/lead_vocals2.index", "application/octet-stream"),
    ],
)
def test_a_stem_file_is_sound_or_an_index(name: str, track_name: str, path: str, media_type: str):
    assert parse_stem_file(JOB_ID, name) == TrackFile(JOB_ID, track_name, f"jobs/{JOB_ID}/{path}", media_type)


@pytest.mark.parametrize(
    "name",
    ["vocals", "vocals.wav", "Vocals.flac", ".flac", "../x.flac", "a/b.flac", "x.flac ", "x.flac\n", "1x.flac",
     "a" * 41 + ".flac", "manifest.json"],
)  # fmt: skip
def test_another_name_is_no_stem_file(name: str):
    with pytest.raises(NotFound, match="There is no stem file"):
        parse_stem_file(JOB_ID, name)


def test_a_waveform_is_named_by_its_samples_per_pixel():
    for pixels in Keys.SAMPLES_PER_PIXEL:
        assert parse_peaks_file(JOB_ID, f"bass.{pixels}.dat") == TrackFile(
            JOB_ID, "bass", f"jobs/{JOB_ID}/peaks/bass.{pixels}.dat", "application/octet-stream"
        )


@pytest.mark.parametrize("name", ["bass.dat", "bass.257.dat", "bass.0256.dat", "bass.256.flac", "../x.256.dat"])
def test_a_waveform_that_is_not_made_is_refused_with_those_that_are(name: str):
    with pytest.raises(NotFound, match=r"<stem>\.16384\.dat, <stem>\.2048\.dat, <stem>\.256\.dat"):
        parse_peaks_file(JOB_ID, name)


async def test_the_newest_job_with_a_mixture_is_played(queue: Queue, tracks: TrackService):
    first = await queue.job()
    await decode(queue, first)
    second = await queue.job(first.recording_id, strategy="other")
    assert (await tracks.find_playable(first.recording_id)).job.id == first.id
    await decode(queue, second)
    await queue.tell(second, track("bass"))
    await queue.tell(second, track("drums"))
    playable = await tracks.find_playable(first.recording_id)
    assert (playable.job.id, playable.mixture.name) == (second.id, "mixture")
    assert [stem.name for stem in playable.stems] == ["drums", "bass"]
    assert (await tracks.find_playable(first.recording_id, first.id)).job.id == first.id


async def test_nothing_can_be_played_before_a_job_has_decoded_the_song(queue: Queue, tracks: TrackService):
    job = await queue.job()
    for job_id in (None, job.id):
        with pytest.raises(Conflict, match="a job has to decode it first"):
            await tracks.find_playable(job.recording_id, job_id)


async def test_a_job_of_another_recording_is_not_played(queue: Queue, tracks: TrackService):
    job, other = await queue.job(), await queue.recording()
    await decode(queue, job)
    with pytest.raises(NotFound, match=f"no job of recording {other} named"):
        await tracks.find_playable(other, job.id)
    with pytest.raises(NotFound, match="There is no job"):
        await tracks.find_playable(other, uuid4())


async def test_only_the_current_version_of_a_file_may_be_kept_for_ever(
    queue: Queue, tracks: TrackService, storage: MemoryStorage
):
    job = await queue.job()
    await decode(queue, job)
    await queue.tell(job, track("bass", sha256="a" * 64))
    file = parse_stem_file(job.id, "bass.flac")
    storage.put_bytes(file.key, b"0123456789", file.media_type)

    async def policies() -> list[str]:
        requests = [FileRequest(version) for version in ("a" * 16, "e" * 16, None)]
        answers = [await tracks.send_file(file, request) for request in requests]
        heads = [await tracks.describe_file(file, request) for request in requests]
        assert [answer.headers["Cache-Control"] for answer in answers] == [
            head.headers["Cache-Control"] for head in heads
        ]
        return [head.headers["Cache-Control"] for head in heads]

    assert await policies() == [IMMUTABLE, REVALIDATE, REVALIDATE]
    # The stem is written again, with a common gain.
    await queue.tell(job, track("bass", sha256="e" * 64))
    assert await policies() == [REVALIDATE, IMMUTABLE, REVALIDATE]


async def test_a_file_that_is_not_stored_is_not_found(queue: Queue, tracks: TrackService):
    job = await queue.job()
    await decode(queue, job)
    with pytest.raises(NotFound, match=r"no file of this job named 'bass\.flac'"):
        await tracks.send_file(parse_stem_file(job.id, "bass.flac"), FileRequest())
