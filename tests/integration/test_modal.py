"""The deployed service on a loopback Modal, with a real S3 server and a real PostgreSQL; and everything that may fail.

Each fault ends in one correct job. STEMSET_JOBS says how many jobs to submit at once; a dozen without it.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
from sqlalchemy import create_engine, text
from standardwebhooks import Webhook

from stemset import audio
from stemset.config.settings import generate_signing_secret
from stemset.database.engine import create_engine_for, database_url
from stemset.database.sessions import Sessions
from stemset.features.jobs.records import Plan, new_id
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import NewRecording
from stemset.storage.r2_client import make_client
from stemset.storage.settings import R2Account
from tests.support.faults import CallbackPath, Line, Posted
from tests.support.jobs import objects_of
from tests.support.modal import LocalModal, local_modal, why_not
from tests.support.postgres import Postgres
from tests.support.queue import job_service, recording_of, separation_service
from tests.support.s3 import S3Server, settings_of
from tests.support.waiting import LIMIT_S, wait_until

KEY = "key-of-the-loopback-deployment"
JOBS = int(os.environ.get("STEMSET_JOBS", "12"))
STEMS = ["drums", "bass", "vocals", "other"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.timeout(900 + 30 * JOBS),
]


@dataclass
class Cloud:
    """A deployment, and the short words of these tests."""

    modal: LocalModal
    client: httpx.Client
    path: CallbackPath
    line: Line
    s3: S3Server
    bucket: R2Account
    database: str
    secret: str
    song: Path
    songs: int = 0

    def submit(self, song: Path | None = None) -> dict[str, Any]:
        """A job of `instant` on a song that is like no other."""
        self.songs += 1
        content = (song or self.song).read_bytes() + self.songs.to_bytes(4, "little")
        files = {"file": (f"song {self.songs}.wav", content)}
        answer = self.client.post("/api/recordings", data={"profile": "songs"}, files=files)
        assert answer.status_code == 201, answer.text
        return answer.json()["job"]

    def submit_past_the_service(self) -> dict[str, Any]:
        """The same, as the page does it: the bytes go straight to the bucket."""
        self.songs += 1
        content = self.song.read_bytes() + self.songs.to_bytes(4, "little")
        told = {"profile": "songs", "fileName": f"song {self.songs}.wav", "bytes": len(content)}
        upload = self.client.post("/api/uploads", json=told).raise_for_status().json()
        for part in upload["parts"]:
            assert not part["url"].startswith(("/", self.modal.web_url))
            piece = content[part["offset"] : part["offset"] + part["bytes"]]
            httpx.put(part["url"], content=piece, headers=part["headers"], timeout=LIMIT_S).raise_for_status()
        completed = self.client.post(f"/api/uploads/{upload['id']}/complete", json={})
        assert completed.status_code == 201, completed.text
        return completed.json()["job"]

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.client.get(f"/api/jobs/{job['id']}").raise_for_status().json()

    def done(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job when it has succeeded, once and with all that belongs to it."""
        wait_until(lambda: self.job(job)["state"] in ("succeeded", "failed", "cancelled"), explain=self.log)
        now = self.job(job)
        assert now["state"] == "succeeded", (now, self.log()[-4000:])
        self.check(now)
        return now

    def check(self, job: dict[str, Any]) -> None:
        assert job["stems"] == STEMS
        assert [node["state"] for node in job["nodes"]] == ["done"] * 3
        events = self.events(job)
        assert [number for number, _ in events] == list(range(1, job["lastEvent"] + 1))
        types = [kind for _, kind in events]
        assert types.count("succeeded") == types.count("created") == 1
        player = self.client.get(f"/api/recordings/{job['recordingId']}/player", params={"job": job["id"]}).json()
        assert [stem["name"] for stem in player["stems"]] == STEMS
        manifest = self.client.get(f"/api/jobs/{job['id']}/manifest").json()
        assert manifest["state"] == "succeeded"
        assert manifest["sum_to_mixture_db"] <= -90

    def check_stored(self, job: dict[str, Any], song: Path, folder: Path) -> None:
        """The bucket holds what the job made and nothing else, and its stems sum to the song."""
        client = make_client(self.bucket)
        stored = client.list_objects_v2(Bucket=self.bucket.bucket, Prefix=f"jobs/{job['id']}/")
        assert {found.get("Key") for found in stored.get("Contents", [])} == objects_of(job["id"], ["mixture", *STEMS])
        assert "Uploads" not in client.list_multipart_uploads(Bucket=self.bucket.bucket)
        mixture, _ = audio.read(song)
        total = np.zeros_like(mixture)
        for stem in STEMS:
            client.download_file(self.bucket.bucket, f"jobs/{job['id']}/stems/{stem}.flac", str(folder / stem))
            total += audio.read(folder / stem)[0]
        gain = self.client.get(f"/api/jobs/{job['id']}/manifest").json()["common_gain"]
        assert np.abs(total / gain - mixture).max() < 2**-14  # a 16-bit step of each of four stems

    def events(self, job: dict[str, Any]) -> list[tuple[int, str]]:
        """Number and type of everything that the job's stream tells."""
        found: list[tuple[int, str]] = []
        with self.client.stream("GET", f"/api/jobs/{job['id']}/events", headers={"Last-Event-ID": "0"}) as stream:
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    found.append((int(value), ""))
                elif name == "event" and found:
                    found[-1] = (found[-1][0], value)
        return found

    def log(self) -> str:
        return self.modal.log.read_text(errors="replace")

    def run_of(self, job: dict[str, Any]) -> str:
        """Modal's name for the call that runs the job."""
        engine = create_engine(database_url(self.database))
        with engine.connect() as connection:
            ref = connection.execute(text("SELECT dispatch_ref FROM jobs WHERE id = :id"), {"id": job["id"]}).scalar()
        engine.dispose()
        return str(ref)

    def hold(self, job_type: str) -> tuple[threading.Event, threading.Event]:
        """Keeps the first callback of a type: (it has come, let it go)."""
        come, go = threading.Event(), threading.Event()

        def wait(posted: Posted) -> None:
            if posted.type == job_type and not come.is_set():
                come.set()
                go.wait(LIMIT_S)

        self.path.before = wait
        return come, go


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples = np.random.default_rng(5).uniform(-0.3, 0.3, (2, 22_050)).astype(np.float32)
    file = tmp_path_factory.mktemp("song") / "song.wav"
    audio.write(file, samples, 44_100)
    return file


