from __future__ import annotations

from uuid import uuid4

import pytest

from stemset.errors import NotFound
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
