from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from stemset.config import ApiSettings
from stemset.database.engine import create_engine_for
from stemset.features.jobs.messages import Started
from stemset.worker.pid_files import lock_pid_file, pid_file
from tests.support.api import Service


async def test_a_healthy_service_says_so(service: Service) -> None:
    answer = await service.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_service_without_its_database_is_degraded(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = create_engine_for(f"sqlite:///{tmp_path}/there/is/none.db")
    (tmp_path / "there" / "is").rmdir()
    monkeypatch.setattr(service.services.health, "_engine", broken)
    answer = await service.get("/api/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "degraded", False)
    await broken.dispose()


async def test_limits_are_told_before_an_upload_starts(service: Service) -> None:
    config = (await service.get("/api/config")).json()
    assert config["limits"] == {"maxBytes": 1_000_000, "maxDurationS": 6.0, "maxChannels": 2}
    assert config["defaultProfile"] == "demo"


async def test_profiles_come_in_the_order_of_the_file_with_their_recordings_counted(service: Service) -> None:
    await service.new_job()
    profiles = (await service.get("/api/profiles")).json()
    assert [(profile["name"], profile["recordings"]) for profile in profiles] == [("demo", 1), ("songs", 0)]


async def test_health_tells_of_the_worker_and_the_queue(service: Service, settings: ApiSettings) -> None:
    waiting = (await service.get("/api/health")).json()
    assert (waiting["worker"], waiting["queued"], waiting["running"]) == (False, 0, 0)
    await service.new_job()
    with lock_pid_file(settings.data_dir):
        alive = (await service.get("/api/health")).json()
    assert (alive["worker"], alive["queued"], alive["running"]) == (True, 1, 0)


async def test_a_worker_elsewhere_is_known_by_its_reports(service: Service, settings: ApiSettings) -> None:
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await killed.wait()
    left = pid_file(settings.data_dir, killed.pid)
    left.parent.mkdir(parents=True)
    left.touch()
    job = await service.new_job()
    assert (await service.get("/api/health")).json()["worker"] is False
    await service.report(job["id"], Started())
    health = (await service.get("/api/health")).json()
    assert (health["worker"], health["queued"], health["running"]) == (True, 0, 1)
