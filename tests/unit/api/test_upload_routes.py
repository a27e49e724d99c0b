from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from stemset.api.staging import sweep
from stemset.errors import Unavailable
from tests.unit.api.conftest import Service, wav


class Sender:
    """Uploads in steps, with short words."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client

    async def create(self, content: bytes, **fields: object) -> dict[str, str]:
        announced = {"profile": "demo", "fileName": "My_Song.wav", "bytes": len(content), **fields}
        answer = await self.client.post("/api/uploads", json=announced)
        assert answer.status_code == 201
        return answer.json()

    async def sent(self, content: bytes, **fields: object) -> str:
        upload = await self.create(content, **fields)
        assert (await self.client.put(upload["url"], content=content)).status_code == 204
        return upload["id"]

    def left(self) -> list[Path]:
        folder = self.service.parts.settings.data_dir / "uploads"
        return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def sender(service: Service) -> Sender:
    return Sender(service)


async def test_a_song_comes_in_three_steps(sender: Sender) -> None:
    content = wav()
    upload = await sender.create(content, sha256=hashlib.sha256(content).hexdigest())
    assert upload["url"] == f"/api/uploads/{upload['id']}/content"
    assert datetime.now(UTC) < datetime.fromisoformat(upload["expiresAt"]) < datetime.now(UTC) + timedelta(days=2)
    assert (await sender.client.request(upload["method"], upload["url"], content=content)).status_code == 204
    answer = await sender.client.post(f"/api/uploads/{upload['id']}/complete", json={})
    assert answer.status_code == 201
    uploaded = answer.json()
    assert (uploaded["known"], uploaded["job"]["strategy"]) == (False, "instant")
    assert uploaded["recording"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (uploaded["recording"]["title"], uploaded["recording"]["latestJob"]) == ("My Song", uploaded["job"])
    stored = await sender.service.parts.library.get(uploaded["recording"]["id"])
    assert sender.service.parts.storage.read(stored.source_key) == content
    assert sender.left() == []
    assert (await sender.client.post(f"/api/uploads/{upload['id']}/complete", json={})).status_code == 404


async def test_the_same_content_is_recognised_however_it_comes(sender: Sender) -> None:
    content = wav()
    first = (await sender.service.upload(content, fields={"separate": "false"})).json()
    again = await sender.service.upload(content, name="copy.wav")
    assert (again.status_code, again.json()["known"]) == (200, True)
    assert again.json()["recording"]["id"] == first["recording"]["id"]
    upload = await sender.sent(content, fileName="other copy.wav")
    answer = await sender.client.post(f"/api/uploads/{upload}/complete", json={"strategy": "drums_first"})
    assert (answer.status_code, answer.json()["known"]) == (200, True)
    assert answer.json()["job"]["strategy"] == "drums_first"
    assert answer.json()["recording"]["id"] == first["recording"]["id"]
    sources = (sender.service.parts.settings.data_dir / "objects" / "recordings").rglob("source.*")
    assert len(list(sources)) == 1
    elsewhere = await sender.service.upload(content, fields={"profile": "songs", "separate": "false"})
    assert (elsewhere.status_code, elsewhere.json()["known"]) == (201, False)


async def test_the_same_content_twice_at_once_is_stored_once(sender: Sender) -> None:
    content = wav()
    answers = await asyncio.gather(*(sender.service.upload(content, fields={"separate": "false"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert (await sender.service.get("/api/recordings")).json()["total"] == 1
    folders = (sender.service.parts.settings.data_dir / "objects" / "recordings").iterdir()
    assert len(list(folders)) == 1


@pytest.mark.parametrize(
    ("fields", "status", "kind", "field"),
    [
        ({"profile": "dmeo"}, 400, "invalid-request", "profile"),
        ({"bytes": 1_000_001}, 413, "too-large", None),
        ({"bytes": -1}, 400, "invalid-request", "bytes"),
        ({"sha256": "abc"}, 400, "invalid-request", "sha256"),
    ],
)
async def test_a_wrong_announcement_is_refused(
    sender: Sender, fields: dict[str, object], status: int, kind: str, field: str | None
) -> None:
    announced = {"profile": "demo", "fileName": "song.wav", "bytes": 10, **fields}
    answer = await sender.client.post("/api/uploads", json=announced)
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem.get("field")) == (status, f"/problems/{kind}", field)


@pytest.mark.parametrize("content", [b"", b"123", b"1234567", b"abcdef"])
async def test_other_bytes_than_announced_are_not_kept(sender: Sender, content: bytes) -> None:
    upload = await sender.create(b"123456", sha256=hashlib.sha256(b"123456").hexdigest())

    async def in_chunks() -> AsyncIterator[bytes]:
        yield content

    for body in (content, in_chunks()):
        answer = await sender.client.put(upload["url"], content=body)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
    assert sender.left() == []
    answer = await sender.client.post(f"/api/uploads/{upload['id']}/complete", json={})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_bytes_may_be_sent_again(sender: Sender) -> None:
    upload = await sender.create(wav())
    for content in (bytes(len(wav())), wav()):
        assert (await sender.client.put(upload["url"], content=content)).status_code == 204
    assert len(sender.left()) == 1
    answer = await sender.client.post(f"/api/uploads/{upload['id']}/complete", json={"separate": False})
    assert (answer.status_code, answer.json()["job"]) == (201, None)


async def test_what_is_no_song_is_gone_with_its_upload(sender: Sender) -> None:
    upload = await sender.sent(b"These are words.")
    answer = await sender.client.post(f"/api/uploads/{upload}/complete", json={})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable-audio")
    assert sender.left() == []
    assert (await sender.client.post(f"/api/uploads/{upload}/complete", json={})).status_code == 404


async def test_after_a_fault_of_ours_an_upload_can_be_completed_again(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await sender.sent(wav())

    def full(*_: object) -> None:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(sender.service.parts.storage, "put", full)
        assert (await sender.client.post(f"/api/uploads/{upload}/complete", json={})).status_code == 503
    assert (await sender.client.post(f"/api/uploads/{upload}/complete", json={})).status_code == 201


async def test_a_wrong_strategy_leaves_the_upload_as_it_is(sender: Sender) -> None:
    upload = await sender.sent(wav())
    answer = await sender.client.post(f"/api/uploads/{upload}/complete", json={"strategy": "instnat"})
    assert (answer.status_code, answer.json()["field"]) == (400, "strategy")
    assert (await sender.client.post(f"/api/uploads/{upload}/complete", json={})).status_code == 201


async def test_an_abandoned_upload_is_gone(sender: Sender) -> None:
    upload = await sender.sent(wav())
    assert (await sender.client.delete(f"/api/uploads/{upload}")).status_code == 204
    assert sender.left() == []
    assert (await sender.client.delete(f"/api/uploads/{upload}")).status_code == 404
    assert (await sender.client.put(f"/api/uploads/{upload}/content", content=b"")).status_code == 404


async def test_an_upload_that_is_abandoned_while_its_bytes_come_stays_gone(sender: Sender) -> None:
    upload = await sender.create(b"123456")

    async def slowly() -> AsyncIterator[bytes]:
        yield b"123"
        await sender.client.delete(f"/api/uploads/{upload['id']}")
        yield b"456"

    assert (await sender.client.put(upload["url"], content=slowly())).status_code == 404
    assert sender.left() == []


async def test_an_expired_upload_is_not_found(sender: Sender) -> None:
    upload = await sender.create(b"123")
    stored = await sender.service.parts.library.get_upload(UUID(upload["id"]))
    await sender.service.parts.library.forget_upload(stored.id)
    past = stored.model_copy(update={"expires_at": datetime.now(UTC)})
    await sender.service.parts.library.announce(past)
    assert (await sender.client.put(upload["url"], content=b"123")).status_code == 404


def test_folders_that_nothing_came_into_for_long_are_swept(tmp_path: Path) -> None:
    for name, folder_age_s, file_age_s in (("old", 200_000, 200_000), ("new", 0, 0), ("running", 200_000, 0)):
        folder = tmp_path / "uploads" / name
        folder.mkdir(parents=True)
        (folder / "content").touch()
        for path, age_s in ((folder / "content", file_age_s), (folder, folder_age_s)):
            os.utime(path, (time.time() - age_s, time.time() - age_s))
    sweep(tmp_path)
    assert {folder.name for folder in (tmp_path / "uploads").iterdir()} == {"new", "running"}
