"""The form in which jobs are stored and handed over: databases and queues outlive the program that filled them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from stemset.features.jobs.messages import Failed, JobPayload, NodeDone, Started
from stemset.features.jobs.records import Failure, JobState, NodeState
from tests.support.queue import Queue, track

JOB_ID = UUID("01a2287f-2b56-71f4-b521-e033dfc08ea3")

QUEUED = (
    '{"state": "queued", "nodes": [{"path": "root", "parent": null, "model": "percussive", "state": "waiting", '
    '"fraction": 0.0, "seconds": null, "cached": false, "expected_s": 0.117}, {"path": "root/not_drums", '
    '"parent": "root", "model": "low_end", "state": "waiting", "fraction": 0.0, "seconds": null, "cached": false, '
    '"expected_s": 0.058}], "stems": [], "mixture_ready": false, "failure": null, "sum_to_mixture_db": null, '
    '"common_gain": 1.0, "started_at": null, "finished_at": null}'
)
FAILED = (
    '{"state": "failed", "nodes": [{"path": "root", "parent": null, "model": "percussive", "state": "done", '
    '"fraction": 1.0, "seconds": 1.5, "cached": false, "expected_s": 0.117}, {"path": "root/not_drums", '
    '"parent": "root", "model": "low_end", "state": "failed", "fraction": 0.0, "seconds": null, "cached": false, '
    '"expected_s": 0.058}], "stems": ["drums"], "mixture_ready": true, "failure": {"kind": "model-failed", '
    '"message": "NaN", "node": "root/not_drums"}, "sum_to_mixture_db": null, "common_gain": 1.0, '
    '"started_at": "2026-11-29T18:09:12.626714Z", "finished_at": "2026-11-29T18:09:12.659019Z"}'
)

INSERT_JOB = text(
    "INSERT INTO jobs (id, recording_id, profile, strategy, tree, expected_stems, options, state, status, attempt, "
    "requeues, cancel_requested, dispatch_ref, nonce, last_event, created_at, updated_at, queued_at, heard_at) VALUES "
    "(:id, :recording, 'demo', 'instant', '{\"_\": \"percussive\"}', '[\"drums\", \"bass\"]', "
    '\'{"bit_depth": 16, "max_duration_s": null, "max_channels": null}\', :state, :status, 1, 0, 0, :ref, \'n\', 2, '
    "'2026-11-29 18:09:12.534416', '2026-11-29 18:09:12.659019', '2026-11-29 18:09:12.534416', NULL)"
)
INSERT_EVENT = text(
    "INSERT INTO job_events (job_id, number, type, message_id, status, at) VALUES "
    "(:job, :number, :type, :message, :status, '2026-11-29 18:09:12.534416')"
)


async def insert_job(queue: Queue, *, state: str, status: str) -> None:
    """Store a job without the program, as one that ran before has left it."""
    recording = await queue.recording()
    events = [
        (1, "created", None, QUEUED),
        *([(2, "failed", f"{JOB_ID}.1.failed", FAILED)] if state == "failed" else []),
    ]
    async with queue.sessions.begin() as session:
        await session.execute(
            INSERT_JOB,
            {"id": JOB_ID.bytes, "recording": recording.bytes, "state": state, "status": status, "ref": "r"},
        )
        for number, kind, message, then in events:
            values = {"job": JOB_ID.bytes, "number": number, "type": kind, "message": message, "status": then}
            await session.execute(INSERT_EVENT, values)


async def test_a_stored_job_is_read_back(queue: Queue):
    await insert_job(queue, state="failed", status=FAILED)
    job = await queue.service.get_job(JOB_ID)
    assert (job.state, job.attempt, job.last_event, job.dispatch_ref) == (JobState.FAILED, 1, 2, "r")
    assert job.status.failure == Failure(kind="model-failed", message="NaN", node="root/not_drums")
    assert (job.status.stems, job.status.mixture_ready) == (("drums",), True)
    assert [(node.state, node.seconds, node.expected_s) for node in job.status.nodes] == [
        (NodeState.DONE, 1.5, 0.117),
        (NodeState.FAILED, None, 0.058),
    ]
    assert job.status.started_at == datetime(2026, 11, 29, 18, 9, 12, 626714, UTC)
    assert job.status.finished_at == datetime(2026, 11, 29, 18, 9, 12, 659019, UTC)
    events = await queue.service.events_after(JOB_ID)
    assert [(event.type, event.job.state, event.job.last_event) for event in events] == [
        ("created", JobState.QUEUED, 1),
        ("failed", JobState.FAILED, 2),
    ]
    assert (await queue.service.retry(JOB_ID)).attempt == 2


async def test_a_stored_job_goes_on(queue: Queue):
    await insert_job(queue, state="queued", status=QUEUED)
    await queue.tell(await queue.service.get_job(JOB_ID), NodeDone(node="root", seconds=2))
    job = await queue.service.get_job(JOB_ID)
    assert (job.state, job.status.nodes[0].seconds) == (JobState.RUNNING, 2)


async def test_a_job_is_stored_in_the_same_form(queue: Queue):
    job = await queue.job()
    assert await stored(queue, job.id) == ("queued", QUEUED, QUEUED)
    for event in (
        Started(run="r"),
        track("mixture"),
        NodeDone(node="root", seconds=1.5),
        track("drums"),
        Failed(kind="model-failed", message="NaN", node="root/not_drums"),
    ):
        await queue.tell(job, event)
    times = (await queue.service.get_job(job.id)).status
    assert times.started_at is not None
    assert times.finished_at is not None
    expected = FAILED
    for then, now in (("12.626714Z", times.started_at), ("12.659019Z", times.finished_at)):
        expected = expected.replace(f"2026-11-29T18:09:{then}", now.isoformat().replace("+00:00", "Z"))
    assert await stored(queue, job.id) == ("failed", expected, expected)


async def stored(queue: Queue, job_id: UUID) -> tuple[str, str, str]:
    """The columns state and status of a job, and the status in its newest event, as they are in the database."""
    newest = text(
        "SELECT jobs.state, jobs.status, job_events.status FROM jobs JOIN job_events ON job_events.job_id = jobs.id "
        "WHERE jobs.id = :id ORDER BY job_events.number DESC LIMIT 1"
    )
    async with queue.sessions() as session:
        state, status, event = (await session.execute(newest, {"id": job_id.bytes})).one()
    return state, status, event


async def test_a_payload_is_handed_over_in_the_same_form(queue: Queue):
    job = await queue.job()
    [payload] = await queue.repository.undispatched_jobs()
    assert payload.model_dump_json() == (
        f'{{"schema_version":1,"job_id":"{job.id}","attempt":1,"nonce":"{job.nonce}",'
        f'"recording_id":"{job.recording_id}","source_key":"recordings/{job.recording_id}/source.mp3",'
        '"strategy":"instant","tree":{"_":"percussive","drums":"drums","not_drums":{"_":"low_end","bass":"bass",'
        '"not_bass":"other"}},"options":{"bit_depth":16,"max_duration_s":null,"max_channels":null}}'
    )
    assert JobPayload.model_validate_json(payload.model_dump_json()) == payload
