"""MixService saves what lies within the song, and of a recording that can be played."""

from __future__ import annotations

from uuid import uuid4

import pytest

from stemset.errors import Conflict, InvalidRequest, NotFound
from stemset.features.jobs.messages import Started
from stemset.features.jobs.records import JobRecord
from stemset.features.mixes.mix import Loop, Marker, Mix
from stemset.features.mixes.repository import MixRepository
from stemset.features.mixes.schemas import ClipChange, ClipRequest
from stemset.features.mixes.service import MixService
from stemset.features.player.tracks import TrackService
from stemset.testing import MemoryStorage
from tests.support.queue import Queue, track

FRAMES = 100
"""Of every track of `tests.support.queue.track`."""


@pytest.fixture
def service(queue: Queue) -> MixService:
    tracks = TrackService(queue.service, MemoryStorage())
    return MixService(MixRepository(queue.sessions), queue.recordings, tracks)


async def playable_job(queue: Queue) -> JobRecord:
    job = await queue.job()
    await queue.tell(job, Started())
    await queue.tell(job, track("mixture"))
    return job


LAST = [Mix(loop=Loop(start=0, end=FRAMES)), Mix(markers=[Marker(frame=FRAMES)])]
BEYOND = [Mix(loop=Loop(start=0, end=FRAMES + 1)), Mix(markers=[Marker(frame=FRAMES + 1)])]


@pytest.mark.parametrize("mix", LAST)
async def test_what_ends_with_the_song_is_saved(queue: Queue, service: MixService, mix: Mix):
    job = await playable_job(queue)
    assert (await service.save_mix(job.recording_id, mix, replaces=0)).mix == mix
    assert (await service.add_share(job.recording_id, None, mix)).mix == mix
    clip = await service.add_clip(job.recording_id, ClipRequest(title="x", start=0, end=FRAMES, mix=mix))
    assert (clip.end, clip.mix) == (FRAMES, mix)


@pytest.mark.parametrize("mix", BEYOND)
async def test_what_lies_a_frame_beyond_the_song_is_refused(queue: Queue, service: MixService, mix: Mix):
    job = await playable_job(queue)
    clip = await service.add_clip(job.recording_id, ClipRequest(title="x", start=0, end=1))
    for refused in (
        service.save_mix(job.recording_id, mix, replaces=0),
        service.add_share(job.recording_id, job.id, mix),
        service.add_clip(job.recording_id, ClipRequest(title="x", start=0, end=1, mix=mix)),
        service.change_clip(clip.id, ClipChange(mix=mix)),
    ):
        with pytest.raises(InvalidRequest, match="mix: frame 101 lies beyond the song, which has 100"):
            await refused


async def test_a_clip_that_ends_beyond_the_song_is_refused(queue: Queue, service: MixService):
    job = await playable_job(queue)
    with pytest.raises(InvalidRequest, match="end: frame 101 lies beyond the song"):
        await service.add_clip(job.recording_id, ClipRequest(title="x", start=0, end=FRAMES + 1))
    clip = await service.add_clip(job.recording_id, ClipRequest(title="x", start=0, end=1))
    with pytest.raises(InvalidRequest, match="end: frame 101 lies beyond the song"):
        await service.change_clip(clip.id, ClipChange(end=FRAMES + 1))


@pytest.mark.parametrize("change", [ClipChange(start=20), ClipChange(end=10), ClipChange(start=30, end=30)])
async def test_a_change_leaves_a_clip_a_length(queue: Queue, service: MixService, change: ClipChange):
    job = await playable_job(queue)
    clip = await service.add_clip(job.recording_id, ClipRequest(title="x", start=10, end=20))
    with pytest.raises(InvalidRequest, match=r"end: end [0-9]+ must be greater than start [0-9]+"):
        await service.change_clip(clip.id, change)


async def test_a_change_of_a_clip_leaves_what_it_does_not_name(queue: Queue, service: MixService):
    job = await playable_job(queue)
    mix = Mix(master_db=-3.0)
    clip = await service.add_clip(job.recording_id, ClipRequest(title="x", start=10, end=20, mix=mix))
    changed = await service.change_clip(clip.id, ClipChange(start=19))
    assert changed == clip.model_copy(update={"start": 19})
    moved = await service.change_clip(clip.id, ClipChange(start=50, end=60, title="Bridge"))
    assert (moved.start, moved.end, moved.title, moved.mix) == (50, 60, "Bridge", mix)


async def test_without_a_job_the_newest_that_can_be_played_is_taken(queue: Queue, service: MixService):
    first = await playable_job(queue)
    second = await queue.job(first.recording_id, strategy="other")
    assert (await service.add_share(first.recording_id, None, Mix())).job_id == first.id
    await queue.tell(second, Started())
    await queue.tell(second, track("mixture"))
    assert (await service.add_share(first.recording_id, None, Mix())).job_id == second.id
    assert (await service.add_share(first.recording_id, first.id, Mix())).job_id == first.id


async def test_a_song_of_which_nothing_can_be_played_has_nothing_to_save(queue: Queue, service: MixService):
    job = await queue.job()
    clip = ClipRequest(title="x", start=0, end=1)
    for refused in (
        service.save_mix(job.recording_id, Mix(), replaces=0),
        service.add_share(job.recording_id, job.id, Mix()),
        service.add_clip(job.recording_id, clip),
    ):
        with pytest.raises(Conflict, match="Nothing of this recording can be played yet"):
            await refused


async def test_what_is_unknown_is_not_found(queue: Queue, service: MixService):
    job, other = await playable_job(queue), await queue.recording()
    for refused in (
        service.save_mix(uuid4(), Mix(), replaces=0),
        service.add_share(other, job.id, Mix()),
        service.add_clip(uuid4(), ClipRequest(title="x", start=0, end=1)),
        service.change_clip(uuid4(), ClipChange()),
    ):
        with pytest.raises(NotFound):
            await refused
