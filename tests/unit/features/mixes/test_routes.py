from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.support.api import Service

MIX: dict[str, Any] = {"strips": {"drums": {"gainDb": -3.2, "pan": 0.5, "muted": True, "soloed": False}}, "tempo": 0.8}
FRAMES = 22_050


async def playable(service: Service) -> tuple[str, str]:
    """(recording, job) whose mixture and drums can be played."""
    job = await service.playable_job(b"0123456789")
    return job["recordingId"], job["id"]


async def save(service: Service, recording: str, mix: dict[str, Any], seen: str) -> Any:
    return await service.client.put(f"/api/recordings/{recording}/mix", json=mix, headers={"If-Match": seen})


async def test_a_mix_is_kept_for_the_next_visit(service: Service) -> None:
    recording, _ = await playable(service)
    before = await service.get(f"/api/recordings/{recording}/mix")
    assert (before.headers["etag"], before.json()["version"], before.json()["mix"]["strips"]) == ('"0"', 0, {})
    saved = await save(service, recording, MIX, '"0"')
    assert (saved.status_code, saved.headers["etag"]) == (200, '"1"')
    assert saved.json()["mix"]["strips"]["drums"] == MIX["strips"]["drums"]
    after = await service.get(f"/api/recordings/{recording}/mix")
    assert (after.headers["etag"], after.json()) == ('"1"', saved.json())


async def test_a_mix_that_somebody_else_has_replaced_is_not_overwritten(service: Service) -> None:
    recording, _ = await playable(service)
    await save(service, recording, MIX, '"0"')
    late = await save(service, recording, {}, '"0"')
    assert (late.status_code, late.json()["type"]) == (412, "/problems/stale")
    assert (await service.get(f"/api/recordings/{recording}/mix")).json()["mix"]["tempo"] == 0.8


@pytest.mark.parametrize("seen", [None, "1", '"x"', 'W/"1"', '"01"'])
async def test_a_mix_is_replaced_by_version_only(service: Service, seen: str | None) -> None:
    recording, _ = await playable(service)
    headers = {} if seen is None else {"If-Match": seen}
    answer = await service.client.put(f"/api/recordings/{recording}/mix", json=MIX, headers=headers)
    assert answer.status_code == 400
    assert "If-Match" in answer.json()["detail"] or seen is None


@pytest.mark.parametrize(
    ("mix", "field"),
    [
        ({"tempo": 3}, "tempo"),
        ({"strips": {"drums": {"gainDb": 7}}}, "strips.drums.gainDb"),
        ({"loop": {"start": 9, "end": 2}}, "loop"),
        ({"loop": {"start": 0, "end": FRAMES + 1}}, "mix"),
        ({"markers": [{"frame": FRAMES + 1}]}, "mix"),
    ],
)
async def test_a_mix_that_cannot_be_is_refused_in_words(service: Service, mix: dict[str, Any], field: str) -> None:
    recording, _ = await playable(service)
    problem = (await save(service, recording, mix, '"0"')).json()
    assert (problem["status"], problem["field"]) == (400, field)


async def test_a_song_without_stems_has_no_mix_to_save(service: Service) -> None:
    job = await service.new_job()
    assert (await save(service, job["recordingId"], MIX, '"0"')).status_code == 409
    assert (await save(service, str(uuid4()), MIX, '"0"')).status_code == 404


