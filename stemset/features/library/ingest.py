"""From a received file to a stored recording, and on to a queued job."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from anyio import CancelScope, to_thread

from stemset.audio import Probe
from stemset.config import Config
from stemset.errors import InvalidRequest
from stemset.features.jobs.planning import JobPlans
from stemset.features.jobs.records import new_id
from stemset.features.jobs.schemas import describe_job
from stemset.features.jobs.service import JobService
from stemset.features.library.probe import SandboxedProbe
from stemset.features.library.received_file import ReceivedFile, make_title
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import NewRecording, RecordingRecord
from stemset.features.library.schemas import Uploaded, describe_recording
from stemset.storage import Keys, Storage

_FIELDS = ("profile", "strategy", "separate")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class UploadIntent:
    """What an upload's fields ask for. strategy: None starts no job."""

    profile: str
    strategy: str | None


def parse_fields(fields: dict[str, str], plans: JobPlans) -> UploadIntent:
    """Check the text fields of an upload. Raises InvalidRequest, which names the field and the choices."""
    for name in fields.keys() - set(_FIELDS):
        raise InvalidRequest(name, "is not a field of an upload", ("file", *_FIELDS))
    profile = plans.check_profile(fields.get("profile", ""))
    separate = fields.get("separate", "true").lower()
    if separate not in _TRUTH:
        raise InvalidRequest("separate", f"can't be {separate!r}", ("true", "false"))
    strategy = plans.check_strategy(fields.get("strategy") or plans.default_strategy(profile))
    return UploadIntent(profile, strategy if _TRUTH[separate] else None)


class Ingest:
    """Makes recordings of received files. One per process."""

    def __init__(
        self,
        recordings: RecordingRepository,
        jobs: JobService,
        storage: Storage,
        probe: SandboxedProbe,
        config: Config,
    ) -> None:
        self._recordings = recordings
        self._jobs = jobs
        self._storage = storage
        self._probe = probe
        self._config = config

    async def submit(self, received: ReceivedFile, profile: str, strategy: str | None) -> Uploaded:
        """Make a recording of the file, and a job on it unless strategy is None. Raises AudioError."""
        recording = await self._recordings.find_by_hash(profile, received.sha256)
        known = recording is not None
        if recording is None:
            recording, known = await self._store(received, profile)
        job = await self._jobs.create_job(recording.id, strategy) if strategy else None
        return Uploaded(
            recording=describe_recording(await self._recordings.get(recording.id), self._config),
            job=describe_job(job, self._config) if job else None,
            known=known,
        )

    async def store(self, received: ReceivedFile, profile: str) -> RecordingRecord:
        """Probe the file, keep its bytes and record it. Raises AudioError.

        What can't be recorded isn't kept, nor what the profile has already: that recording is returned.
        """
        recording, _ = await self._store(received, profile)
        return recording

    async def _store(self, received: ReceivedFile, profile: str) -> tuple[RecordingRecord, bool]:
        """The same, and whether the profile had it already."""
        found = await self._probe.probe_within_limits(received.file)
        recording_id = new_id()
        key = Keys.source(recording_id, _extension(found))
        try:
            if received.stored:
                await to_thread.run_sync(self._storage.copy, received.stored, key)
            else:
                await to_thread.run_sync(self._storage.put, key, received.file, "application/octet-stream")
            new = _new_recording(recording_id, key, profile, received, found)
            recording = await self._recordings.add_unless_known(new)
        except BaseException:
            # A client that hangs up cancels us: then, too, nothing stays behind.
            with CancelScope(shield=True):
                await self._forget_source(recording_id)
            raise
        known = recording.id != recording_id
        if known:
            await self._forget_source(recording_id)
        return recording, known

    async def _forget_source(self, recording_id: UUID) -> None:
        await to_thread.run_sync(self._storage.delete_prefix, Keys.recording(recording_id))


def _extension(found: Probe) -> str:
    """From the content: a client's file name is no part of a key."""
    return re.sub(r"[^a-z0-9]", "", found.container.lower()) or "bin"


def _new_recording(recording_id: UUID, key: str, profile: str, received: ReceivedFile, found: Probe) -> NewRecording:
    return NewRecording(
        id=recording_id,
        profile=profile,
        title=make_title(received.file_name),
        file_name=received.file_name,
        bytes=received.bytes,
        sha256=received.sha256,
        duration_s=found.duration_s,
        sample_rate=found.sample_rate,
        channels=found.channels,
        codec=found.codec,
        source_key=key,
    )
