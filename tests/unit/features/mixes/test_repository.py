"""MixRepository keeps mixes, links and clips, and of changes that collide one."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from stemset.database.tables import ClipRow
from stemset.errors import Conflict, NotFound, Stale
from stemset.features.jobs.records import new_id
from stemset.features.mixes.mix import Loop, Marker, Mix, Strip
from stemset.features.mixes.repository import MAX_CLIPS, MAX_SHARES, MixRepository
from tests.support.queue import Queue, recording_of

QUIET = Mix(strips={"drums": Strip(gain_db=-3.2, muted=True), "vocals": Strip(gain_db=None)}, tempo=0.8)
LOUD = Mix(master_db=3.0, loop=Loop(start=10, end=20), markers=[Marker(frame=5, label="Chorus")])


@pytest.fixture
def mixes(queue: Queue) -> MixRepository:
    return MixRepository(queue.sessions)


async def test_a_mix_is_neutral_until_one_is_saved(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    untouched = await mixes.get_mix(recording)
    assert (untouched.version, untouched.mix, untouched.updated_at) == (0, Mix(), None)
    saved = await mixes.save_mix(recording, QUIET, replaces=0)
    assert (saved.version, saved.mix) == (1, QUIET)
    assert await mixes.get_mix(recording) == saved


async def test_who_has_not_seen_the_latest_mix_cannot_replace_it(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    await mixes.save_mix(recording, QUIET, replaces=0)
    for seen in (0, 2):
        with pytest.raises(Stale, match='it is "1" now'):
            await mixes.save_mix(recording, LOUD, replaces=seen)
    assert (await mixes.save_mix(recording, LOUD, replaces=1)).version == 2


async def test_of_many_who_save_at_once_one_wins(queue: Queue, mixes: MixRepository):
    recording = await queue.recording()
    for seen in (0, 1):
        answers = await asyncio.gather(
            *(mixes.save_mix(recording, Mix(master_db=-float(n)), replaces=seen) for n in range(8)),
            return_exceptions=True,
        )
        assert sum(isinstance(answer, Stale) for answer in answers) == 7
    assert (await mixes.get_mix(recording)).version == 2


async def test_a_link_opens_until_it_is_revoked(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    first, second = [await mixes.add_share(recording_of(job), job.id, mix) for mix in (QUIET, LOUD)]
    assert await mixes.get_share(first.token) == first
    assert await mixes.list_shares(recording_of(job)) == [second, first]
    other = await queue.recording()
    with pytest.raises(NotFound):
        await mixes.revoke_share(other, first.token)
    await mixes.revoke_share(recording_of(job), first.token)
    with pytest.raises(NotFound):
        await mixes.get_share(first.token)


async def test_clips_come_in_the_order_of_the_song_and_change(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    late, early = [
        await mixes.add_clip(recording_of(job), job_id=job.id, title=title, start=start, end=start + 10, mix=QUIET)
        for title, start in (("late", 50), ("early", 5))
    ]
    assert await mixes.list_clips(recording_of(job)) == [early, late]
    changed = await mixes.change_clip(early.id, title="verse", end=30)
    assert (changed.title, changed.start, changed.end, changed.mix) == ("verse", 5, 30, QUIET)
    assert await mixes.get_clip(early.id) == changed
    await mixes.delete_clip(late.id)
    assert await mixes.list_clips(recording_of(job)) == [changed]


async def test_a_job_of_another_recording_is_refused(queue: Queue, mixes: MixRepository):
    job, other = await queue.job(), await queue.recording()
    with pytest.raises(NotFound, match="no job of recording"):
        await mixes.add_share(other, job.id, QUIET)
    with pytest.raises(NotFound, match="no job of recording"):
        await mixes.add_clip(other, job_id=job.id, title="x", start=0, end=1, mix=QUIET)


async def test_a_recording_has_a_hundred_links_at_most(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    last = await mixes.add_share(recording_of(job), job.id, QUIET)
    for _ in range(MAX_SHARES - 1):
        await mixes.add_share(recording_of(job), job.id, QUIET)
    with pytest.raises(Conflict, match="has 100 links already; revoke one first"):
        await mixes.add_share(recording_of(job), job.id, QUIET)
    await mixes.revoke_share(recording_of(job), last.token)
    assert await mixes.add_share(recording_of(job), job.id, QUIET)


async def test_a_recording_has_five_hundred_clips_at_most(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    async with queue.sessions.begin() as session:
        session.add_all(
            ClipRow(
                id=new_id(), recording_id=job.recording_id, job_id=job.id, title="x", start_frame=0, end_frame=1,
                mix={}, created_at=job.created_at,
            )
            for _ in range(MAX_CLIPS)
        )  # fmt: skip
    with pytest.raises(Conflict, match="has 500 clips already; delete one first"):
        await mixes.add_clip(recording_of(job), job_id=job.id, title="x", start=0, end=1, mix=QUIET)


async def test_a_link_cannot_be_guessed(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    tokens = {(await mixes.add_share(recording_of(job), job.id, QUIET)).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) == 24 for token in tokens)  # 144 random bits


async def test_all_of_it_goes_with_the_recording(queue: Queue, mixes: MixRepository):
    job = await queue.job()
    await mixes.save_mix(recording_of(job), QUIET, replaces=0)
    share = await mixes.add_share(recording_of(job), job.id, QUIET)
    clip = await mixes.add_clip(recording_of(job), job_id=job.id, title="x", start=0, end=1, mix=QUIET)
    await queue.recordings.delete(recording_of(job))
    for asked in (mixes.get_mix(recording_of(job)), mixes.get_share(share.token), mixes.get_clip(clip.id)):
        with pytest.raises(NotFound):
            await asked
    unknown = uuid4()
    with pytest.raises(NotFound, match="no recording"):
        await mixes.save_mix(unknown, QUIET, replaces=0)
