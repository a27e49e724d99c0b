from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from stemset.errors import NotFound
from stemset.features.jobs.records import new_id
from stemset.features.library.recordings import RecordingSort
from tests.support.queue import Queue, new_recording


async def test_a_recording_comes_back_as_it_went_in(queue: Queue):
    new = new_recording(title="Ünï/cödé")
    added = await queue.recordings.add(new)
    found = await queue.recordings.get(new.id)
    assert found == added
    assert found.title == "Ünï/cödé"
    assert found.created_at.tzinfo is not None


async def test_recordings_are_listed_by_profile_newest_first_with_their_latest_job(queue: Queue):
    first, second = await queue.recording(title="1"), await queue.recording(title="2")
    await queue.recording(profile="other", title="3")
    await queue.job(first, strategy="a")
    latest = await queue.job(first, strategy="b")
    rows, total = await queue.recordings.page("demo", limit=10, offset=0)
    assert total == 2
    assert [row.id for row in rows] == [second, first]
    assert [row.latest_job for row in rows] == [None, latest]
    assert [row.title for row in (await queue.recordings.page("demo", limit=1, offset=1))[0]] == ["1"]
    assert await queue.recordings.count() == {"demo": 2, "other": 1}


async def test_an_unknown_recording_is_not_found(queue: Queue):
    with pytest.raises(NotFound, match="no recording"):
        await queue.recordings.get(uuid4())


async def titles(queue: Queue, **wanted: Any) -> list[str]:
    found, total = await queue.recordings.page(**wanted)
    assert total == len(found)
    return [recording.title for recording in found]


async def test_the_same_content_is_in_a_profile_once(queue: Queue):
    new = new_recording(title="First")
    first = await queue.recordings.add_unless_known(new)
    assert await queue.recordings.add_unless_known(new.model_copy(update={"id": new_id(), "title": "Again"})) == first
    elsewhere = new.model_copy(update={"id": new_id(), "profile": "other"})
    assert (await queue.recordings.add_unless_known(elsewhere)).id == elsewhere.id
    assert await queue.recordings.find_by_hash("demo", new.sha256) == first
    assert await queue.recordings.find_by_hash("demo", "0" * 64) is None


async def test_of_many_at_once_with_the_same_content_one_stays(queue: Queue):
    new = new_recording()
    several = [new.model_copy(update={"id": new_id()}) for _ in range(5)]
    added = await asyncio.gather(*(queue.recordings.add_unless_known(recording) for recording in several))
    assert len({recording.id for recording in added}) == 1
    assert await queue.recordings.count() == {"demo": 1}


async def test_search_looks_into_title_file_name_and_tags_in_any_letters(queue: Queue):
    first = await queue.recording(title="Über 100% Ärger")
    await queue.recording(title="Blues_in_E")
    await queue.recordings.change(first, tags=["Zürich live"])
    assert await titles(queue, search="ÄRGER") == ["Über 100% Ärger"]
    assert await titles(queue, search=" zÜrich ") == ["Über 100% Ärger"]
    assert await titles(queue, search="0%") == ["Über 100% Ärger"]
    assert await titles(queue, search="s_i") == ["Blues_in_E"]
    assert await titles(queue, search="SONG.mp3") == ["Blues_in_E", "Über 100% Ärger"]
    assert await titles(queue, search="\\") == []
    assert await titles(queue, profile="other", search="blues") == []


async def test_a_tag_is_taken_whole(queue: Queue):
    live, studio = await queue.recording(title="live"), await queue.recording(title="studio")
    await queue.recordings.change(live, tags=["Live", "1999"])
    await queue.recordings.change(studio, tags=["Live set"])
    assert await titles(queue, tag="live") == ["live"]
    assert await titles(queue, tag="LIVE SET") == ["studio"]
    assert await titles(queue, tag="set") == []


async def test_recordings_come_in_the_order_asked_for(queue: Queue):
    for title, duration_s in (("b", 2.0), ("A", 3.0), ("c", 1.0)):
        await queue.recordings.add(new_recording(title=title).model_copy(update={"duration_s": duration_s}))
    found = {sort: "".join(await titles(queue, sort=sort)) for sort in RecordingSort}
    assert found == {
        "created": "bAc", "-created": "cAb", "title": "Abc", "-title": "cbA", "duration": "cbA", "-duration": "Abc",
    }  # fmt: skip


async def test_title_and_tags_change_apart(queue: Queue):
    recording = await queue.recording(title="old")
    await queue.recordings.change(recording, tags=["b", "Live", "a", "live"])
    changed = await queue.recordings.change(recording, title="new")
    assert (changed.title, changed.tags) == ("new", ("b", "Live", "a"))
    assert await queue.recordings.get(recording) == changed
    assert (await queue.recordings.change(recording, tags=[])).tags == ()
    with pytest.raises(NotFound):
        await queue.recordings.change(uuid4(), title="x")


async def test_a_deleted_recording_takes_its_jobs_along(queue: Queue):
    recording = await queue.recording()
    first, second = await queue.job(recording, strategy="a"), await queue.job(recording, strategy="b")
    kept = await queue.job()
    assert [job.id for job in await queue.service.recording_jobs(recording)] == [first.id, second.id]
    assert set(await queue.recordings.delete(recording)) == {first.id, second.id}
    for job in (first, second):
        with pytest.raises(NotFound):
            await queue.service.get_job(job.id)
    assert await queue.service.get_job(kept.id) == kept.model_copy(update={"queue_position": 1})
    with pytest.raises(NotFound):
        await queue.recordings.delete(recording)
