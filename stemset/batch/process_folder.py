"""`FolderProcessor` brings a folder of songs into the library without a server, for `stemset process`.

Songs are stored and jobs are made as by an upload, and a job is run by the worker's code. But it is run here, and
never comes into the queue. So this works alone as well as beside `stemset serve`, whose page shows it all.
"""

from __future__ import annotations

import asyncio
import mimetypes
import os
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

from stemset.batch.local_channel import IN_PROCESS, LocalChannel
from stemset.concurrency.file_lock import locked
from stemset.config import LimitsConfig
from stemset.errors import Conflict, StaleAttempt, StemsetError, UnreadableAudio
from stemset.features.jobs.messages import JobPayload, Report, Stopped
from stemset.features.jobs.records import JobRecord, JobState, Plan
from stemset.features.jobs.service import JobService
from stemset.features.library.ingest import Ingest
from stemset.features.library.probe import SandboxedProbe
from stemset.features.library.received_file import ReceivedFile, check_size, clean_file_name, hash_file
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import RecordingRecord
from stemset.models.pool import ModelPool
from stemset.storage import Storage
from stemset.strategy.node_cache import NodeCache
from stemset.worker.reporter import Reporter
from stemset.worker.run_job import run_job

_STOP_GRACE_S = 3.0


class Outcome(StrEnum):
    """What became of a file."""

    SEPARATED = "separated"
    """This run has separated it."""
    PRESENT = "present"
    """The library holds it with this strategy already; the file was only hashed."""
    PLANNED = "planned"
    """A run that is no dry one would separate it."""
    ELSEWHERE = "elsewhere"
    """The service's queue or a worker has its job already."""
    NOT_AUDIO = "not_audio"
    """The file holds no sound, and doesn't claim to by its name."""
    FAILED = "failed"
    """It could not be separated; `kind` and `message` say why."""
    STOPPED = "stopped"
    """Somebody has stopped its job, here or on the page."""


@dataclass(frozen=True)
class FileResult:
    """What became of one file. seconds: spent on it. kind, message: of the error."""

    file: Path
    outcome: Outcome
    seconds: float = 0.0
    recording_id: UUID | None = None
    job_id: UUID | None = None
    kind: str | None = None
    message: str | None = None


class Watcher(Protocol):
    """Follows the work. `job_changed` is called from other threads."""

    def file_started(self, file: Path) -> None: ...

    def job_changed(self, job: JobRecord) -> None: ...


def find_files(source: Path, *, without: Path) -> list[Path]:
    """List every file below source in a steady order. Hidden ones are left out, and the folder `without`.

    A folder that can't be read is in the list itself, so that it is not passed over in silence.
    """
    found: list[Path] = []
    excluded = without.resolve()

    def list_unreadable(error: OSError) -> None:
        found.append(Path(str(error.filename)))

    for folder, folders, files in os.walk(source, onerror=list_unreadable):
        here = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (here / name).resolve() != excluded
        )
        # A pipe or a socket would never end.
        found += (here / name for name in sorted(files) if not name.startswith(".") and (here / name).is_file())
    return found


@dataclass(frozen=True)
class Library:
    """The services that store songs and make jobs. limits: of config.yaml."""

    recordings: RecordingRepository
    jobs: JobService
    ingest: Ingest
    probe: SandboxedProbe
    storage: Storage
    limits: LimitsConfig


@dataclass(frozen=True)
class Separator:
    """The parts that run a job. work_dir: for files in between; cache: of nodes, None without one."""

    pool: ModelPool
    work_dir: Path
    cache: NodeCache | None


