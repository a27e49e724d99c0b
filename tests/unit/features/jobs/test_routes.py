from __future__ import annotations

import asyncio
import base64
import json
import re
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue

from stemset.features.jobs.messages import Failed, Output, Started, StepProgress, StepStarted, Stopped, Succeeded
from tests.support.api import Service
from tests.support.waiting import LIMIT_S, wait_until_async


async def test_a_job_takes_the_strategy_of_the_profile_unless_told(service: Service) -> None:
    recording = (await service.upload(fields={"profile": "songs", "separate": "false"})).json()["recording"]
    created = await service.client.post("/api/jobs", json={"recordingId": recording["id"]})
    assert (created.status_code, created.json()["strategy"]) == (201, "drums_first")
    told = await service.client.post("/api/jobs", json={"recordingId": recording["id"], "strategy": "instant"})
    assert told.json()["strategy"] == "instant"


async def test_asking_again_while_a_job_runs_gives_that_job(service: Service) -> None:
    job = await service.new_job()
    again = await service.client.post("/api/jobs", json={"recordingId": job["recordingId"]})
    assert again.json()["id"] == job["id"]


async def test_a_request_with_a_mistake_names_the_field(service: Service) -> None:
    for body, field in (
        ({"recordingId": "x"}, "recordingId"),
        ({}, "recordingId"),
        ({"recordingId": str(uuid4()), "strategy": 3}, "strategy"),
    ):
        answer = await service.client.post("/api/jobs", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    answer = await service.client.post("/api/jobs", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 400


async def test_polling_costs_nothing_while_nothing_changes(service: Service) -> None:
    job = await service.new_job()
    first = await service.get(f"/api/jobs/{job['id']}")
    same = await service.get(f"/api/jobs/{job['id']}", If_None_Match=first.headers["etag"])
    assert (same.status_code, same.content) == (304, b"")
    await service.report(job["id"], Started())
    changed = await service.get(f"/api/jobs/{job['id']}", If_None_Match=first.headers["etag"])
    assert changed.json()["state"] == "running"


async def test_a_report_moves_the_job_once(service: Service) -> None:
    job = await service.new_job()
    for _ in range(2):
        answer = await service.report(job["id"], Started())
        assert (answer.status_code, answer.json()) == (200, {"cancel": False})
    assert (await service.get(f"/api/jobs/{job['id']}")).json()["lastEvent"] == 2


async def test_a_report_with_a_wrong_signature_is_forbidden(service: Service) -> None:
    job = await service.new_job()
    wrong = "whsec_" + base64.b64encode(bytes(32)).decode()
    assert (await service.report(job["id"], Started(), secret=wrong)).status_code == 403
    for headers in ({}, {"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,!"}):
        answer = await service.client.post(f"/api/jobs/{job['id']}/callback", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert (await service.get(f"/api/jobs/{job['id']}")).json()["state"] == "queued"


async def test_a_report_about_an_unknown_job_is_not_found(service: Service) -> None:
    assert (await service.report(str(uuid4()), Started())).status_code == 404


async def test_a_report_above_the_size_of_any_report_is_refused(service: Service) -> None:
    answer = await service.client.post(f"/api/jobs/{uuid4()}/callback", content=bytes(1_000_001))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize("version", [1, 3])
async def test_a_worker_of_another_version_lets_go_and_the_job_fails_in_words(service: Service, version: int) -> None:
    job = await service.new_job()
    nonce = (await service.services.jobs.get_job(UUID(job["id"]))).nonce
    event = {"type": "node_started", "node": "root"}
    report = {"schema_version": version, "job_id": job["id"], "attempt": 1, "nonce": nonce, "event": event}
    words = rf"reports in version {version} .* reads version 2"
    answer = await service.post_report(job["id"], "some id", json.dumps(report))
    assert answer.status_code == 409
    assert re.search(words, answer.json()["detail"])
    failed = (await service.get(f"/api/jobs/{job['id']}")).json()
    assert (failed["state"], failed["failure"]["kind"]) == ("failed", "unknown-payload")
    assert re.search(words, failed["failure"]["message"])


async def test_a_worker_of_another_version_that_has_lost_the_job_changes_nothing(service: Service) -> None:
    job = await service.new_job()
    report = {"schema_version": 1, "job_id": job["id"], "attempt": 1, "nonce": "another"}
    answer = await service.post_report(job["id"], "some id", json.dumps(report))
    assert answer.status_code == 409
    assert (await service.get(f"/api/jobs/{job['id']}")).json()["state"] == "queued"


@pytest.mark.parametrize("body", ["{}", '{"schema_version": 1}', '{"schema_version": 2}', "[]"])
async def test_what_is_no_report_of_any_version_is_refused(service: Service, body: str) -> None:
    job = await service.new_job()
    assert (await service.post_report(job["id"], "some id", body)).status_code == 400


@pytest.mark.parametrize("content", [{}, {"record": {}, "layout": {}}])
async def test_an_output_that_the_kind_can_not_read_is_refused(service: Service, content: dict[str, JsonValue]) -> None:
    job = await service.new_job()
    answer = await service.report(job["id"], Output(name="drums", version="1", content=content))
    assert answer.status_code == 400
    assert answer.json()["field"].startswith("event.content.")
    answer = await service.report(job["id"], Succeeded(result=content))
    assert (answer.status_code, answer.json()["field"]) == (400, "event.result")
    assert (await service.get(f"/api/jobs/{job['id']}")).json()["state"] == "queued"


async def test_jobs_tell_their_kind_and_are_listed_by_it(service: Service) -> None:
    job = await service.new_job()
    assert job["kind"] == "separation"
    for query, ids in (("", [job["id"]]), ("?kind=separation", [job["id"]]), ("?kind=any", [job["id"]])):
        assert [item["id"] for item in (await service.get(f"/api/jobs{query}")).json()["items"]] == ids
    refused = await service.get("/api/jobs?kind=mystery")
    assert (refused.status_code, refused.json()["field"]) == (400, "kind")


async def test_a_queued_job_is_cancelled_at_once_and_taken_back(service: Service) -> None:
    job = await service.new_job()
    await wait_until_async(lambda: bool(service.dispatcher.payloads))
    answer = await service.client.post(f"/api/jobs/{job['id']}/cancel")
    assert answer.json()["state"] == "cancelled"
    assert service.dispatcher.cancelled == [f"{job['id']}.1"]


async def test_the_worker_of_a_running_job_hears_of_the_cancel_at_its_next_report(service: Service) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Started())
    assert (await service.client.post(f"/api/jobs/{job_id}/cancel")).json()["state"] == "running"
    assert (await service.report(job_id, StepStarted(step="root"))).json() == {"cancel": True}
    await service.report(job_id, Stopped())
    assert (await service.get(f"/api/jobs/{job_id}")).json()["state"] == "cancelled"


async def test_a_job_that_lacks_weights_offers_what_runs_anywhere(service: Service) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Failed(kind="weights-missing", message="no weights", step="root"))
    failure = (await service.get(f"/api/jobs/{job_id}")).json()["failure"]
    assert failure == {"kind": "weights-missing", "message": "no weights", "node": "root", "fallback": "instant"}


async def test_another_failure_offers_no_other_strategy(service: Service) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Failed(kind="too-short", message="0.01 s"))
    assert (await service.get(f"/api/jobs/{job_id}")).json()["failure"]["fallback"] is None


