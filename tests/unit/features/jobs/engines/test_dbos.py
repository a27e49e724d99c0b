from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from dbos import DBOSClient

from stemset.errors import Unavailable
from stemset.features.jobs.engines.dbos import DbosDispatcher, prepare_queue
from stemset.features.jobs.messages import JobPayload
from tests.unit.worker.test_reporter import PAYLOAD


def waiting(queue_url: str) -> list[str]:
    client = DBOSClient(system_database_url=queue_url)
    try:
        return [run.workflow_id for run in client.list_queued_workflows()]
    finally:
        client.destroy()


def payload(attempt: int) -> JobPayload:
    return PAYLOAD.model_copy(update={"attempt": attempt})


async def test_a_job_is_queued_once_however_often_it_is_handed_over_and_before_any_worker(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/new folder/queue.db"
    first, second = DbosDispatcher(url), DbosDispatcher(url)
    refs = await asyncio.gather(*(engine.dispatch(payload(1)) for engine in (first, second) for _ in range(3)))
    assert await first.dispatch(payload(2)) == f"{PAYLOAD.job_id}.2"
    assert set(refs) == {f"{PAYLOAD.job_id}.1"}
    assert sorted(waiting(url)) == [f"{PAYLOAD.job_id}.1", f"{PAYLOAD.job_id}.2"]
    await first.cancel(refs[0])
    assert waiting(url) == [f"{PAYLOAD.job_id}.2"]
    await first.close()
    await second.close()


async def test_a_queue_that_can_not_be_reached_is_unavailable_and_tells_no_password():
    engine = DbosDispatcher("postgresql://user:secret@127.0.0.1:9/queue?connect_timeout=1")
    with pytest.raises(Unavailable, match="can't be reached") as caught:
        await engine.dispatch(payload(1))
    assert "secret" not in str(caught.value)


def test_preparing_a_queue_twice_changes_nothing(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/queue.db"
    prepare_queue(url)
    prepare_queue(url)
    assert waiting(url) == []


def test_the_service_starts_without_importing_dbos():
    program = (
        "import sys, stemset.features.jobs.engines.dbos, stemset.features.jobs.outbox, stemset.database.engine;"
        "print('dbos' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
