"""What has to be done from time to time: recordings that are too old are removed.

`upkeep_once` does that and all else that `stemset serve` does beside the API, once: on Modal the API may sleep, and a
schedule calls it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from stemset.api.context import Parts
from stemset.api.removal import remove
from stemset.api.staging import forget
from stemset.errors import NotFound, Unavailable
from stemset.jobs.reconciler import Reconciler
from stemset.jobs.retention import unused_since
from stemset.jobs.sessions import Sessions

log = structlog.stdlib.get_logger()

_EVERY_S = 3600.0


async def upkeep(parts: Parts, reconciler: Reconciler) -> None:
    """Hand over what waits, settle what is silent, remove what is too old. Raises Unavailable, DBAPIError: the rest is
    done the next time."""
    handed_over = await parts.outbox.flush()
    settled = await reconciler.reconcile()
    uploads = await parts.library.expired_uploads()
    for upload_id in uploads:
        await forget(parts, upload_id)
    removed = await remove_unused(parts)
    log.info("upkeep", handed_over=handed_over, settled=settled, uploads=len(uploads), recordings=removed)


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


async def remove_unused_often(parts: Parts) -> None:
    """Until cancelled."""
    while True:
        try:
            await remove_unused(parts)
        except (Unavailable, DBAPIError, OSError) as error:
            log.warning("retention_delayed", reason=str(error))
        await asyncio.sleep(_EVERY_S)