@pytest.fixture(scope="module")
def longer_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of which every stem takes a while to be stored."""
    samples = np.random.default_rng(6).uniform(-0.3, 0.3, (2, 4 * 44_100)).astype(np.float32)
    file = tmp_path_factory.mktemp("song") / "longer.wav"
    audio.write(file, samples, 44_100)
    return file


@pytest.fixture(scope="module")
def deployment(image_python: str, postgres: Postgres, s3: S3Server, song: Path) -> Generator[Cloud]:
    bucket, database, secret = s3.new_bucket(), postgres.new_database(), generate_signing_secret()
    line, path = Line(s3.endpoint_url), CallbackPath()
    with line.open() as storage_address, path.serving() as callback_address:
        secrets = {
            "stemset-database": {"DATABASE_URL": database},
            "stemset-access": {"STEMSET_ACCESS_KEY": KEY},
            "stemset-callback": {"STEMSET_CALLBACK_SECRET": secret},
            "stemset-storage": settings_of(bucket) | {"R2_ENDPOINT_URL": storage_address},
        }
        with local_modal(image_python, secrets, environment={"STEMSET_SILENCE_S": "3"}) as modal:
            modal.modal(
                "deploy", "modal_app.py",
                environment={
                    "STEMSET_CALLBACK_URL": callback_address, "STEMSET_MODAL_API_CONCURRENCY": "12",
                    "STEMSET_MODAL_API_MAX_CONTAINERS": "2", "STEMSET_MODAL_GPU_MAX_CONTAINERS": "2",
                    "STEMSET_MODAL_API_SCALEDOWN_S": "1200", "STEMSET_MODAL_GPU_SCALEDOWN_S": "1200",
                    "STEMSET_MODAL_GPU_SNAPSHOT": "0",
                },
            )  # fmt: skip
            path.target = modal.web_url
            with httpx.Client(base_url=modal.web_url, headers={"X-API-Key": KEY}, timeout=LIMIT_S) as client:
                yield Cloud(modal, client, path, line, s3, bucket, database, secret, song)


@pytest.fixture
def cloud(deployment: Cloud) -> Generator[Cloud]:
    yield deployment
    deployment.path.calm()
    deployment.line.calm()


def test_a_song_becomes_stems_in_the_bucket_and_a_page_that_plays_them(cloud: Cloud):
    assert httpx.get(f"{cloud.modal.web_url}/api/recordings", timeout=LIMIT_S).status_code == 401
    assert cloud.client.get("/").text.startswith("<!doctype html>")
    job = cloud.submit_past_the_service()
    done = cloud.done(job)
    assert done["attempt"] == 1
    [call] = cloud.modal.calls()
    assert (call["state"], call["deliveries"]) == ("GENERIC_STATUS_SUCCESS", 1)
    assert cloud.run_of(job) == call["id"]
    [spawned] = [event for event in cloud.modal.events("call") if event["call"] == call["id"]]
    assert spawned["bytes"] < 8192
    stem = cloud.client.get(f"/api/jobs/{job['id']}/stems/drums.flac", follow_redirects=True)
    assert stem.content.startswith(b"fLaC")
    types = [posted.type for posted in cloud.path.told if posted.type != "step_progress"]
    assert (types[0], types[-1]) == ("started", "succeeded")


def test_the_health_of_a_deployment_needs_no_key(cloud: Cloud):
    health = httpx.get(f"{cloud.modal.web_url}/api/health", timeout=LIMIT_S).json()
    assert (health["status"], health["database"], health["storage"]) == ("ok", True, True)


@pytest.mark.parametrize("fate", ["preempted", "killed"])
def test_a_worker_that_is_lost_in_the_middle_is_followed_by_another(cloud: Cloud, fate: str):
    come, go = cloud.hold("step_done")
    job = cloud.submit()
    assert come.wait(LIMIT_S)
    if fate == "preempted":
        assert cloud.modal.post("/preempt?fn=Worker.*&grace=3")["preempted"] >= 1
    else:
        assert cloud.modal.kill("Worker.*") >= 1
    ended = len(cloud.modal.events("container_exit"))
    wait_until(lambda: len(cloud.modal.events("requeue")) > 0 or len(cloud.modal.events("container_exit")) > ended)
    go.set()
    done = cloud.done(job)
    # The same call on another container, not another attempt; and what was done is not done again.
    assert done["attempt"] == 1
    [call] = [call for call in cloud.modal.calls() if call["id"] == cloud.run_of(job)]
    assert call["deliveries"] == 2
    assert sum(posted.type == "started" and posted.job_id == job["id"] for posted in cloud.path.told) >= 2


def test_a_success_that_nobody_heard_of_is_found_with_modal(cloud: Cloud):
    lose(cloud, "succeeded")
    job = cloud.submit()
    assert cloud.done(job)["attempt"] == 1


def test_a_success_whose_result_has_expired_is_found_in_the_bucket(cloud: Cloud):
    def lose_and_expire(posted: Posted) -> tuple[int, bytes] | None:
        if posted.type != "succeeded":
            return None
        cloud.modal.post(f"/expire?call={cloud.run_of({'id': posted.job_id})}")
        return 200, b'{"cancel":false}'

    cloud.path.before = lose_and_expire
    job = cloud.submit()
    assert cloud.done(job)["attempt"] == 1


def test_callbacks_that_come_twice_and_late_change_nothing(cloud: Cloud):
    answers: list[int] = []

    def repeat(_posted: Posted) -> None:
        mine = [posted for posted in cloud.path.told if posted.job_id == job["id"]]
        answers.extend(earlier.deliver(cloud.path.target).status_code for earlier in mine[::-2])

    job: dict[str, Any] = {"id": ""}
    cloud.path.after = repeat
    job |= cloud.submit()
    cloud.done(job)
    assert len(answers) > 10
    assert set(answers) <= {200, 409}


def test_forged_and_old_callbacks_are_refused(cloud: Cloud):
    job = cloud.submit()
    done = cloud.done(job)
    mine = [posted for posted in cloud.path.told if posted.job_id == job["id"]]
    genuine = next(posted for posted in mine if posted.type == "output")
    body = json.loads(genuine.body)

    def signed(change: dict[str, Any], secret: str, at: datetime) -> int:
        content = json.dumps(body | change)
        headers = {
            "content-type": "application/json", "webhook-id": genuine.headers["webhook-id"],
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(genuine.headers["webhook-id"], at, content),
        }  # fmt: skip
        return Posted(genuine.path, headers, content.encode()).deliver(cloud.path.target).status_code

    now, long_ago = datetime.now(UTC), datetime.fromtimestamp(time.time() - 3600, UTC)
    assert signed({}, generate_signing_secret(), now) == 403  # forged
    assert signed({}, cloud.secret, long_ago) == 403  # replayed
    assert Posted(genuine.path, genuine.headers, genuine.body + b" ").deliver(cloud.path.target).status_code == 403
    assert signed({"nonce": "another"}, cloud.secret, now) == 409  # of a hand-over that does not count
    assert signed({"attempt": 2}, cloud.secret, now) == 409
    assert cloud.job(job) == done


def test_a_job_whose_api_container_dies_right_after_it_is_made_is_spawned_once(cloud: Cloud):
    job = cloud.submit()
    assert cloud.modal.kill("api") >= 1
    cloud.done(job)
    assert len(calls_for(cloud, job)) == 1


def test_a_job_whose_process_died_between_claim_and_spawn_is_spawned_once(cloud: Cloud):
    done = cloud.done(cloud.submit())

    async def claimed_by_the_dead() -> str:
        engine = create_engine_for(cloud.database)
        sessions = Sessions(engine)
        jobs = job_service(sessions)
        before = await jobs.get_job(UUID(done["id"]))
        plan = Plan(kind=before.kind, identity=before.identity, payload=before.payload, steps=before.status.steps)
        separations = separation_service(sessions, jobs, {plan.identity: plan})
        job = await separations.create_job(recording_of(before), plan.identity, force=True, dispatch_ref="nobody")
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE jobs SET dispatch_ref = NULL, nonce = 'dead', claimed_at = :then WHERE id = :id"),
                {"then": datetime.fromtimestamp(time.time() - 120, UTC), "id": job.id},
            )
        await engine.dispose()
        return str(job.id)

    job = {"id": asyncio.run(claimed_by_the_dead())}
    cloud.done(job)
    assert len(calls_for(cloud, job)) == 1


def test_a_bucket_that_is_away_for_half_a_minute_within_an_upload_only_delays_a_job(
    cloud: Cloud, longer_song: Path, tmp_path: Path
):
    come, go = cloud.hold("step_started")
    job = cloud.submit(longer_song)
    assert come.wait(LIMIT_S)
    sent = 0
    within, away = threading.Event(), threading.Event()

    def stop_within_a_stem(piece: bytes) -> None:
        nonlocal sent
        sent += len(piece)
        # All that goes to the bucket now are the worker's files, and the first are as large as this.
        if sent > 200_000:
            within.set()
            away.wait(LIMIT_S)

    cloud.line.before = stop_within_a_stem
    go.set()
    assert within.wait(LIMIT_S)
    with cloud.s3.away():
        away.set()
        time.sleep(28)
        assert cloud.client.get("/api/health").json()["storage"] is False
        assert cloud.job(job)["state"] == "running"
        time.sleep(2)
    assert "storage_asked_again" in cloud.log()
    done = cloud.done(job)
    assert done["attempt"] == 1
    cloud.check_stored(done, longer_song, tmp_path)


def test_a_slow_bucket_only_delays_a_job(cloud: Cloud, longer_song: Path, tmp_path: Path):
    cloud.line.bytes_per_s = 300_000
    begun = time.monotonic()
    job = cloud.submit(longer_song)
    done = cloud.done(job)
    took_s = time.monotonic() - begun
    assert done["attempt"] == 1
    assert len(calls_for(cloud, done)) == 1
    cloud.line.calm()
    cloud.check_stored(done, longer_song, tmp_path)
    assert took_s > sum(file.stat().st_size for file in tmp_path.iterdir()) / 300_000


def test_a_database_that_is_restarted_only_delays_a_job(cloud: Cloud, postgres: Postgres):
    come, go = cloud.hold("step_started")
    job = cloud.submit()
    assert come.wait(LIMIT_S)
    restarting = threading.Thread(target=postgres.restart)
    restarting.start()
    go.set()
    restarting.join(LIMIT_S)
    cloud.path.calm()
    assert cloud.done(job)["attempt"] == 1


def test_a_cancel_stops_the_work(cloud: Cloud):
    come, go = cloud.hold("step_started")
    job = cloud.submit()
    assert come.wait(LIMIT_S)
    assert cloud.client.post(f"/api/jobs/{job['id']}/cancel").status_code == 200
    go.set()
    wait_until(lambda: cloud.job(job)["state"] == "cancelled", explain=cloud.log)
    call = cloud.run_of(job)
    wait_until(lambda: next(c for c in cloud.modal.calls() if c["id"] == call)["state"] != "running", explain=cloud.log)


def test_the_schedule_does_what_a_sleeping_service_does_not(cloud: Cloud):
    assert cloud.modal.post("/schedule?fn=reconcile") | {"call": ""} == {
        "call": "", "status": "GENERIC_STATUS_SUCCESS", "exc": "",
    }  # fmt: skip


def test_events_of_a_job_reach_whoever_watches_it_in_another_container(cloud: Cloud):
    come, go = cloud.hold("step_started")
    job = cloud.submit()
    assert come.wait(LIMIT_S)
    with ThreadPoolExecutor(16) as pool:
        # More streams than one container takes at once.
        streams = [pool.submit(cloud.events, job) for _ in range(16)]
        wait_until(lambda: len(cloud.modal.pids("api")) == 2, explain=cloud.log)
        go.set()
        told = [stream.result(LIMIT_S) for stream in streams]
    done = cloud.done(job)
    assert all([number for number, _ in events] == list(range(1, done["lastEvent"] + 1)) for events in told)


def test_many_jobs_at_once_are_that_many_jobs(cloud: Cloud):
    recordings = asyncio.run(same_song(cloud, JOBS))
    before = len(cloud.modal.calls())

    def start(recording: str) -> httpx.Response:
        return cloud.client.post("/api/jobs", json={"recordingId": recording})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(start, recordings))
    assert {answer.status_code for answer in answers} == {201}
    jobs = [answer.json() for answer in answers]
    assert len({job["id"] for job in jobs}) == JOBS

    wait_until(lambda: all(cloud.job(job)["state"] == "succeeded" for job in jobs), within_s=LIMIT_S + 20 * JOBS)
    assert len(cloud.modal.calls()) - before == JOBS
    for job in jobs:
        now = cloud.job(job)
        assert (now["state"], now["attempt"]) == ("succeeded", 1)
    succeeded = [p.job_id for p in cloud.path.told if p.type == "succeeded" and p.job_id in {j["id"] for j in jobs}]
    assert len(succeeded) == JOBS


def lose(cloud: Cloud, kind: str) -> None:
    """Every callback of a kind is answered as if it had been taken."""
    cloud.path.before = lambda posted: (200, b'{"cancel":false}') if posted.type == kind else None


def calls_for(cloud: Cloud, job: dict[str, Any]) -> list[str]:
    """The calls that reported on a job."""
    runs = [json.loads(p.body)["event"] for p in cloud.path.told if p.job_id == job["id"] and p.type == "started"]
    return sorted({event["run"] for event in runs})


async def same_song(cloud: Cloud, count: int) -> list[str]:
    """So many recordings of one stored song."""
    source = cloud.submit()
    cloud.done(source)
    engine = create_engine_for(cloud.database)
    library = RecordingRepository(Sessions(engine))
    first = await library.get(UUID(source["recordingId"]))
    made: list[str] = []
    for _ in range(count):
        known = {name: getattr(first, name) for name in NewRecording.model_fields}
        recording = NewRecording.model_validate(known | {"id": new_id(), "sha256": uuid4().hex * 2})
        made.append(str((await library.add(recording)).id))
    await engine.dispose()
    return made
