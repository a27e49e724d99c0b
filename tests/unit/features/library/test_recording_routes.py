from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID, uuid4

import pytest

from stemset.features.jobs.messages import NodeStarted, Stopped
from stemset.storage import Keys
from tests.support.api import Service, wav
from tests.support.waiting import LIMIT_S, wait_until_async


async def test_an_upload_is_stored_and_queued_at_once(service: Service) -> None:
    content = wav()
    answer = await service.upload(content, name="Ärger/..\\My_Song.final.wav")
    assert answer.status_code == 201
    recording, job = answer.json()["recording"], answer.json()["job"]
    assert (recording["title"], recording["fileName"]) == ("My Song.final", "My_Song.final.wav")
    assert (recording["bytes"], recording["durationS"], recording["channels"]) == (len(content), 0.5, 2)
    assert job == recording["latestJob"]
    assert (job["state"], job["strategy"]) == ("queued", "instant")
    assert [node["title"] for node in job["nodes"]] == ["Percussive (built in)", "Centre voice (built in)"]
    stored = await service.services.recordings.get(recording["id"])
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert service.services.storage.read(stored.source_key) == content


async def test_a_job_reaches_the_engine_without_waiting_for_the_next_turn(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = service.services.outbox
    monkeypatch.setattr(outbox, "_interval_s", 2 * LIMIT_S)
    outbox.kick()  # the turn after this one is too late
    job = await service.new_job()
    await wait_until_async(lambda: bool(service.dispatcher.payloads))
    assert [str(payload.job_id) for payload in service.dispatcher.payloads] == [job["id"]]


async def test_an_upload_may_ask_for_another_strategy_or_for_none(service: Service) -> None:
    assert (await service.upload(fields={"strategy": "drums_first"})).json()["job"]["strategy"] == "drums_first"
    assert (await service.upload(fields={"separate": "false"})).json()["job"] is None


@pytest.mark.parametrize(
    ("fields", "field", "choices"),
    [
        ({"profile": "dmeo"}, "profile", ["demo", "songs"]),
        ({"profile": ""}, "profile", ["demo", "songs"]),
        ({"strategy": "instnat"}, "strategy", ["instant", "drums_first"]),
        ({"separate": "perhaps"}, "separate", ["true", "false"]),
        ({"stratgy": "instant"}, "stratgy", ["file", "profile", "strategy", "separate"]),
    ],
)
async def test_a_wrong_field_is_named_with_the_choices(
    service: Service, fields: dict[str, str], field: str, choices: list[str]
) -> None:
    answer = await service.upload(fields=fields)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["field"], problem["choices"]) == ("/problems/invalid-request", field, choices)


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"", 422, "unreadable-audio"),
        (b"These are words.", 422, "unreadable-audio"),
        (wav(6.5, 1), 422, "too-long"),
        (wav(0.2, 3), 422, "too-many-channels"),
        (bytes(1_000_001), 413, "too-large"),
    ],
)
async def test_what_cannot_be_used_is_refused_in_words_and_leaves_nothing(
    service: Service, content: bytes, status: int, kind: str
) -> None:
    answer = await service.upload(content)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{kind}")
    data_dir = service.services.settings.data_dir
    assert not list((data_dir / "uploads").iterdir())
    assert not (data_dir / "objects").exists()
    assert (await service.get("/api/recordings")).json()["total"] == 0


async def test_a_file_name_is_never_part_of_a_message_about_the_content(service: Service) -> None:
    answer = await service.upload(b"words", name="<script>.mp3")
    assert answer.json()["detail"].startswith("The file is not")


async def test_a_body_that_is_no_upload_is_refused(service: Service) -> None:
    for headers, content in (
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"no parts"),
        ({"content-type": "multipart/form-data; boundary=x"}, b'--x\r\nContent-Disposition: form-data; name="file"'),
    ):
        answer = await service.client.post("/api/recordings", headers=headers, content=content)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")


async def test_recordings_are_listed_newest_first_by_page(service: Service) -> None:
    for name, seconds in (("one.wav", 0.5), ("two.wav", 0.4)):
        await service.upload(wav(seconds), name=name, fields={"separate": "false"})
    await service.upload(name="three.wav", fields={"separate": "false", "profile": "songs"})
    page = (await service.get("/api/recordings?profile=demo&limit=1&offset=1")).json()
    assert ([item["title"] for item in page["items"]], page["total"]) == (["one"], 2)


