"""A folder of songs into the library, without a server: what `stemset process` does.

Songs are stored and jobs are made as the API does it, and a job is run by the worker's code. But it is run here, and
never comes into the queue. So this works alone as well as beside `stemset serve`, whose page shows it all.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import mimetypes
import os
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

from stemset.batch.local_channel import REF, DirectChannel
from stemset.errors import Conflict, StaleAttempt, StemsetError, TooLarge, UnreadableAudio
from stemset.features.jobs.messages import JobPayload, Report, Stopped
from stemset.features.jobs.planning import plan_of, start
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.library.ingest import store
from stemset.features.library.multipart import Upload, clean_file_name
from stemset.features.library.probe import check_limits, probe_apart
from stemset.features.library.records import RecordingRecord
from stemset.models.pool import ModelPool
from stemset.server.services import Parts
from stemset.strategy import Strategy
from stemset.strategy.node_cache import NodeCache
from stemset.worker.reporter import Reporter
from stemset.worker.run_job import run_job

_READ_BYTES = 1 << 20
_STOP_GRACE_S = 3.0


class Outcome(StrEnum):
    """What became of a file."""

    SEPARATED = "separated"
    """Now."""
    PRESENT = "present"
    """In the library with this strategy already; the file was only hashed."""
    PLANNED = "planned"
    """Would be separated, were it no dry run."""
    ELSEWHERE = "elsewhere"
    """The service's queue or a worker has the job already."""
    NOT_AUDIO = "not_audio"
    """Holds no sound, and doesn't claim to by its name."""
    FAILED = "failed"
    """`error` says why."""
    STOPPED = "stopped"
    """Somebody stopped the job, here or on the page."""


@dataclass(frozen=True)
class Result:
    """One file. seconds: spent on it. kind, message: of what went wrong."""

    file: Path
    outcome: Outcome
    seconds: float = 0.0
    recording_id: UUID | None = None
    job_id: UUID | None = None
    kind: str | None = None
    message: str | None = None


class Watcher(Protocol):
    """Is told what happens. `job_changed` is called from other threads."""

    def begun(self, file: Path) -> None: ...

    def job_changed(self, job: JobRecord) -> None: ...


def files_in(source: Path, *, without: Path) -> list[Path]:
    """Every file below source in a steady order. Hidden files and folders are left out, and the folder `without`.

    A folder that can't be read is in the list itself, so that it is not passed over in silence.
    """
    found: list[Path] = []
    excluded = without.resolve()

    def unreadable(error: OSError) -> None:
        found.append(Path(str(error.filename)))

    for folder, folders, files in os.walk(source, onerror=unreadable):
        here = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (here / name).resolve() != excluded
        )
        # A pipe or a socket would never end.
        found += (here / name for name in sorted(files) if not name.startswith(".") and (here / name).is_file())
    return found


