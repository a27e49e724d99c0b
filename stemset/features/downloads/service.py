"""`DownloadService` finds what of a job can be downloaded, and names its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from uuid import UUID

from anyio import to_thread

from stemset.errors import Conflict, NotFound
from stemset.features.downloads.archive import ArchiveEntry, join_file_name, make_object_entry, make_text_entry
from stemset.features.downloads.wav_stems import ArchiveNote, make_wav_entry, write_note
from stemset.features.jobs.records import JobRecord, JobState
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import RecordingRecord
from stemset.features.player.schemas import format_label
from stemset.storage import Keys, Storage


@dataclass(frozen=True)
class StemDownload:
    """A stored stem. title: the file's name without its extension. bit_depth: as it is stored."""

    key: str
    title: str
    bit_depth: int


@dataclass(frozen=True)
class Archive:
    """A ZIP that is still to be made. name: without `.zip`. made_at: the time of all files in it."""

    name: str
    entries: Sequence[ArchiveEntry]
    made_at: datetime


class DownloadService:
    """Finds what can be downloaded. One per process. Raises NotFound for an unknown job."""

    def __init__(self, jobs: JobService, recordings: RecordingRepository, storage: Storage) -> None:
        self._jobs = jobs
        self._recordings = recordings
        self._storage = storage

    async def find_stem(self, job_id: UUID, stem: str) -> StemDownload:
        """Find a stem, or the mixture. Raises NotFound, with the choices, for one that is not ready."""
        job = await self._jobs.get_job(job_id)
        mixture, stems = await self._jobs.tracks(job_id)
        ready = [track.name for track in (*stems, *([mixture] if mixture else []))]
        if stem not in ready:
            raise NotFound("stem of this job that is ready, named", stem, ready)
        recording = await self._recordings.get(job.recording_id)
        return StemDownload(Keys.stem(job_id, stem), _join_title(recording, stem), job.options.bit_depth)

    async def archive_stems(self, job_id: UUID) -> Archive:
        """Put all stems and the manifest, as they are stored, into an archive.

        Raises Conflict before the job has succeeded.
        """
        job, recording = await self._find_succeeded(job_id)
        name = join_file_name(recording.title, job.strategy)
        files = {f"{name}/{_join_title(recording, stem)}.flac": Keys.stem(job_id, stem) for stem in job.status.stems}
        files[f"{name}/manifest.json"] = Keys.manifest(job_id)
        entries = await to_thread.run_sync(lambda: [make_object_entry(self._storage, *file) for file in files.items()])
        return Archive(name, entries, job.status.finished_at or job.created_at)

    async def archive_wav_stems(self, job_id: UUID) -> Archive:
        """Put all stems and the mixture as WAV files of one length and start, and a note for the DAW, into an archive.

        Raises Conflict before the job has succeeded.
        """
        job, recording = await self._find_succeeded(job_id)
        mixture, stems = await self._jobs.tracks(job_id)
        if mixture is None:
            raise Conflict("The job has no mixture, so there is nothing to line the stems up with.")
        name, made_at = join_file_name(recording.title, job.strategy, "DAW"), job.status.finished_at or job.created_at
        waves = [
            make_wav_entry(
                self._storage, f"{name}/{_join_title(recording, track.name)}.wav", track, job.options.bit_depth
            )
            for track in (*stems, mixture)
        ]
        note = ArchiveNote(
            title=recording.title,
            strategy=job.strategy,
            sample_rate=mixture.record.sample_rate,
            frames=mixture.record.frames,
            bit_depth=job.options.bit_depth,
            gain=job.status.common_gain,
            made_at=made_at,
        )
        readme = write_note(note, [PurePosixPath(entry.name).name for entry in waves])
        return Archive(name, [make_text_entry(f"{name}/README.txt", readme), *waves], made_at)

    async def _find_succeeded(self, job_id: UUID) -> tuple[JobRecord, RecordingRecord]:
        job = await self._jobs.get_job(job_id)
        if job.state is not JobState.SUCCEEDED:
            raise Conflict(f"The job is {job.state.value}; there is an archive of its stems when it has succeeded.")
        return job, await self._recordings.get(job.recording_id)


def _join_title(recording: RecordingRecord, stem: str) -> str:
    return join_file_name(recording.title, format_label(stem))
