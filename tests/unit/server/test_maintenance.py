"""What runs by the clock, once for a schedule and for ever beside a service."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from stemset.config import ApiSettings
from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, RecordingRow
from stemset.errors import Unavailable
from stemset.server.maintenance import Maintenance, Task, maintenance_tasks, run_maintenance_once
from stemset.storage import Keys
from tests.support.api import Service
from tests.support.waiting import LIMIT_S


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


async def test_a_task_that_fails_stops_none_of_the_others_and_its_error_is_raised_at_the_end():
    done: list[str] = []

    async def fail() -> int:
        done.append("fails")
        raise Unavailable("the storage does not answer")

    async def succeed() -> int:
        done.append("succeeds")
        return 2

    with (
        capture_logs() as logged,
        pytest.raises(Unavailable, match="the storage does not answer"),
    ):
        await run_maintenance_once([Task("first", fail), Task("second", succeed)])
    assert done == ["fails", "succeeds"]
    assert [(event["event"], event["task"], event.get("count")) for event in logged] == [
        ("not_maintained", "first", None),
        ("maintained", "second", 2),
    ]


async def test_a_service_repeats_a_task_also_after_it_failed_until_it_is_stopped():
    runs = 0
    often = asyncio.Event()

    async def fail_first() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise OSError("disk full")
        if runs == 3:
            often.set()

    maintenance = Maintenance([Task("task", fail_first, every_s=0.001)])
    maintenance.start()
    async with asyncio.timeout(LIMIT_S):
        await often.wait()
    await maintenance.stop()
    before = runs
    await asyncio.sleep(0.05)
    assert runs == before


async def test_a_task_with_a_loop_of_its_own_ends_what_it_is_at():
    stop, ended = asyncio.Event(), False

    async def run_once() -> None:
        pytest.fail("its loop runs instead")

    async def run_forever() -> None:
        nonlocal ended
        await stop.wait()
        await asyncio.sleep(0.01)
        ended = True

    maintenance = Maintenance([Task("task", run_once, run_forever=run_forever, stop=stop.set)])
    maintenance.start()
    await asyncio.sleep(0)
    assert not ended
    await maintenance.stop()
    assert ended


def test_service_and_schedule_have_the_same_tasks(service: Service):
    assert [task.name for task in maintenance_tasks(service.services)] == [
        "hand_over_jobs",
        "settle_silent_jobs",
        "forget_expired_uploads",
        "sweep_uploaded_objects",
        "sweep_temporary_folders",
        "delete_unused_recordings",
    ]