async def test_a_link_opens_one_recording_with_its_mix_and_nothing_else(service: Service) -> None:
    recording, job = await playable(service)
    other = (await service.playable_job())["id"]
    made = await service.client.post(f"/api/recordings/{recording}/shares", json={"mix": MIX})
    assert made.status_code == 201
    token = made.json()["token"]
    assert (await service.get(f"/api/recordings/{recording}/shares")).json() == [made.json()]
    opened = (await service.get(f"/api/shares/{token}")).json()
    assert (opened["player"]["jobId"], opened["mix"]["tempo"]) == (job, 0.8)
    stem = opened["player"]["stems"][0]
    addresses = [stem["url"], stem["indexUrl"], *(peaks["url"] for peaks in stem["peaks"])]
    assert all(address.startswith(f"/api/shares/{token}/") for address in addresses)
    part = await service.get(stem["url"], Range="bytes=2-4")
    assert (part.status_code, part.content, part.headers["cache-control"]) == (
        206, b"234", "public, max-age=31536000, immutable",
    )  # fmt: skip
    assert (await service.get(stem["peaks"][0]["url"])).status_code == 200
    assert other not in str(opened)
    for path in ("stems/bass.flac", "stems/..%2Fx.flac", "manifest", "peaks/drums.1.dat"):
        assert (await service.get(f"/api/shares/{token}/{path}")).status_code == 404


async def test_a_revoked_link_opens_nothing(service: Service) -> None:
    recording, _ = await playable(service)
    token = (await service.client.post(f"/api/recordings/{recording}/shares", json={"mix": {}})).json()["token"]
    path = f"/api/recordings/{recording}/shares/{token}"
    assert (await service.client.delete(path)).status_code == 204
    assert (await service.client.delete(path)).status_code == 404
    for what in ("", "/stems/drums.flac", "/peaks/drums.256.dat"):
        assert (await service.get(f"/api/shares/{token}{what}")).status_code == 404


async def test_a_clip_is_kept_changed_and_deleted(service: Service) -> None:
    recording, job = await playable(service)
    new = {"title": " Chorus ", "start": 100, "end": 200, "mix": MIX}
    made = await service.client.post(f"/api/recordings/{recording}/clips", json=new)
    assert (made.status_code, made.json()["title"], made.json()["jobId"]) == (201, "Chorus", job)
    path = f"/api/clips/{made.json()['id']}"
    assert (await service.get(path)).json() == made.json()
    changed = await service.client.patch(path, json={"end": 300, "title": "Bridge"})
    assert (changed.json()["start"], changed.json()["end"], changed.json()["title"]) == (100, 300, "Bridge")
    assert (await service.get(f"/api/recordings/{recording}/clips")).json() == [changed.json()]
    assert (await service.client.delete(path)).status_code == 204
    assert (await service.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("clip", "field"),
    [
        ({"title": "", "start": 0, "end": 1}, "title"),
        ({"title": "x", "start": 5, "end": 5}, None),
        ({"title": "x", "start": 0, "end": FRAMES + 1}, "end"),
        ({"title": "x", "start": -1, "end": 1}, "start"),
    ],
)
async def test_a_clip_that_is_no_range_of_the_song_is_refused(
    service: Service, clip: dict[str, Any], field: str | None
) -> None:
    recording, _ = await playable(service)
    problem = (await service.client.post(f"/api/recordings/{recording}/clips", json=clip)).json()
    assert problem["status"] == 400
    assert field is None or problem["field"] == field


async def test_a_clip_does_not_lose_its_length_by_a_change(service: Service) -> None:
    recording, _ = await playable(service)
    clip = {"title": "x", "start": 10, "end": 20}
    made = (await service.client.post(f"/api/recordings/{recording}/clips", json=clip)).json()
    problem = (await service.client.patch(f"/api/clips/{made['id']}", json={"start": 20})).json()
    assert (problem["status"], problem["field"]) == (400, "end")


async def test_what_was_saved_of_a_recording_goes_with_it(service: Service) -> None:
    recording, _ = await playable(service)
    token = (await service.client.post(f"/api/recordings/{recording}/shares", json={"mix": {}})).json()["token"]
    clip = {"title": "x", "start": 10, "end": 20}
    clip_id = (await service.client.post(f"/api/recordings/{recording}/clips", json=clip)).json()["id"]
    await service.services.recordings.delete((await service.services.mixes.get_clip(clip_id)).recording_id)
    for path in (f"shares/{token}", f"clips/{clip_id}", f"recordings/{recording}/mix"):
        assert (await service.get(f"/api/{path}")).status_code == 404
