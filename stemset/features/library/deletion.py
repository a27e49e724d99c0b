"""Deleting a recording with everything that is stored of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from anyio import to_thread
from pydantic import ValidationError

from stemset.errors import NotFound
from stemset.features.jobs.service import JobService
from stemset.features.library.recordings import RecordingRepository
from stemset.manifest import Manifest
from stemset.storage import Keys, Storage
from stemset.strategy.node_cache import FolderCache

log = structlog.stdlib.get_logger()

_PATIENCE_S = 10.0
_LOOK_EVERY_S = 0.1


class RecordingDeletion:
    """Deletes recordings. One per process. cache_dir: of this machine's node cache."""

    def __init__(self, recordings: RecordingRepository, jobs: JobService, storage: Storage, cache_dir: Path) -> None:
        self._recordings = recordings
        self._jobs = jobs
        self._storage = storage
        self._cache_dir = cache_dir

    async def delete(self, recording_id: UUID) -> None:
        """Delete a recording, its jobs and their stems. Raises NotFound.

        Its jobs are stopped first, so that no worker writes what nobody will find. A worker that doesn't stop in time
        has died, or learns at its next report that its job is gone.
        """
        await self._stop_jobs(recording_id)
        job_ids = await self._recordings.delete(recording_id)
        await to_thread.run_sync(self._forget_nodes, job_ids)
        for prefix in (Keys.recording(recording_id), *map(Keys.job, job_ids)):
            await to_thread.run_sync(self._storage.delete_prefix, prefix)

    async def delete_unused(self, days: float) -> int:
        """Delete the recordings that nobody used for so many days; how many those were."""
        deleted = 0
        for recording_id in await self._recordings.unused_since(datetime.now(UTC) - timedelta(days=days)):
            try:
                await self.delete(recording_id)
            except NotFound:
                # Another process was faster.
                continue
            deleted += 1
            log.info("recording_outdated", recording=str(recording_id))
        return deleted

    async def _stop_jobs(self, recording_id: UUID) -> None:
        active = [job.id for job in await self._recordings.jobs_of(recording_id) if not job.state.final]
        for job_id in active:
            await self._jobs.cancel(job_id)
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_S
        while active and asyncio.get_running_loop().time() < give_up_at:
            active = [job_id for job_id in active if not (await self._jobs.get_job(job_id)).state.final]
            await asyncio.sleep(_LOOK_EVERY_S if active else 0)

    def _forget_nodes(self, job_ids: Iterable[UUID]) -> None:
        """What the cache of this machine keeps of these jobs; elsewhere its cap removes it in time."""
        cache = FolderCache(self._cache_dir, 0)
        for job_id in job_ids:
            try:
                manifest = Manifest.model_validate_json(self._storage.read(Keys.manifest(job_id)))
            except (NotFound, ValidationError):
                # A worker that was killed left none.
                continue
            cache.forget(node.cache_key for node in manifest.nodes if node.cache_key)
