"""A frame lies within a song up to its length, and a version is the beginning of a hash."""

from __future__ import annotations

import hashlib

import pytest

from stemset.errors import InvalidRequest
from stemset.features.jobs.messages import Started
from stemset.features.player.records import Playable, format_version
from stemset.features.separations.records import Separation
from tests.support.queue import Queue, track


async def playable(queue: Queue, sha256: str = "b" * 64) -> Playable:
    job = await queue.job()
    await queue.tell(job, Started())
    await queue.tell(job, track("mixture", sha256=sha256))
    mixture, stems = await queue.separations.tracks(job.id)
    assert mixture
    return Playable(Separation.of(job), mixture, stems)


async def test_a_frame_lies_within_a_song_up_to_its_length(queue: Queue):
    song = await playable(queue)
    song.check_frame("end", 0)
    song.check_frame("end", 100)
    with pytest.raises(InvalidRequest, match="end: frame 101 lies beyond the song, which has 100") as refused:
        song.check_frame("end", 101)
    assert refused.value.field == "end"


async def test_a_version_is_sixteen_digits_of_the_hash(queue: Queue):
    sha256 = hashlib.sha256(b"mixture").hexdigest()
    assert format_version((await playable(queue, sha256)).mixture) == sha256[:16]
