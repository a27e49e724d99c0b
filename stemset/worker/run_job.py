"""`run_job`: one job of whatever kind, from its payload to its last report."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import structlog

from stemset.errors import Cancelled, StaleAttempt, StemsetError, Unavailable
from stemset.features.jobs.messages import Failed, JobPayload, Stopped, Succeeded
from stemset.features.jobs.records import Failure, JobEnd
from stemset.models.pool import ModelPool
from stemset.storage import Keys, ObjectStore
from stemset.strategy.node_cache import NodeCache
from stemset.worker.reporter import Reporter
from stemset.worker.runner import RunContext, Runner
from stemset.worker.runners import begin_run

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
) -> JobEnd | None:
    """Run one job to its end, and leave a record of that in storage and a final report.

    work_dir: gets a folder for this run, empty at first and gone after it. cache: holds the nodes that a run that broke
    off, or another job, has done already. last_try: whether a failure is final. Returns the end of a job that has
    succeeded or was cancelled, None where it turns out to be no longer this run's job. Raises what made it fail, after
    reporting it; an error that `is_retryable` is reported on the last try only.
    """
    folder = work_dir / payload.ref
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bound = log.bind(job=str(payload.job_id), kind=payload.kind)
    begun = time.monotonic()
    runner: Runner | None = None
    try:
        runner = begin_run(payload, RunContext(storage, reporter, pool, cache, folder))
        reporter.begin()
        storage.remove_unfinished(Keys.job(payload.job_id))
        end, record = runner.run()
        storage.put_bytes(Keys.manifest(payload.job_id), record, "application/json")
        reporter.tell(Succeeded(result=end.result))
    except StaleAttempt as error:
        bound.info("job_let_go", reason=str(error))
        return None
    except Cancelled:
        bound.info("job_cancelled")
        return None if runner is None else _record_end(payload, storage, reporter, runner, None)
    except Exception as error:
        if is_retryable(error) and not last_try:
            bound.warning("job_try_failed", reason=str(error))
            raise
        kind = error.kind if isinstance(error, StemsetError) else "internal"
        message = str(error) if isinstance(error, StemsetError) else f"{type(error).__name__}: {error}"
        bound.warning("job_failed", failure=kind, reason=message, exc_info=not isinstance(error, StemsetError))
        failure = Failure(kind=kind, message=message)
        if runner is None:
            _report_end(payload, reporter, failure)
        else:
            _record_end(payload, storage, reporter, runner, failure)
        raise
    else:
        bound.info("job_succeeded", seconds=round(time.monotonic() - begun, 1))
        return end
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _record_end(
    payload: JobPayload, storage: ObjectStore, reporter: Reporter, runner: Runner, failure: Failure | None
) -> JobEnd:
    """Store the record of a run that failed or was cancelled (None), and report how it ended."""
    end, record = runner.break_off(failure)
    with suppress(Unavailable, OSError):
        # The report matters more: it is what the user sees.
        storage.put_bytes(Keys.manifest(payload.job_id), record, "application/json")
    _report_end(payload, reporter, end.failure)
    return end


def _report_end(payload: JobPayload, reporter: Reporter, failure: Failure | None) -> None:
    """Report a run that failed or was cancelled (None); where that can't be reported, it is logged."""
    failed = Failed(kind=failure.kind, message=failure.message, step=failure.step) if failure else None
    try:
        reporter.tell(failed or Stopped())
    except StemsetError as not_reported:
        log.warning("end_not_reported", job=str(payload.job_id), reason=str(not_reported))
