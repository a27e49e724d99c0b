"""Recordings that nobody used for long are deleted where an operator wants it so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from stemset.config import ApiSettings
from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, RecordingRow
from stemset.server.maintenance import maintenance_tasks, run_maintenance_once
from stemset.storage import Keys
from tests.support.api import Service


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"keep_days": 30.0})


async def age(service: Service, job: dict[str, str], *, recording_days: float, job_days: float) -> None:
    """As if both had been made so long ago."""
    now = datetime.now(UTC)
    async with Sessions(service.services.engine).begin() as session:
        await session.execute(
            update(RecordingRow)
            .where(RecordingRow.id == UUID(job["recordingId"]))
            .values(created_at=now - timedelta(days=recording_days))
        )
        await session.execute(
            update(JobRow).where(JobRow.id == UUID(job["id"])).values(updated_at=now - timedelta(days=job_days))
        )


async def test_what_nobody_used_for_so_long_is_deleted_with_its_files(service: Service):
    old, used, young = [await service.playable_job() for _ in range(3)]
    for job in (old, used, young):
        await service.client.post(f"/api/jobs/{job['id']}/cancel")
    await age(service, old, recording_days=40, job_days=31)
    await age(service, used, recording_days=40, job_days=29)
    await age(service, young, recording_days=29, job_days=29)
    # A worker that never answers: its job is deleted nevertheless.
    async with Sessions(service.services.engine).begin() as session:
        await session.execute(update(JobRow).where(JobRow.id == UUID(old["id"])).values(state="failed"))
    removed = await service.services.deletion.delete_unused(30)
    assert removed == 1
    assert (await service.get(f"/api/recordings/{old['recordingId']}")).status_code == 404
    assert not service.services.storage.exists(Keys.stem(UUID(old["id"]), "drums"))
    for job in (used, young):
        assert (await service.get(f"/api/recordings/{job['recordingId']}")).status_code == 200


async def test_one_pass_of_the_schedule_hands_over_what_waits(service: Service):
    job = await service.new_job()
    await run_maintenance_once(maintenance_tasks(service.services))
    assert [str(payload.job_id) for payload in service.dispatcher.payloads] == [job["id"]]
    assert (await service.get(f"/api/jobs/{job['id']}")).status_code == 200
