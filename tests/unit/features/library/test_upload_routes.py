"""Uploads in steps, with the bytes in a folder and in a bucket of a real S3 server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from stemset.config import ApiSettings
from stemset.database.sessions import Sessions
from stemset.errors import Unavailable
from stemset.features.library.uploads import LIFETIME, UploadRepository
from stemset.storage.local_files import remove_abandoned_folders
from stemset.storage.r2_client import make_client
from tests.support.api import CONFIG, Service, wav, with_storage

LARGE = 9_000_000
"""Bytes of a file that comes in two parts."""


@pytest.fixture(params=["local", "r2"])
def settings(request: pytest.FixtureRequest, settings: ApiSettings) -> ApiSettings:
    config = CONFIG.replace("max_upload_mb: 1", "max_upload_mb: 20").replace("minutes: 0.1", "minutes: 10")
    settings.config.write_text(config)
    return with_storage(request, settings)


class Sender:
    """Uploads in steps, with short words. Bytes go where the service says."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = service.client

    async def create(self, content: bytes, **fields: object) -> dict[str, Any]:
        announced = {"profile": "demo", "fileName": "My_Song.wav", "bytes": len(content), **fields}
        answer = await self.client.post("/api/uploads", json=announced)
        assert answer.status_code == 201
        return answer.json()

    async def send(self, upload: dict[str, Any], content: bytes, *numbers: int) -> None:
        for part in upload["parts"]:
            if not numbers or part["number"] in numbers:
                bytes_ = content[part["offset"] : part["offset"] + part["bytes"]]
                async with httpx.AsyncClient() as outside:
                    client = self.client if part["url"].startswith("/") else outside
                    answer = await client.request(part["method"], part["url"], content=bytes_, headers=part["headers"])
                assert answer.is_success, answer.text

    async def sent(self, content: bytes, **fields: object) -> str:
        upload = await self.create(content, **fields)
        await self.send(upload, content)
        return upload["id"]

    async def complete(self, upload_id: str, **fields: object) -> httpx.Response:
        return await self.client.post(f"/api/uploads/{upload_id}/complete", json=fields)

    async def received(self, upload_id: str) -> list[int]:
        answer = await self.client.get(f"/api/uploads/{upload_id}")
        assert answer.status_code == 200
        return [part["number"] for part in answer.json()["parts"] if part["received"]]

    def left(self) -> list[str]:
        """All that lies anywhere of uploads that are not recordings yet."""
        settings = self.service.services.settings
        folders = (settings.data_dir / "uploads", settings.objects_dir / "uploads")
        left = [str(path) for folder in folders for path in folder.rglob("*") if path.is_file()]
        if settings.object_storage.uses_r2:
            account = settings.r2.account()
            s3 = make_client(account)
            left += [
                found.get("Key", "")
                for found in s3.list_objects_v2(Bucket=account.bucket, Prefix="uploads/").get("Contents", [])
            ]
            left += [
                found.get("Key", "") for found in s3.list_multipart_uploads(Bucket=account.bucket).get("Uploads", [])
            ]
        return left


@pytest.fixture
def sender(service: Service) -> Sender:
    return Sender(service)