class Processor:
    """Takes files one after the other into one profile. Use `alone` around it; one per process."""

    def __init__(
        self,
        parts: Parts,
        profile: str,
        strategy: Strategy,
        pool: ModelPool,
        watcher: Watcher,
        *,
        cache: NodeCache | None,
        dry_run: bool,
    ) -> None:
        self._parts = parts
        self._profile = profile
        self._strategy = strategy
        self._pool = pool
        self._watcher = watcher
        self._cache = cache
        self._dry_run = dry_run
        self._work_dir = _work_dir(parts.settings.data_dir)
        self._stopping = asyncio.Event()
        self._planned: set[str] = set()
        self.abandoned = False
        """A model could not be stopped and still computes: the process has to leave without waiting for it."""

    def stop(self) -> None:
        """Cancel the job in hand and begin no other."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()

    async def run(self, files: Sequence[Path]) -> AsyncGenerator[Result]:
        """What became of each file, as soon as it is known; fewer after `stop`."""
        if not self._dry_run:
            await self._settle_what_a_kill_left()
        for file in files:
            if self.stopped:
                return
            self._watcher.begun(file)
            begun = time.monotonic()
            result = await self._take(file)
            yield replace(result, seconds=round(time.monotonic() - begun, 3))

    async def _take(self, file: Path) -> Result:
        try:
            upload = await asyncio.to_thread(_looked_at, file)
            recording = await self._parts.library.find_by_hash(self._profile, upload.sha256)
            if self._dry_run:
                return await self._plan(upload, recording)
            if recording is None:
                await self._check_size(upload)
                recording = await store(self._parts, upload, self._profile)
            if self.stopped:
                return Result(file, Outcome.STOPPED, recording_id=recording.id)
            job = await start(self._parts, recording.id, self._strategy.name, dispatch_ref=REF)
            return await self._separate(file, recording, job)
        except UnreadableAudio as error:
            if self.stopped:
                # Ctrl-C reaches the process that looks into the file, too.
                return Result(file, Outcome.STOPPED)
            if not _claims_sound(file):
                return Result(file, Outcome.NOT_AUDIO, message=str(error))
            return _failed(file, error)
        except (StemsetError, OSError) as error:
            return _failed(file, error)

    async def _plan(self, upload: Upload, recording: RecordingRecord | None) -> Result:
        if upload.sha256 in self._planned:
            return Result(upload.file, Outcome.PRESENT)
        if recording is None:
            await self._check_size(upload)
            check_limits(await probe_apart(upload.file, self._parts.probes), self._parts.config.limits)
        else:
            plan = plan_of(self._strategy, self._parts.config)
            done = await self._parts.jobs.done_job(recording.id, plan)
            if done:
                return Result(upload.file, Outcome.PRESENT, recording_id=recording.id, job_id=done.id)
        self._planned.add(upload.sha256)
        return Result(upload.file, Outcome.PLANNED, recording_id=recording.id if recording else None)

    async def _check_size(self, upload: Upload) -> None:
        limits = self._parts.config.limits
        if upload.bytes > limits.max_bytes:
            # First of all it has to be a song.
            await probe_apart(upload.file, self._parts.probes)
            raise TooLarge(f"The file is larger than the {limits.max_upload_mb:g} MB that are allowed.")

    async def _separate(self, file: Path, recording: RecordingRecord, job: JobRecord) -> Result:
        result = Result(file, Outcome.PRESENT, recording_id=recording.id, job_id=job.id)
        if job.state is JobState.SUCCEEDED:
            return result
        if job.dispatch_ref != REF:
            where = "runs in a worker" if job.state is JobState.RUNNING else "waits in the service's queue"
            return replace(result, outcome=Outcome.ELSEWHERE, message=f"its job {where}")
        error = await self._run_until_stopped(JobPayload.of(job, recording.source_key))
        job = await self._parts.jobs.get_job(job.id)
        if job.state is JobState.SUCCEEDED:
            return replace(result, outcome=Outcome.SEPARATED)
        if job.state is JobState.CANCELLED:
            return replace(result, outcome=Outcome.STOPPED)
        if job.failure:
            return replace(result, outcome=Outcome.FAILED, kind=job.failure.kind, message=job.failure.message)
        if error:
            failed = _failed(file, error)
            return replace(result, outcome=Outcome.FAILED, kind=failed.kind, message=failed.message)
        return replace(result, outcome=Outcome.ELSEWHERE, message="the service has begun its job anew")

    async def _run_until_stopped(self, payload: JobPayload) -> BaseException | None:
        running = asyncio.create_task(asyncio.to_thread(self._run, payload, asyncio.get_running_loop()))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await self._parts.jobs.request_cancel(payload.job_id)
            await asyncio.wait({running}, timeout=_STOP_GRACE_S)
        stopping.cancel()
        if not running.done():
            # A model in the middle of a node can't be asked to stop.
            self.abandoned = True
            await self._end(payload.job_id, payload.attempt, payload.nonce)
            return None
        return running.exception()

    def _run(self, payload: JobPayload, loop: asyncio.AbstractEventLoop) -> None:
        channel = DirectChannel(self._parts.jobs, loop, self._watcher.job_changed)
        with Reporter(payload, channel, stop=threading.Event()) as reporter:
            run_job(payload, self._parts.storage, reporter, self._pool, self._work_dir, cache=self._cache)

    async def _settle_what_a_kill_left(self) -> None:
        """Cancel the jobs of an earlier process; `alone` says that it is gone."""
        await asyncio.to_thread(shutil.rmtree, self._work_dir, True)
        left, _ = await self._parts.jobs.list_jobs((JobState.QUEUED, JobState.RUNNING), limit=1000)
        for job in left:
            if job.dispatch_ref == REF:
                await self._parts.jobs.request_cancel(job.id)
                await self._end(job.id, job.attempt, job.nonce)

    async def _end(self, job_id: UUID, attempt: int, nonce: str) -> None:
        report = Report(job_id=job_id, attempt=attempt, nonce=nonce, event=Stopped())
        try:
            await self._parts.jobs.apply(report, report.message_id)
        except StaleAttempt:
            # The service has begun it anew since we looked.
            return


@contextmanager
def alone(data_dir: Path) -> Generator[None]:
    """One at a time in a data folder: so a job of such a process that is there before was left by a kill.

    Raises Conflict when another one runs.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "process.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another `stemset process` works in {data_dir.resolve()}; let it end first.") from None
        yield


def _work_dir(data_dir: Path) -> Path:
    """Not the worker's, which empties its own when it starts."""
    return data_dir / "process"


def _looked_at(file: Path) -> Upload:
    """The file as what the API makes of a received one; nothing is copied yet. Blocking."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as content:
        while block := content.read(_READ_BYTES):
            digest.update(block)
            size += len(block)
    return Upload(file, clean_file_name(file.name), size, digest.hexdigest())


def _claims_sound(file: Path) -> bool:
    """Whether the name says that this is a song, so that it is a fault if it isn't. Else only the content counts."""
    kind, _ = mimetypes.guess_type(file.name)
    return kind is not None and kind.startswith(("audio/", "video/"))


def _failed(file: Path, error: BaseException) -> Result:
    if isinstance(error, StemsetError):
        return Result(file, Outcome.FAILED, kind=error.kind, message=str(error))
    message = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return Result(file, Outcome.FAILED, kind="internal", message=message)
