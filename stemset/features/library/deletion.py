"""Deleting a recording with everything that is stored of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from anyio import to_thread
from pydantic import ValidationError
from sqlalchemy import exists, select

from stemset.database.sessions import Sessions
from stemset.database.tables import JobRow, RecordingRow
from stemset.errors import NotFound
from stemset.features.jobs.records import JobRecord
from stemset.manifest import Manifest
from stemset.storage import Keys
from stemset.strategy.node_cache import FolderCache

if TYPE_CHECKING:
    from stemset.server.services import Context, Parts

log = structlog.stdlib.get_logger()

_PATIENCE_S = 10.0
_LOOK_EVERY_S = 0.1


async def stop(context: Context, job_id: UUID) -> JobRecord:
    """Ask a job to stop, and tell all who wait for it."""
    job = await context.jobs.request_cancel(job_id)
    context.notifier.changed(job_id)
    await context.outbox.withdraw(job)
    return job


async def remove(context: Context, recording_id: UUID) -> None:
    """Its jobs are stopped first, so that no worker writes what nobody will find. A worker that doesn't stop in time
    has died, or learns at its next report that its job is gone."""
    active = [job.id for job in await context.library.jobs_of(recording_id) if not job.state.final]
    for job_id in active:
        await stop(context, job_id)
    give_up_at = asyncio.get_running_loop().time() + _PATIENCE_S
    while active and asyncio.get_running_loop().time() < give_up_at:
        active = [job_id for job_id in active if not (await context.jobs.get_job(job_id)).state.final]
        await asyncio.sleep(_LOOK_EVERY_S if active else 0)
    job_ids = await context.library.delete(recording_id)
    await to_thread.run_sync(_forget_nodes, context, job_ids)
    for prefix in (Keys.recording(recording_id), *map(Keys.job, job_ids)):
        await to_thread.run_sync(context.storage.delete_prefix, prefix)


def _forget_nodes(context: Context, job_ids: Iterable[UUID]) -> None:
    """What the cache of this machine keeps of these jobs; elsewhere its cap removes it in time."""
    cache = FolderCache(context.settings.cache_dir, 0)
    for job_id in job_ids:
        try:
            manifest = Manifest.model_validate_json(context.storage.read(Keys.manifest(job_id)))
        except (NotFound, ValidationError):
            # A worker that was killed left none.
            continue
        cache.forget(node.cache_key for node in manifest.nodes if node.cache_key)


async def remove_unused(parts: Parts) -> int:
    """Delete the recordings that nobody used for as long as the settings say; how many those were."""
    if parts.settings.keep_days is None:
        return 0
    removed = 0
    before = datetime.now(UTC) - timedelta(days=parts.settings.keep_days)
    for recording_id in await unused_since(Sessions(parts.engine), before):
        try:
            await remove(parts, recording_id)
        except NotFound:
            # Another process was faster.
            continue
        removed += 1
        log.info("recording_outdated", recording=str(recording_id))
    return removed


async def unused_since(sessions: Sessions, before: datetime, *, limit: int = 100) -> list[UUID]:
    """Recordings that were made before then and whose jobs have not changed since, oldest first."""
    used = exists().where(JobRow.recording_id == RecordingRow.id, JobRow.updated_at >= before)
    old = select(RecordingRow.id).where(RecordingRow.created_at < before, ~used)
    async with sessions() as session:
        return list(await session.scalars(old.order_by(RecordingRow.created_at).limit(limit)))