async def test_a_song_comes_in_three_steps(sender: Sender) -> None:
    content = wav()
    upload = await sender.create(content, sha256=hashlib.sha256(content).hexdigest(), contentType="audio/wav")
    assert [(part["number"], part["offset"], part["bytes"]) for part in upload["parts"]] == [(1, 0, len(content))]
    assert datetime.now(UTC) < datetime.fromisoformat(upload["expiresAt"]) < datetime.now(UTC) + timedelta(days=2)
    await sender.send(upload, content)
    answer = await sender.complete(upload["id"])
    assert answer.status_code == 201
    uploaded = answer.json()
    assert (uploaded["known"], uploaded["job"]["strategy"]) == (False, "instant")
    assert uploaded["recording"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (uploaded["recording"]["title"], uploaded["recording"]["latestJob"]) == ("My Song", uploaded["job"])
    stored = await sender.service.services.recordings.get(uploaded["recording"]["id"])
    assert sender.service.services.storage.read(stored.source_key) == content
    assert sender.left() == []
    assert (await sender.complete(upload["id"])).status_code == 404


async def test_a_large_song_comes_in_parts_and_goes_on_after_a_break(sender: Sender) -> None:
    content = wav(60)
    assert len(content) > LARGE
    upload = await sender.create(content)
    assert [part["number"] for part in upload["parts"]] == [1, 2]
    assert sum(part["bytes"] for part in upload["parts"]) == len(content)
    await sender.send(upload, content, 2)
    assert await sender.received(upload["id"]) == [2]
    early = await sender.complete(upload["id"])
    assert (early.status_code, early.json()["type"]) == (409, "/problems/conflict")
    assert "these are still missing: 1" in early.json()["detail"]

    again = (await sender.client.get(f"/api/uploads/{upload['id']}")).json()
    await sender.send(again, content, *(part["number"] for part in again["parts"] if not part["received"]))
    answer = await sender.complete(upload["id"], separate=False)
    assert (answer.status_code, answer.json()["recording"]["bytes"]) == (201, len(content))
    stored = await sender.service.services.recordings.get(answer.json()["recording"]["id"])
    assert sender.service.services.storage.read(stored.source_key) == content
    assert sender.left() == []


async def test_a_part_may_go_through_the_service_whatever_the_storage(sender: Sender) -> None:
    content = bytes(LARGE)
    upload = await sender.create(content)
    for part in upload["parts"]:
        address = f"/api/uploads/{upload['id']}/parts/{part['number']}"
        answer = await sender.client.put(address, content=content[: part["bytes"]])
        assert answer.status_code == 204
    assert await sender.received(upload["id"]) == [1, 2]
    assert (await sender.client.put(f"/api/uploads/{upload['id']}/parts/3", content=b"")).status_code == 404


async def test_two_requests_to_complete_make_one_recording(sender: Sender) -> None:
    upload = await sender.sent(wav())
    answers = await asyncio.gather(*(sender.complete(upload, separate=False) for _ in range(2)))
    assert {answer.status_code for answer in answers} <= {200, 201, 404}
    assert (await sender.service.get("/api/recordings")).json()["total"] == 1
    assert sender.left() == []


async def test_the_same_content_is_recognised_however_it_comes(sender: Sender) -> None:
    content = wav()
    first = (await sender.service.upload(content, fields={"separate": "false"})).json()
    again = await sender.service.upload(content, name="copy.wav")
    assert (again.status_code, again.json()["known"]) == (200, True)
    assert again.json()["recording"]["id"] == first["recording"]["id"]
    upload = await sender.sent(content, fileName="other copy.wav")
    answer = await sender.complete(upload, strategy="drums_first")
    assert (answer.status_code, answer.json()["known"]) == (200, True)
    assert answer.json()["job"]["strategy"] == "drums_first"
    assert answer.json()["recording"]["id"] == first["recording"]["id"]
    assert sender.left() == []
    elsewhere = await sender.service.upload(content, fields={"profile": "songs", "separate": "false"})
    assert (elsewhere.status_code, elsewhere.json()["known"]) == (201, False)


async def test_the_same_content_twice_at_once_is_stored_once(sender: Sender) -> None:
    content = wav()
    answers = await asyncio.gather(*(sender.service.upload(content, fields={"separate": "false"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert (await sender.service.get("/api/recordings")).json()["total"] == 1


@pytest.mark.parametrize(
    ("fields", "status", "kind", "field"),
    [
        ({"profile": "dmeo"}, 400, "invalid-request", "profile"),
        ({"bytes": 20_000_001}, 413, "too-large", None),
        ({"bytes": -1}, 400, "invalid-request", "bytes"),
        ({"sha256": "abc"}, 400, "invalid-request", "sha256"),
        ({"contentType": "text/html; charset=x"}, 400, "invalid-request", "contentType"),
    ],
)
async def test_a_wrong_announcement_is_refused(
    sender: Sender, fields: dict[str, object], status: int, kind: str, field: str | None
) -> None:
    announced = {"profile": "demo", "fileName": "song.wav", "bytes": 10, **fields}
    answer = await sender.client.post("/api/uploads", json=announced)
    problem = answer.json()
    assert (answer.status_code, problem["type"], problem.get("field")) == (status, f"/problems/{kind}", field)


@pytest.mark.parametrize("content", [b"", b"123", b"1234567"])
async def test_more_or_less_bytes_than_announced_are_not_kept(sender: Sender, content: bytes) -> None:
    upload = await sender.create(b"123456")
    address = f"/api/uploads/{upload['id']}/parts/1"

    async def in_chunks() -> AsyncIterator[bytes]:
        yield content

    for body in (content, in_chunks()):
        answer = await sender.client.put(address, content=body)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-request")
    assert sender.left() == []
    answer = await sender.complete(upload["id"])
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_other_bytes_than_announced_are_refused(sender: Sender) -> None:
    upload = await sender.sent(wav(), sha256=hashlib.sha256(b"other").hexdigest())
    answer = await sender.complete(upload)
    assert (answer.status_code, answer.json()["field"]) == (400, "sha256")
    assert sender.left() == []
    assert (await sender.complete(upload)).status_code == 404


async def test_bytes_may_be_sent_again(sender: Sender) -> None:
    upload = await sender.create(wav())
    for content in (bytes(len(wav())), wav()):
        await sender.send(upload, content)
    assert len(sender.left()) == 1
    answer = await sender.complete(upload["id"], separate=False)
    assert (answer.status_code, answer.json()["job"]) == (201, None)


async def test_what_is_no_song_is_gone_with_its_upload(sender: Sender) -> None:
    upload = await sender.sent(b"These are words.")
    answer = await sender.complete(upload)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unreadable-audio")
    assert sender.left() == []
    assert (await sender.complete(upload)).status_code == 404


async def test_after_a_fault_of_ours_an_upload_can_be_completed_again(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await sender.sent(wav())

    def full(*_: object) -> None:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(sender.service.services.storage, "copy", full)
        assert (await sender.complete(upload)).status_code == 503
    assert (await sender.complete(upload)).status_code == 201


async def test_a_wrong_strategy_leaves_the_upload_as_it_is(sender: Sender) -> None:
    upload = await sender.sent(wav())
    answer = await sender.complete(upload, strategy="instnat")
    assert (answer.status_code, answer.json()["field"]) == (400, "strategy")
    assert (await sender.complete(upload)).status_code == 201


async def test_an_abandoned_upload_is_gone(sender: Sender) -> None:
    content = bytes(LARGE)
    upload = await sender.create(content)
    await sender.send(upload, content, 1)
    assert len(sender.left()) == 1
    assert (await sender.client.delete(f"/api/uploads/{upload['id']}")).status_code == 204
    assert sender.left() == []
    assert (await sender.client.delete(f"/api/uploads/{upload['id']}")).status_code == 404
    assert (await sender.client.put(f"/api/uploads/{upload['id']}/parts/1", content=b"")).status_code == 404


@pytest.mark.parametrize("size", [6, LARGE])
async def test_an_upload_that_is_abandoned_while_its_bytes_come_stays_gone(sender: Sender, size: int) -> None:
    upload = await sender.create(bytes(size))
    part = upload["parts"][-1]

    async def slowly() -> AsyncIterator[bytes]:
        yield b"123"
        await sender.client.delete(f"/api/uploads/{upload['id']}")
        yield bytes(part["bytes"] - 3)

    address = f"/api/uploads/{upload['id']}/parts/{part['number']}"
    assert (await sender.client.put(address, content=slowly())).status_code == 404
    assert sender.left() == []


async def test_an_expired_upload_is_not_found_and_leaves_nothing(sender: Sender) -> None:
    content = bytes(LARGE)
    upload = await sender.create(content)
    await sender.send(upload, content, 1)
    uploads = UploadRepository(Sessions(sender.service.services.engine))
    stored = await uploads.get(UUID(upload["id"]))
    await uploads.delete(stored.id)
    await uploads.add(stored.model_copy(update={"expires_at": datetime.now(UTC)}))
    address = f"/api/uploads/{upload['id']}"
    assert (await sender.client.get(address)).status_code == 404
    assert (await sender.client.put(f"{address}/parts/1", content=b"123")).status_code == 404
    assert await sender.service.services.uploads.forget_expired() == 1
    assert sender.left() == []
    assert await uploads.expired() == []


def test_folders_that_nothing_came_into_for_long_are_swept(tmp_path: Path) -> None:
    for name, folder_age_s, file_age_s in (("old", 200_000, 200_000), ("new", 0, 0), ("running", 200_000, 0)):
        folder = tmp_path / "uploads" / name
        folder.mkdir(parents=True)
        (folder / "content").touch()
        for path, age_s in ((folder / "content", file_age_s), (folder, folder_age_s)):
            os.utime(path, (time.time() - age_s, time.time() - age_s))
    assert remove_abandoned_folders(tmp_path / "uploads", LIFETIME) == 1
    assert {folder.name for folder in (tmp_path / "uploads").iterdir()} == {"new", "running"}