async def test_events_begin_with_the_state_as_it_is_and_end_with_the_final_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Started())
    watched = asyncio.Event()
    watch = service.services.notifier.watch

    def watch_and_tell(job: UUID) -> AbstractContextManager[asyncio.Event]:
        watched.set()
        return watch(job)

    monkeypatch.setattr(service.services.notifier, "watch", watch_and_tell)

    async def work() -> None:
        await watched.wait()
        await service.report(job_id, StepProgress(step="root", fraction=0.5))
        await service.report(job_id, Succeeded(result={"sum_to_mixture_db": -96.0, "common_gain": 1.0}))

    working = asyncio.create_task(work())
    answer = await asyncio.wait_for(service.get(f"/api/jobs/{job_id}/events"), LIMIT_S)
    await working
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert _events(answer.text) == [(2, "started"), (3, "node_progress"), (4, "succeeded")]
    last = json.loads(re.findall(r"data: (.*)\r", answer.text)[-1])
    assert (last["number"], last["job"]["state"], last["job"]["sumToMixtureDb"]) == (4, "succeeded", -96.0)


async def test_a_stream_resumes_after_the_last_event_seen(service: Service) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Started())
    await service.report(job_id, Failed(kind="internal", message="oh"))
    assert _events((await service.get(f"/api/jobs/{job_id}/events", Last_Event_ID="1")).text) == [
        (2, "started"),
        (3, "failed"),
    ]


async def test_a_browser_that_has_the_final_event_is_told_to_stop_asking(service: Service) -> None:
    job_id = (await service.new_job())["id"]
    await service.report(job_id, Failed(kind="internal", message="oh"))
    assert (await service.get(f"/api/jobs/{job_id}/events", Last_Event_ID="2")).status_code == 204


def _events(stream: str) -> list[tuple[int, str]]:
    return [(int(number), name) for number, name in re.findall(r"id: (\d+)\r\nevent: (\w+)\r\n", stream)]
