"""A service on a fresh SQLite database, and what most of its tests begin with."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import JsonValue

from stemset.database.engine import create_engine_for, upgrade_database
from stemset.database.sessions import Sessions
from stemset.features.jobs.kinds import JobKinds
from stemset.features.jobs.messages import Event, JobPayload, Output, Report
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.outbox import LEASE_S, Outbox
from stemset.features.jobs.records import JobRecord, Plan, StepStatus, new_id, new_nonce
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import Applied, JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import NewRecording
from stemset.features.separations.kind import SeparationKind
from stemset.features.separations.plans import SeparationPlans, make_plan
from stemset.features.separations.records import (
    SEPARATION,
    Layout,
    ReadyTrack,
    RunOptions,
    Separation,
    SeparationPayload,
    SeparationResult,
)
from stemset.features.separations.repository import TrackRepository
from stemset.features.separations.service import SeparationService
from stemset.manifest import StemRecord
from stemset.storage import Keys
from stemset.testing import InMemoryDispatcher

TREE: dict[str, JsonValue] = {
    "_": "percussive",
    "drums": "drums",
    "not_drums": {"_": "low_end", "bass": "bass", "not_bass": "other"},
}
NODES = (
    StepStatus(path="root", parent=None, label="percussive"),
    StepStatus(path="root/not_drums", parent="root", label="low_end"),
)
STEMS = ("drums", "bass", "other")
KINDS = JobKinds([SeparationKind(fallback="instant")])


def new_plan(strategy: str = "instant", tree: Mapping[str, JsonValue] = TREE) -> Plan:
    """A plan of a separation by the nodes and stems of these tests."""
    payload = SeparationPayload(strategy=strategy, tree=dict(tree), expected_stems=STEMS, options=RunOptions())
    return make_plan(payload, NODES)


PLAN = new_plan()


def new_payload(
    tree: Mapping[str, JsonValue] = TREE,
    *,
    strategy: str = "instant",
    options: RunOptions | None = None,
    attempt: int = 1,
    source_key: str | None = None,
) -> JobPayload:
    """What a worker is handed for a separation of a recording of its own."""
    recording_id = new_id()
    asked = SeparationPayload(strategy=strategy, tree=dict(tree), expected_stems=STEMS, options=options or RunOptions())
    return JobPayload(
        job_id=new_id(),
        attempt=attempt,
        nonce="n",
        kind=SEPARATION,
        recording_id=recording_id,
        source_key=source_key or Keys.source(recording_id, "wav"),
        payload=asked.model_dump(mode="json"),
    )


def ask_otherwise(payload: JobPayload, **changes: JsonValue) -> JobPayload:
    """The payload of another job, which differs in these fields of a SeparationPayload."""
    return payload.model_copy(update={"job_id": new_id(), "payload": {**payload.payload, **changes}})


def result_of(job: JobRecord) -> SeparationResult:
    """What came of a separation so far."""
    return Separation.of(job).result


def recording_of(job: JobRecord) -> UUID:
    """The id of the recording that a separation always has."""
    assert job.recording_id is not None
    return job.recording_id


def job_service(sessions: Sessions) -> JobService:
    """A JobService on which nobody waits and whose engine runs nothing."""
    repository = JobRepository(sessions)
    return JobService(repository, KINDS, Outbox(repository, InMemoryDispatcher()), Notifier())


def separation_service(sessions: Sessions, jobs: JobService, plans: Mapping[str, Plan]) -> SeparationService:
    """A SeparationService with these plans."""
    return SeparationService(jobs, TrackRepository(sessions), SeparationPlans(plans, {}, ""))


class Queue:
    """JobService and RecordingRepository with the short words of these tests."""

    def __init__(self, made: Sessions) -> None:
        self.sessions = made
        self.repository = JobRepository(made)
        self.plans: dict[str, Plan] = {}
        self.service = job_service(made)
        self.separations = separation_service(made, self.service, self.plans)
        self.recordings = RecordingRepository(made)

    async def recording(self, *, profile: str = "demo", title: str = "Song") -> UUID:
        recording = new_recording(profile=profile, title=title)
        return (await self.recordings.add(recording)).id

    async def job(
        self,
        recording_id: UUID | None = None,
        *,
        strategy: str = "instant",
        tree: Mapping[str, JsonValue] = TREE,
        force: bool = False,
    ) -> JobRecord:
        self.plans[strategy] = new_plan(strategy, tree)
        return await self.separations.create_job(recording_id or await self.recording(), strategy, force=force)

    async def claim_jobs(self) -> list[JobPayload]:
        return await self.repository.claim_jobs(nonce=new_nonce(), now=datetime.now(UTC), lease_s=LEASE_S, limit=20)

    async def tell(self, job: JobRecord | JobPayload, event: Event, *, attempt: int = 1) -> Applied:
        job_id = job.id if isinstance(job, JobRecord) else job.job_id
        # Whatever hand-over of the attempt counts now; test_claims tells of those that don't.
        nonce = (await self.service.get_job(job_id)).nonce
        report = Report(job_id=job_id, attempt=attempt, nonce=nonce, event=event)
        return await self.service.apply(report, report.message_id)

    async def story(self, job: JobRecord) -> list[str]:
        events = await self.service.events_after(job.id)
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        return [event.type for event in events]


def new_recording(*, profile: str = "demo", title: str = "Song") -> NewRecording:
    recording_id = new_id()
    return NewRecording(
        id=recording_id,
        profile=profile,
        title=title,
        file_name="song.mp3",
        bytes=1000,
        sha256=hashlib.sha256(recording_id.bytes).hexdigest(),
        duration_s=3.5,
        sample_rate=44100,
        channels=2,
        codec="mp3",
        source_key=f"recordings/{recording_id}/source.mp3",
    )


STREAMINFO = bytes(12) + b"\x02" + bytes(21)
"""Of a track of two channels."""


def track(name: str, *, sha256: str = "b" * 64, peak: float = 0.5, lufs: float | None = -20.0) -> Output:
    record = StemRecord(name=name, sha256=sha256, bytes=10, sample_rate=44100, frames=100, peak=peak, lufs=lufs)
    layout = Layout.of(streaminfo=STREAMINFO, block_size=4096, overview=[-3, 4])
    return ReadyTrack(record=record, layout=layout).as_output()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, for tests to copy: migrating takes longer than most of them."""
    file = tmp_path_factory.mktemp("database") / "stemset.db"
    upgrade_database(f"sqlite:///{file}")
    return file


@pytest.fixture
async def queue(tmp_path: Path, empty_database: Path) -> AsyncIterator[Queue]:
    shutil.copy(empty_database, tmp_path)
    engine = create_engine_for(f"sqlite:///{tmp_path}/{empty_database.name}")
    yield Queue(Sessions(engine))
    await engine.dispose()
