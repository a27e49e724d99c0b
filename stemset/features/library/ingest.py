"""From a received file to a stored recording, and from a recording to a queued job."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from anyio import CancelScope, to_thread

from stemset.audio import Probe
from stemset.config import Config
from stemset.features.jobs.planning import known_profile, known_strategy, start
from stemset.features.jobs.records import new_id
from stemset.features.jobs.schemas import describe_job
from stemset.features.library.multipart import Upload, title_of
from stemset.features.library.probe import check_limits, probe_apart
from stemset.features.library.records import NewRecording, RecordingRecord
from stemset.features.library.schemas import Uploaded, describe_recording
from stemset.storage import Keys
from stemset.web.problems import InvalidRequest

if TYPE_CHECKING:
    from stemset.server.services import Context

_FIELDS = ("profile", "strategy", "separate")
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Wish:
    """What an upload's fields ask for. strategy: None starts no job."""

    profile: str
    strategy: str | None


def wish_of(fields: dict[str, str], config: Config) -> Wish:
    """The checked text fields of an upload; InvalidRequest names the field and the choices."""
    for name in fields.keys() - set(_FIELDS):
        raise InvalidRequest(name, "is not a field of an upload", ("file", *_FIELDS))
    profile = known_profile(fields.get("profile", ""), config)
    separate = fields.get("separate", "true").lower()
    if separate not in _TRUTH:
        raise InvalidRequest("separate", f"can't be {separate!r}", ("true", "false"))
    strategy = known_strategy(fields.get("strategy") or config.profiles[profile].strategy, config)
    return Wish(profile, strategy if _TRUTH[separate] else None)


async def submit(context: Context, upload: Upload, profile: str, strategy: str | None) -> Uploaded:
    """A recording of what was uploaded, and a job on it unless strategy is None. Raises AudioError."""
    recording = await context.library.find_by_hash(profile, upload.sha256)
    known = recording is not None
    if recording is None:
        recording, known = await _store(context, upload, profile)
    job = await start(context, recording.id, strategy) if strategy else None
    return Uploaded(
        recording=describe_recording(await context.library.get(recording.id), context.config),
        job=describe_job(job, context.config) if job else None,
        known=known,
    )


async def store(context: Context, upload: Upload, profile: str) -> RecordingRecord:
    """Look into the file, keep it and record it. What can't be recorded isn't kept, nor what the profile has already:
    that recording is returned. Raises AudioError."""
    recording, _ = await _store(context, upload, profile)
    return recording


async def _store(context: Context, upload: Upload, profile: str) -> tuple[RecordingRecord, bool]:
    """The same, and whether the profile had it already."""
    found = await probe_apart(upload.file, context.probes)
    check_limits(found, context.config.limits)
    recording_id = new_id()
    key = Keys.source(recording_id, _extension(found))
    try:
        if upload.stored:
            await to_thread.run_sync(context.storage.copy, upload.stored, key)
        else:
            await to_thread.run_sync(context.storage.put, key, upload.file, "application/octet-stream")
        recording = await context.library.add_unless_known(_new_recording(recording_id, key, profile, upload, found))
    except BaseException:
        # A client that hangs up cancels us: then, too, nothing stays behind.
        with CancelScope(shield=True):
            await to_thread.run_sync(context.storage.delete_prefix, Keys.recording(recording_id))
        raise
    known = recording.id != recording_id
    if known:
        await to_thread.run_sync(context.storage.delete_prefix, Keys.recording(recording_id))
    return recording, known


def _extension(found: Probe) -> str:
    """From the content: a client's file name is no part of a key."""
    return re.sub(r"[^a-z0-9]", "", found.container.lower()) or "bin"


def _new_recording(recording_id: UUID, key: str, profile: str, upload: Upload, found: Probe) -> NewRecording:
    return NewRecording(
        id=recording_id,
        profile=profile,
        title=title_of(upload.file_name),
        file_name=upload.file_name,
        bytes=upload.bytes,
        sha256=upload.sha256,
        duration_s=found.duration_s,
        sample_rate=found.sample_rate,
        channels=found.channels,
        codec=found.codec,
        source_key=key,
    )
