"""The player is told of every track where its files lie: in the storage, in the service, or under a link."""

from __future__ import annotations

from base64 import b64decode

import pytest
from typing_extensions import override

from stemset.features.jobs.messages import Started
from stemset.features.player.records import Playable
from stemset.features.player.schemas import describe_player, format_label
from stemset.features.player.tracks import TrackService
from stemset.testing import MemoryStorage
from tests.support.queue import STREAMINFO, Queue, recording_of, track

VERSION = "b" * 16


class PublicStorage(MemoryStorage):
    """Gives objects out itself."""

    @override
    def presign_download(self, key: str, *, version: str = "", file_name: str | None = None) -> str:
        return f"https://bucket.example/{key}?version={version}"


async def playable(queue: Queue) -> Playable:
    job = await queue.job()
    for event in (Started(), track("mixture"), track("drums", peak=0.25, lufs=-20.0)):
        await queue.tell(job, event)
    return await TrackService(queue.separations, MemoryStorage()).find_playable(recording_of(job))


@pytest.mark.parametrize(("token", "prefix"), [(None, "/api/jobs/{job}"), ("abc", "/api/shares/abc")])
async def test_files_lie_in_the_service_or_under_a_link(queue: Queue, token: str | None, prefix: str):
    song = await playable(queue)
    recording = await queue.recordings.get(recording_of(song.separation.job))
    player = describe_player(recording, song, MemoryStorage(), token=token)
    files = prefix.format(job=song.separation.job.id)
    (drums,) = player.stems
    assert drums.url == f"{files}/stems/drums.flac?v={VERSION}"
    assert drums.index_url == f"{files}/stems/drums.index?v={VERSION}"
    assert [(peaks.samples_per_pixel, peaks.url) for peaks in drums.peaks] == [
        (pixels, f"{files}/peaks/drums.{pixels}.dat?v={VERSION}") for pixels in (256, 2048, 16384)
    ]
    assert player.mixture.url == f"{files}/stems/mixture.flac?v={VERSION}"


async def test_files_that_the_storage_gives_out_itself_lie_there(queue: Queue):
    song = await playable(queue)
    recording = await queue.recordings.get(recording_of(song.separation.job))
    player = describe_player(recording, song, PublicStorage())
    assert (
        player.mixture.url
        == f"https://bucket.example/jobs/{song.separation.job.id}/stems/mixture.flac?version={VERSION}"
    )


async def test_the_player_is_told_what_the_job_has_measured(queue: Queue):
    song = await playable(queue)
    recording = await queue.recordings.get(recording_of(song.separation.job))
    player = describe_player(recording, song, MemoryStorage())
    assert (player.recording_id, player.job_id, player.title) == (recording.id, song.separation.job.id, "Song")
    assert (player.sample_rate, player.frames, player.common_gain) == (44_100, 100, 1.0)
    (drums,) = player.stems
    assert (drums.name, drums.label, drums.bytes, drums.block_size, drums.lufs) == ("drums", "Drums", 10, 4096, -20.0)
    assert b64decode(drums.streaminfo) == STREAMINFO
    # From -20 to the target of -16 LUFS; a peak of 0.25 leaves 12 dB for it.
    assert drums.gain_db == pytest.approx(4.0)


@pytest.mark.parametrize(("name", "label"), [("vocals", "Vocals"), ("lead_vocals", "Lead vocals"), ("x2", "X2")])
def test_a_label_is_a_stems_name_as_people_write_it(name: str, label: str):
    assert format_label(name) == label
