from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from pydantic import ValidationError

from stemset.errors import NotFound, Stale
from stemset.features.mixes.mix import Loop, Marker, Mix, Strip
from stemset.features.mixes.repository import MixRepository
from tests.support.queue import Queue, recording_of

QUIET = Mix(strips={"drums": Strip(gain_db=-3.2, muted=True), "vocals": Strip(gain_db=None)}, tempo=0.8)
LOUD = Mix(master_db=3.0, loop=Loop(start=10, end=20), markers=[Marker(frame=5, label="Chorus")])


@pytest.fixture
def mixes(queue: Queue) -> MixRepository:
    return MixRepository(queue.sessions)


async def test_a_mix_is_neutral_until_one_is_saved(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    untouched = await mixes.get(recording)
    assert (untouched.version, untouched.mix, untouched.updated_at) == (0, Mix(), None)
    saved = await mixes.save(recording, QUIET, seen=0)
    assert (saved.version, saved.mix) == (1, QUIET)
    assert await mixes.get(recording) == saved


async def test_who_has_not_seen_the_latest_mix_cannot_replace_it(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    await mixes.save(recording, QUIET, seen=0)
    for seen in (0, 2):
        with pytest.raises(Stale, match='it is "1" now'):
            await mixes.save(recording, LOUD, seen=seen)
    assert (await mixes.save(recording, LOUD, seen=1)).version == 2


async def test_of_many_who_save_at_once_one_wins(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    for seen in (0, 1):
        answers = await asyncio.gather(
            *(mixes.save(recording, Mix(master_db=-float(n)), seen=seen) for n in range(8)), return_exceptions=True
        )
        assert sum(isinstance(answer, Stale) for answer in answers) == 7
    assert (await mixes.get(recording)).version == 2


async def test_a_link_opens_until_it_is_revoked(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    first, second = [await mixes.share(recording_of(job), job.id, mix) for mix in (QUIET, LOUD)]
    assert await mixes.get_share(first.token) == first
    assert await mixes.shares_of(recording_of(job)) == [second, first]
    other = await queue.recording()
    with pytest.raises(NotFound):
        await mixes.revoke(other, first.token)
    await mixes.revoke(recording_of(job), first.token)
    with pytest.raises(NotFound):
        await mixes.get_share(first.token)


async def test_clips_come_in_the_order_of_the_song_and_change(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    late, early = [
        await mixes.add_clip(recording_of(job), job_id=job.id, title=title, start=start, end=start + 10, mix=QUIET)
        for title, start in (("late", 50), ("early", 5))
    ]
    assert await mixes.clips_of(recording_of(job)) == [early, late]
    changed = await mixes.change_clip(early.id, title="verse", end=30)
    assert (changed.title, changed.start, changed.end, changed.mix) == ("verse", 5, 30, QUIET)
    assert await mixes.get_clip(early.id) == changed
    await mixes.delete_clip(late.id)
    assert await mixes.clips_of(recording_of(job)) == [changed]


async def test_a_job_of_another_recording_is_refused(queue: Queue, mixes: MixRepository):
    job, other = await queue.job(), await queue.recording()
    with pytest.raises(NotFound, match="no job of recording"):
        await mixes.share(other, job.id, QUIET)
    with pytest.raises(NotFound, match="no job of recording"):
        await mixes.add_clip(other, job_id=job.id, title="x", start=0, end=1, mix=QUIET)


async def test_all_of_it_goes_with_the_recording(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    await mixes.save(recording_of(job), QUIET, seen=0)
    share = await mixes.share(recording_of(job), job.id, QUIET)
    clip = await mixes.add_clip(recording_of(job), job_id=job.id, title="x", start=0, end=1, mix=QUIET)
    await queue.recordings.delete(recording_of(job))
    for asked in (mixes.get(recording_of(job)), mixes.get_share(share.token), mixes.get_clip(clip.id)):
        with pytest.raises(NotFound):
            await asked
    unknown = uuid4()
    with pytest.raises(NotFound, match="no recording"):
        await mixes.save(unknown, QUIET, seen=0)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"strips": {"Drums!": {}}}, "strips"),
        ({"strips": {"drums": {"gainDb": 6.1}}}, "gainDb"),
        ({"strips": {"drums": {"gainDb": float("nan")}}}, "gainDb"),
        ({"strips": {"drums": {"pan": -1.01}}}, "pan"),
        ({"strips": {"drums": {"muted": 1}}}, "muted"),
        ({"tempo": 0.49}, "tempo"),
        ({"pitch": 12.5}, "pitch"),
        ({"loop": {"start": 5, "end": 5}}, "loop"),
        ({"loop": {"start": -1, "end": 5}}, "start"),
        ({"markers": [{"frame": 1, "label": "a\nb"}]}, "label"),
        ({"markers": [{"frame": 1}] * 201}, "markers"),
        ({"volume": 3}, "volume"),
    ],
)
def test_a_mix_that_no_player_can_play_is_refused(told: dict[str, object], field: str):
    with pytest.raises(ValidationError) as refused:
        Mix.model_validate(told)
    assert field in [str(part) for error in refused.value.errors() for part in error["loc"]]
