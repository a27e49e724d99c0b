"""`run_job`: one job, from its payload to its last report."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import structlog

from stemset import __version__, strategy
from stemset.config import LimitsConfig
from stemset.errors import Cancelled, StaleAttempt, StemsetError, Unavailable
from stemset.features.jobs.messages import Failed, JobPayload, Stopped, Succeeded
from stemset.features.jobs.records import RunOptions
from stemset.manifest import ErrorRecord, Manifest
from stemset.models.pool import ModelPool
from stemset.separation import MANIFEST, Resources, SeparationOptions, separate
from stemset.storage import Keys, ObjectStore
from stemset.strategy.node_cache import NodeCache
from stemset.worker.publisher import Publisher
from stemset.worker.reporter import Reporter

log = structlog.stdlib.get_logger()

STORAGE_PATIENCE_S = 120.0
"""How long a worker waits for a storage that is away before the job's try fails."""


def is_retryable(error: BaseException) -> bool:
    """Whether another try of a job may succeed: a part of the service or of the machine was away; the song is not to
    blame."""
    return isinstance(error, (Unavailable, OSError))


def run_job(
    payload: JobPayload,
    storage: ObjectStore,
    reporter: Reporter,
    pool: ModelPool,
    work_dir: Path,
    *,
    cache: NodeCache | None = None,
    last_try: bool = True,
) -> Manifest | None:
    """Run one job to its end, and leave a manifest in storage and a final report.

    work_dir: gets a folder for this run, empty at first and gone after it. cache: holds the nodes that a run that broke
    off, or another job, has done already. last_try: whether a failure is final. Returns the manifest of a job that has
    succeeded or was cancelled, None where it turns out to be no longer this run's job. Raises what made it fail, after
    reporting it; an error that `is_retryable` is reported on the last try only.
    """
    folder = work_dir / payload.ref
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bound = log.bind(job=str(payload.job_id), strategy=payload.strategy)
    begun = time.monotonic()
    try:
        manifest = _separate_and_publish(payload, storage, reporter, pool, cache, folder)
    except StaleAttempt as error:
        bound.info("job_let_go", reason=str(error))
        return None
    except Cancelled:
        bound.info("job_cancelled")
        return _record_end(payload, storage, reporter, folder, None)
    except Exception as error:
        if is_retryable(error) and not last_try:
            bound.warning("job_try_failed", reason=str(error))
            raise
        kind = error.kind if isinstance(error, StemsetError) else "internal"
        message = str(error) if isinstance(error, StemsetError) else f"{type(error).__name__}: {error}"
        bound.warning("job_failed", kind=kind, reason=message, exc_info=not isinstance(error, StemsetError))
        _record_end(payload, storage, reporter, folder, ErrorRecord(kind=kind, message=message))
        raise
    else:
        bound.info("job_succeeded", seconds=round(time.monotonic() - begun, 1))
        return manifest
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _separate_and_publish(
    payload: JobPayload,
    storage: ObjectStore,
    reporter: Reporter,
    pool: ModelPool,
    cache: NodeCache | None,
    folder: Path,
) -> Manifest:
    reporter.begin()
    storage.remove_unfinished(Keys.job(payload.job_id))
    plan = strategy.parse(payload.strategy, payload.tree)
    song = folder / f"source{PurePosixPath(payload.source_key).suffix}"
    storage.fetch(payload.source_key, song)
    with Publisher(payload, storage, reporter) as publisher:
        separation = separate(
            song,
            plan,
            folder / "output",
            SeparationOptions(bit_depth=payload.options.bit_depth, limits=_limits_from(payload.options)),
            resources=Resources(pool, cache),
            observer=publisher,
        )
    storage.put(Keys.manifest(payload.job_id), separation.manifest_file, "application/json")
    manifest = separation.manifest
    reporter.tell(Succeeded(sum_to_mixture_db=manifest.sum_to_mixture_db, common_gain=manifest.common_gain))
    return manifest


def _limits_from(options: RunOptions) -> LimitsConfig | None:
    if options.max_duration_s is None or options.max_channels is None:
        return None
    return LimitsConfig(max_duration_minutes=options.max_duration_s / 60, max_channels=options.max_channels)


def _record_end(
    payload: JobPayload, storage: ObjectStore, reporter: Reporter, folder: Path, error: ErrorRecord | None
) -> Manifest:
    """Store the manifest of a run that failed (error) or was cancelled (None), and report how it ended."""
    manifest = _unfinished_manifest(payload, folder / "output" / MANIFEST, error)
    node = manifest.error.node if manifest.error else None
    with suppress(Unavailable, OSError):
        # The report matters more: it is what the user sees.
        text = manifest.model_dump_json(indent=2)
        storage.put_bytes(Keys.manifest(payload.job_id), text.encode(), "application/json")
    try:
        reporter.tell(Failed(kind=error.kind, message=error.message, node=node) if error else Stopped())
    except StemsetError as not_reported:
        log.warning("end_not_reported", job=str(payload.job_id), reason=str(not_reported))
    return manifest


def _unfinished_manifest(payload: JobPayload, written: Path, error: ErrorRecord | None) -> Manifest:
    """The manifest of a run that failed (error) or was cancelled (None): the one that `separate` wrote, if it came to
    that, else an empty one."""
    state = "failed" if error else "cancelled"
    if written.is_file():
        manifest = Manifest.model_validate_json(written.read_bytes())
        node = manifest.error.node if manifest.error else None
        # A run that could not tell of its success has failed, whatever its own record says.
        return manifest.model_copy(
            update={"state": state, "error": error.model_copy(update={"node": node}) if error else None}
        )
    now = datetime.now(UTC)
    return Manifest(
        stemset_version=__version__,
        versions={},
        device="",
        strategy=payload.strategy,
        tree=payload.tree,
        started_at=now,
        finished_at=now,
        state=state,
        input=None,
        nodes=(),
        mixture=None,
        stems=(),
        sum_to_mixture_db=None,
        common_gain=1.0,
        error=error,
    )
