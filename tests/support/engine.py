"""The local engine for tests, everything of it but the worker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from stemset import strategy
from stemset.config import WorkerSettings
from stemset.database.engine import create_engine_for, upgrade_database
from stemset.database.sessions import Sessions
from stemset.features.jobs.engines.dbos import LocalDispatcher
from stemset.features.jobs.outbox import Outbox
from stemset.features.jobs.records import JobRecord, NodeStatus, Plan, RunOptions, new_id
from stemset.features.jobs.repository import JobRepository
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import NewRecording
from stemset.manifest import Manifest
from stemset.storage import Keys, LocalStorage
from tests.support.jobs import SECRET, Callback, applied_by
from tests.support.queue import job_service
from tests.support.waiting import wait_until_async

TREE: dict[str, object] = {
    "_": "percussive",
    "drums": "drums",
    "not_drums": {"_": "low_end", "bass": "bass", "not_bass": "other"},
}
TRACKS = ("mixture", "drums", "bass", "other")


@dataclass
class Engine:
    """Everything of the local engine but the worker."""

    settings: WorkerSettings
    recordings: RecordingRepository
    repository: JobRepository
    service: JobService
    plans: dict[str, Plan]
    storage: LocalStorage
    dispatcher: LocalDispatcher
    outbox: Outbox
    callback: Callback

    async def submit(self, song: Path, name: str = "small") -> JobRecord:
        recording_id = new_id()
        source_key = Keys.source(recording_id, "wav")
        self.storage.put(source_key, song, "audio/wav")
        await self.recordings.add(
            NewRecording(
                id=recording_id,
                profile="demo",
                title="Song",
                file_name="song.wav",
                bytes=self.storage.stat(source_key).bytes,
                sha256=f"{recording_id.int:064x}",
                duration_s=1,
                sample_rate=44100,
                channels=2,
                codec="pcm_f32le",
                source_key=source_key,
            )
        )
        parsed = strategy.parse(name, TREE)
        plan = Plan(
            strategy=name,
            tree=parsed.tree,
            nodes=tuple(NodeStatus(path=r.path, parent=r.parent, model=r.model.model_filename) for r in parsed.runs),
            expected_stems=parsed.stems,
            options=RunOptions(max_duration_s=60, max_channels=2),
        )
        self.plans[name] = plan
        job = await self.service.create_job(recording_id, name)
        await self.outbox.flush()
        return job

    async def until(self, job_id: UUID, reached: Callable[[JobRecord], bool]) -> JobRecord:
        job = await self.service.get_job(job_id)

        async def has_come() -> bool:
            nonlocal job
            job = await self.service.get_job(job_id)
            return reached(job)

        await wait_until_async(has_come, explain=lambda: str(job))
        return job

    async def until_final(self, job: JobRecord) -> JobRecord:
        return await self.until(job.id, lambda now: now.state.final)

    def manifest(self, job: JobRecord) -> Manifest:
        return Manifest.model_validate_json(self.storage.read(Keys.manifest(job.id)))


@asynccontextmanager
async def local_engine(
    folder: Path, database_url: str | None = None, queue_url: str | None = None
) -> AsyncGenerator[Engine]:
    """Database, queue and storage in folder, unless the first two are told, and a callback that applies reports."""
    url = database_url or f"sqlite:///{folder}/stemset.db"
    upgrade_database(url)
    database = create_engine_for(url)
    sessions = Sessions(database)
    plans: dict[str, Plan] = {}
    service = job_service(sessions, plans)
    callback = Callback(applied_by(service))
    with callback.serving() as address:
        settings = WorkerSettings(
            data_dir=folder / "data", callback_url=address, callback_secret=SECRET, queue_url=queue_url
        )
        dispatcher = LocalDispatcher(settings.queue_database)
        storage = LocalStorage(settings.data_dir / "objects")
        repository = JobRepository(sessions)
        outbox = Outbox(repository, dispatcher)
        yield Engine(
            settings, RecordingRepository(sessions), repository, service, plans, storage, dispatcher, outbox, callback
        )
        await dispatcher.close()
    await database.dispose()
