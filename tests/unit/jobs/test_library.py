from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from stemset.errors import NotFound
from stemset.jobs.library import RecordingSort
from stemset.jobs.records import UploadRecord, new_id
from tests.unit.jobs.conftest import Desk, new_recording


async def test_a_recording_comes_back_as_it_went_in(desk: Desk):
    new = new_recording(title="Ünï/cödé")
    added = await desk.library.add(new)
    found = await desk.library.get(new.id)
    assert found == added
    assert found.title == "Ünï/cödé"
    assert found.created_at.tzinfo is not None


async def test_recordings_are_listed_by_profile_newest_first_with_their_latest_job(desk: Desk):
    first, second = await desk.recording(title="1"), await desk.recording(title="2")
    await desk.recording(profile="other", title="3")
    await desk.job(first, strategy="a")
    latest = await desk.job(first, strategy="b")
    rows, total = await desk.library.page("demo", limit=10, offset=0)
    assert total == 2
    assert [row.id for row in rows] == [second, first]
    assert [row.latest_job for row in rows] == [None, latest]
    assert [row.title for row in (await desk.library.page("demo", limit=1, offset=1))[0]] == ["1"]
    assert await desk.library.count() == {"demo": 2, "other": 1}


async def test_an_unknown_recording_is_not_found(desk: Desk):
    with pytest.raises(NotFound, match="no recording"):
        await desk.library.get(uuid4())


async def titles(desk: Desk, **wanted: Any) -> list[str]:
    found, total = await desk.library.page(**wanted)
    assert total == len(found)
    return [recording.title for recording in found]


async def test_the_same_content_is_in_a_profile_once(desk: Desk):
    new = new_recording(title="First")
    first = await desk.library.add_unless_known(new)
    assert await desk.library.add_unless_known(new.model_copy(update={"id": new_id(), "title": "Again"})) == first
    elsewhere = new.model_copy(update={"id": new_id(), "profile": "other"})
    assert (await desk.library.add_unless_known(elsewhere)).id == elsewhere.id
    assert await desk.library.find_by_hash("demo", new.sha256) == first
    assert await desk.library.find_by_hash("demo", "0" * 64) is None


async def test_of_many_at_once_with_the_same_content_one_stays(desk: Desk):
    new = new_recording()
    several = [new.model_copy(update={"id": new_id()}) for _ in range(5)]
    added = await asyncio.gather(*(desk.library.add_unless_known(recording) for recording in several))
    assert len({recording.id for recording in added}) == 1
    assert await desk.library.count() == {"demo": 1}


async def test_search_looks_into_title_file_name_and_tags_in_any_letters(desk: Desk):
    first = await desk.recording(title="Über 100% Ärger")
    await desk.recording(title="Blues_in_E")
    await desk.library.change(first, tags=["Zürich live"])
    assert await titles(desk, search="ÄRGER") == ["Über 100% Ärger"]
    assert await titles(desk, search=" zÜrich ") == ["Über 100% Ärger"]
    assert await titles(desk, search="0%") == ["Über 100% Ärger"]
    assert await titles(desk, search="s_i") == ["Blues_in_E"]
    assert await titles(desk, search="SONG.mp3") == ["Blues_in_E", "Über 100% Ärger"]
    assert await titles(desk, search="\\") == []
    assert await titles(desk, profile="other", search="blues") == []


async def test_a_tag_is_taken_whole(desk: Desk):
    live, studio = await desk.recording(title="live"), await desk.recording(title="studio")
    await desk.library.change(live, tags=["Live", "1999"])
    await desk.library.change(studio, tags=["Live set"])
    assert await titles(desk, tag="live") == ["live"]
    assert await titles(desk, tag="LIVE SET") == ["studio"]
    assert await titles(desk, tag="set") == []


async def test_recordings_come_in_the_order_asked_for(desk: Desk):
    for title, duration_s in (("b", 2.0), ("A", 3.0), ("c", 1.0)):
        await desk.library.add(new_recording(title=title).model_copy(update={"duration_s": duration_s}))
    found = {sort: "".join(await titles(desk, sort=sort)) for sort in RecordingSort}
    assert found == {
        "created": "bAc", "-created": "cAb", "title": "Abc", "-title": "cbA", "duration": "cbA", "-duration": "Abc",
    }  # fmt: skip


async def test_title_and_tags_change_apart(desk: Desk):
    recording = await desk.recording(title="old")
    await desk.library.change(recording, tags=["b", "Live", "a", "live"])
    changed = await desk.library.change(recording, title="new")
    assert (changed.title, changed.tags) == ("new", ("b", "Live", "a"))
    assert await desk.library.get(recording) == changed
    assert (await desk.library.change(recording, tags=[])).tags == ()
    with pytest.raises(NotFound):
        await desk.library.change(uuid4(), title="x")


async def test_a_deleted_recording_takes_its_jobs_along(desk: Desk):
    recording = await desk.recording()
    first, second = await desk.job(recording, strategy="a"), await desk.job(recording, strategy="b")
    kept = await desk.job()
    assert [job.id for job in await desk.library.jobs_of(recording)] == [first.id, second.id]
    assert set(await desk.library.delete(recording)) == {first.id, second.id}
    for job in (first, second):
        with pytest.raises(NotFound):
            await desk.service.get_job(job.id)
    assert await desk.service.get_job(kept.id) == kept.model_copy(update={"queue_position": 1})
    with pytest.raises(NotFound):
        await desk.library.delete(recording)


async def test_an_upload_is_known_until_it_expires_or_is_forgotten(desk: Desk):
    soon, past = upload(timedelta(minutes=1)), upload(timedelta(seconds=-1))
    await desk.library.announce(soon)
    await desk.library.announce(past)
    assert await desk.library.get_upload(soon.id) == soon
    with pytest.raises(NotFound, match="no upload"):
        await desk.library.get_upload(past.id)
    assert await desk.library.expired_uploads() == [past]
    await desk.library.forget_upload(soon.id)
    await desk.library.forget_upload(soon.id)
    with pytest.raises(NotFound):
        await desk.library.get_upload(soon.id)


def upload(left: timedelta) -> UploadRecord:
    return UploadRecord(
        id=new_id(), profile="demo", file_name="song.mp3", bytes=5, content_type="audio/mpeg", sha256=None,
        part_bytes=5, transfer=None, expires_at=datetime.now(UTC) + left,
    )  # fmt: skip
