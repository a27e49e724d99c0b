"""Deleting a recording: its jobs are stopped, and nothing that was stored of it stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, RecordingRow
from stemset.errors import NotFound
from stemset.features.jobs.messages import Stopped
from stemset.storage import Keys
from tests.support.api import Service
from tests.support.waiting import wait_until_async


async def test_a_recording_that_is_not_there_can_not_be_deleted(service: Service):
    with pytest.raises(NotFound, match="recording"):
        await service.services.deletion.delete(uuid4())


async def test_nothing_that_was_stored_of_a_recording_stays(service: Service):
    kept, deleted = [await service.playable_job() for _ in range(2)]
    for job in (kept, deleted):
        await service.client.post(f"/api/jobs/{job['id']}/cancel")
        await service.report(job["id"], Stopped())
    storage = service.services.storage
    storage.put_bytes(Keys.manifest(UUID(deleted["id"])), b"{}", "application/json")
    await service.services.deletion.delete(UUID(deleted["recordingId"]))
    assert not storage.exists(Keys.stem(UUID(deleted["id"]), "drums"))
    assert not storage.exists(Keys.manifest(UUID(deleted["id"])))
    assert storage.exists(Keys.stem(UUID(kept["id"]), "drums"))
    with pytest.raises(NotFound):
        await service.services.jobs.get_job(UUID(deleted["id"]))


async def test_a_worker_that_does_not_stop_holds_a_deletion_up_for_a_while_only(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("stemset.features.library.deletion._PATIENCE_S", 0.2)
    job = await service.playable_job()
    await service.services.deletion.delete(UUID(job["recordingId"]))
    assert (await service.report(job["id"], Stopped())).status_code == 404


async def test_a_queued_job_is_taken_back_from_its_engine(service: Service):
    job = await service.new_job()
    await wait_until_async(lambda: bool(service.dispatcher.payloads))
    await service.services.deletion.delete(UUID(job["recordingId"]))
    assert service.dispatcher.cancelled == [payload.ref for payload in service.dispatcher.payloads]


@pytest.mark.parametrize(("days_old", "deleted"), [(31.0, 1), (29.0, 0)])
async def test_unused_counts_from_the_last_change_of_a_job(service: Service, days_old: float, deleted: int):
    job = await service.new_job()
    await service.client.post(f"/api/jobs/{job['id']}/cancel")
    made = datetime.now(UTC) - timedelta(days=100)
    changed = datetime.now(UTC) - timedelta(days=days_old)
    async with Sessions(service.services.engine).begin() as session:
        await session.execute(update(RecordingRow).values(created_at=made))
        await session.execute(update(JobRow).values(updated_at=changed))
    assert await service.services.deletion.delete_unused(30) == deleted
