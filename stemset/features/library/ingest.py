"""From a received file to a stored recording, and from a recording to a queued job."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from anyio import CancelScope, to_thread

from stemset.api.context import Context
from stemset.api.models import Uploaded
from stemset.api.probing import check_limits, probe_apart
from stemset.api.problems import InvalidRequest
from stemset.api.upload import Upload, title_of
from stemset.api.wire import describe_job, describe_recording, fallback_of
from stemset.audio import Probe
from stemset.config import Config
from stemset.jobs.records import JobRecord, NewRecording, NodeStatus, Plan, RecordingRecord, RunOptions, new_id
from stemset.storage import Keys
from stemset.strategy import Strategy

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


def known_profile(name: str, config: Config) -> str:
    """The name, if it is a profile of config.yaml; else InvalidRequest with the choices."""
    if name not in config.profiles:
        what = f"unknown profile {name!r}" if name else "is missing"
        raise InvalidRequest("profile", what, tuple(config.profiles))
    return name


def known_strategy(name: str, config: Config) -> str:
    """The name, if it is a strategy of config.yaml; else InvalidRequest with the choices."""
    if name not in config.strategies:
        raise InvalidRequest("strategy", f"unknown strategy {name!r}", tuple(config.strategies))
    return name


def default_strategy(profile: str, config: Config) -> str:
    """The profile's; where the profile has left config.yaml, what runs anywhere."""
    if profile in config.profiles:
        return config.profiles[profile].strategy
    return fallback_of(config) or next(iter(config.strategies))


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


async def start(
    context: Context,
    recording_id: UUID,
    strategy: str | None,
    *,
    force: bool = False,
    dispatch_ref: str | None = None,
) -> JobRecord:
    """A job of this strategy of config.yaml on this recording: a new one, or the one that is there already.
    strategy: None takes the default of the recording's profile. force, dispatch_ref: as in `create_job`."""
    config = context.config

    def plan_for(profile: str) -> Plan:
        return plan_of(config.strategies[strategy or default_strategy(profile, config)], config)

    job = await context.jobs.create_job(recording_id, plan_for, force=force, dispatch_ref=dispatch_ref)
    context.outbox.kick()
    return job


def plan_of(strategy: Strategy, config: Config) -> Plan:
    """What a job of the strategy is to do."""
    return Plan(
        strategy=strategy.name,
        tree=strategy.tree,
        nodes=tuple(
            NodeStatus(path=run.path, parent=run.parent, model=run.model.model_filename) for run in strategy.runs
        ),
        expected_stems=strategy.stems,
        options=RunOptions(
            bit_depth=config.output.bit_depth,
            max_duration_s=config.limits.max_duration_s,
            max_channels=config.limits.max_channels,
        ),
    )


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