class FolderProcessor:
    """Brings files one after the other into one profile. Use `single_process_lock` around it; one per process.

    plan: what a job of the strategy is to do.
    """

    def __init__(
        self, library: Library, separator: Separator, profile: str, plan: Plan, watcher: Watcher, *, dry_run: bool
    ) -> None:
        self._library = library
        self._separator = separator
        self._profile = profile
        self._plan = plan
        self._watcher = watcher
        self._dry_run = dry_run
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

    async def run(self, files: Sequence[Path]) -> AsyncGenerator[FileResult]:
        """Process the files, and yield what became of each as soon as it is known; fewer after `stop`."""
        if not self._dry_run:
            await self._cancel_abandoned_jobs()
        for file in files:
            if self.stopped:
                return
            self._watcher.file_started(file)
            begun = time.monotonic()
            result = await self._process(file)
            yield replace(result, seconds=round(time.monotonic() - begun, 3))

    async def _process(self, file: Path) -> FileResult:
        try:
            received = await asyncio.to_thread(_describe_file, file)
            recording = await self._library.recordings.find_by_hash(self._profile, received.sha256)
            if self._dry_run:
                return await self._plan_file(received, recording)
            if recording is None:
                await self._check_file_size(received)
                recording = await self._library.ingest.store(received, self._profile)
            if self.stopped:
                return FileResult(file, Outcome.STOPPED, recording_id=recording.id)
            job = await self._library.jobs.create_job(recording.id, self._plan.strategy, dispatch_ref=IN_PROCESS)
            return await self._separate(file, recording, job)
        except UnreadableAudio as error:
            if not _is_named_as_sound(file):
                return FileResult(file, Outcome.NOT_AUDIO, message=str(error))
            return _describe_failure(file, error)
        except (StemsetError, OSError) as error:
            return _describe_failure(file, error)

    async def _plan_file(self, received: ReceivedFile, recording: RecordingRecord | None) -> FileResult:
        if received.sha256 in self._planned:
            return FileResult(received.file, Outcome.PRESENT)
        if recording is None:
            await self._check_file_size(received)
            await self._library.probe.probe_within_limits(received.file)
        else:
            done = await self._library.jobs.done_job(recording.id, self._plan)
            if done:
                return FileResult(received.file, Outcome.PRESENT, recording_id=recording.id, job_id=done.id)
        self._planned.add(received.sha256)
        return FileResult(received.file, Outcome.PLANNED, recording_id=recording.id if recording else None)

    async def _check_file_size(self, received: ReceivedFile) -> None:
        max_bytes = self._library.limits.max_bytes
        if received.bytes > max_bytes:
            # First of all it has to be a song.
            await self._library.probe.probe(received.file)
        check_size(received.bytes, max_bytes)

    async def _separate(self, file: Path, recording: RecordingRecord, job: JobRecord) -> FileResult:
        result = FileResult(file, Outcome.PRESENT, recording_id=recording.id, job_id=job.id)
        if job.state is JobState.SUCCEEDED:
            return result
        if job.dispatch_ref != IN_PROCESS:
            where = "runs in a worker" if job.state is JobState.RUNNING else "waits in the service's queue"
            return replace(result, outcome=Outcome.ELSEWHERE, message=f"its job {where}")
        error = await self._run_until_stopped(JobPayload.of(job, recording.source_key))
        job = await self._library.jobs.get_job(job.id)
        if job.state is JobState.SUCCEEDED:
            return replace(result, outcome=Outcome.SEPARATED)
        if job.state is JobState.CANCELLED:
            return replace(result, outcome=Outcome.STOPPED)
        if job.status.failure:
            return replace(
                result, outcome=Outcome.FAILED, kind=job.status.failure.kind, message=job.status.failure.message
            )
        if error:
            failed = _describe_failure(file, error)
            return replace(result, outcome=Outcome.FAILED, kind=failed.kind, message=failed.message)
        return replace(result, outcome=Outcome.ELSEWHERE, message="the service has begun its job anew")

    async def _run_until_stopped(self, payload: JobPayload) -> BaseException | None:
        running = asyncio.create_task(asyncio.to_thread(self._run_job, payload, asyncio.get_running_loop()))
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            await self._library.jobs.request_cancel(payload.job_id)
            await asyncio.wait({running}, timeout=_STOP_GRACE_S)
        stopping.cancel()
        if not running.done():
            # A model in the middle of a node can't be asked to stop.
            self.abandoned = True
            await self._report_stopped(payload.job_id, payload.attempt, payload.nonce)
            return None
        return running.exception()

    def _run_job(self, payload: JobPayload, loop: asyncio.AbstractEventLoop) -> None:
        channel = LocalChannel(self._library.jobs, loop, self._watcher.job_changed)
        with Reporter(payload, channel, stop=threading.Event()) as reporter:
            run_job(
                payload,
                self._library.storage,
                reporter,
                self._separator.pool,
                self._separator.work_dir,
                cache=self._separator.cache,
            )

    async def _cancel_abandoned_jobs(self) -> None:
        """Cancel the jobs of an earlier process; `single_process_lock` says that it is gone."""
        await asyncio.to_thread(shutil.rmtree, self._separator.work_dir, True)
        left, _ = await self._library.jobs.list_jobs((JobState.QUEUED, JobState.RUNNING), limit=1000)
        for job in left:
            if job.dispatch_ref == IN_PROCESS:
                await self._library.jobs.request_cancel(job.id)
                await self._report_stopped(job.id, job.attempt, job.nonce)

    async def _report_stopped(self, job_id: UUID, attempt: int, nonce: str) -> None:
        report = Report(job_id=job_id, attempt=attempt, nonce=nonce, event=Stopped())
        try:
            await self._library.jobs.apply(report, report.message_id)
        except StaleAttempt:
            # The service has begun it anew since we looked.
            return


@contextmanager
def single_process_lock(data_dir: Path) -> Generator[None]:
    """Make sure that one `stemset process` at a time works in a data folder.

    So a job of such a process that is there before was left by one that was killed. Raises Conflict when another runs.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(data_dir / "process.lock", patience_s=0))
        except TimeoutError:
            raise Conflict(f"Another `stemset process` works in {data_dir.resolve()}; let it end first.") from None
        yield


def _describe_file(file: Path) -> ReceivedFile:
    """Describe a file as an upload describes what it has received; nothing is copied yet. Blocking."""
    sha256, size = hash_file(file)
    return ReceivedFile(file, clean_file_name(file.name), size, sha256)


def _is_named_as_sound(file: Path) -> bool:
    """Whether the name says that this is a song, so that it is a failure if it isn't."""
    kind, _ = mimetypes.guess_type(file.name)
    return kind is not None and kind.startswith(("audio/", "video/"))


def _describe_failure(file: Path, error: BaseException) -> FileResult:
    if isinstance(error, StemsetError):
        return FileResult(file, Outcome.FAILED, kind=error.kind, message=str(error))
    message = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return FileResult(file, Outcome.FAILED, kind="internal", message=message)