async def test_an_unknown_recording_is_not_found(service: Service) -> None:
    answer = await service.get(f"/api/recordings/{uuid4()}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_page_beyond_the_limits_is_refused(service: Service) -> None:
    problem = (await service.get("/api/recordings?limit=1000")).json()
    assert (problem["status"], problem["field"]) == (400, "limit")


@pytest.mark.parametrize("query", ["q=%00", "tag=%00", "profile=a%00", "sort=best", "tag=" + "x" * 41])
async def test_a_search_that_means_nothing_is_refused(service: Service, query: str) -> None:
    problem = (await service.get(f"/api/recordings?{query}")).json()
    assert (problem["status"], problem["field"]) == (400, query.partition("=")[0])


async def test_recordings_are_found_sorted_and_tagged(service: Service) -> None:
    ids = {
        name: (await service.upload(wav(seconds), name=f"{name}.wav", fields={"separate": "false"})).json()[
            "recording"
        ]["id"]
        for name, seconds in (("Zürich", 0.3), ("Blues", 0.4))
    }
    tagged = await service.client.patch(f"/api/recordings/{ids['Blues']}", json={"tags": [" Live ", "live", "1999"]})
    assert (tagged.status_code, tagged.json()["tags"], tagged.json()["title"]) == (200, ["Live", "1999"], "Blues")
    renamed = await service.client.patch(f"/api/recordings/{ids['Zürich']}", json={"title": "  Zug  "})
    assert (renamed.json()["title"], renamed.json()["fileName"]) == ("Zug", "Zürich.wav")
    for query, found in (
        ("q=ZÜRICH", ["Zug"]),
        ("q=LIV", ["Blues"]),
        ("tag=live", ["Blues"]),
        ("tag=liv", []),
        ("sort=title", ["Blues", "Zug"]),
        ("sort=-duration", ["Blues", "Zug"]),
        ("sort=created", ["Zug", "Blues"]),
    ):
        page = (await service.get(f"/api/recordings?{query}")).json()
        assert ([item["title"] for item in page["items"]], page["total"]) == (found, len(found)), query


@pytest.mark.parametrize(
    "change",
    [{"title": " "}, {"title": "x" * 121}, {"title": "a\0b"}, {"tags": [""]}, {"tags": ["x"] * 21}, {"tags": 3}],
)
async def test_a_change_that_cannot_be_made_is_refused(service: Service, change: dict[str, object]) -> None:
    job = await service.new_job()
    answer = await service.client.patch(f"/api/recordings/{job['recordingId']}", json=change)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")


async def test_a_deleted_recording_leaves_nothing(service: Service) -> None:
    uploaded = (await service.upload()).json()
    recording, job = uploaded["recording"]["id"], uploaded["job"]["id"]
    service.services.storage.put_bytes(Keys.stem(UUID(job), "drums"), b"123", "audio/flac")
    other = await service.playable_job()
    assert (await service.client.delete(f"/api/recordings/{recording}")).status_code == 204
    for path in (f"recordings/{recording}", f"jobs/{job}", f"recordings/{recording}/player"):
        assert (await service.get(f"/api/{path}")).status_code == 404
    objects = service.services.settings.data_dir / "objects"
    assert list((objects / "recordings").iterdir()) == []
    assert [folder.name for folder in (objects / "jobs").iterdir()] == [other["id"]]
    assert (await service.client.delete(f"/api/recordings/{recording}")).status_code == 404


async def test_a_running_job_is_stopped_before_its_recording_goes(service: Service) -> None:
    job = await service.playable_job()
    deleting = asyncio.create_task(service.client.delete(f"/api/recordings/{job['recordingId']}"))
    while not (await service.report(job["id"], NodeStarted(node="root"))).json()["cancel"]:
        pass
    assert not deleting.done()
    await service.report(job["id"], Stopped())
    assert (await deleting).status_code == 204
    assert (await service.report(job["id"], Stopped())).status_code == 404
