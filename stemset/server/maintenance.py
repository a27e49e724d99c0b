"""What has to be done from time to time: recordings that are too old are removed.

`upkeep_once` does that and all else that `stemset serve` does beside the API, once: on Modal the API may sleep, and a
schedule calls it.
"""

from __future__ import annotations

import asyncio

import structlog
from anyio import to_thread
from sqlalchemy.exc import DBAPIError

from stemset.errors import StemsetError, Unavailable
from stemset.features.jobs.reconciler import Reconciler
from stemset.features.library.deletion import remove_unused
from stemset.features.library.uploads import LIFETIME, forget, sweep
from stemset.server.services import Parts
from stemset.storage import Keys

log = structlog.stdlib.get_logger()

_EVERY_S = 3600.0
_SWEEP_EVERY_S = 600.0


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


async def remove_unused_often(parts: Parts) -> None:
    """Until cancelled."""
    while True:
        try:
            await remove_unused(parts)
        except (Unavailable, DBAPIError, OSError) as error:
            log.warning("retention_delayed", reason=str(error))
        await asyncio.sleep(_EVERY_S)


async def sweep_often(parts: Parts) -> None:
    """Until cancelled: remove what expired, and what a killed process left."""
    while True:
        try:
            for upload in await parts.library.expired_uploads():
                await forget(parts, upload)
            # What has no row: a process was killed between the two.
            await to_thread.run_sync(parts.storage.sweep, Keys.UPLOADS, LIFETIME)
            await to_thread.run_sync(sweep, parts.settings.data_dir)
        except (DBAPIError, OSError, StemsetError) as error:
            log.warning("uploads_not_swept", reason=str(error))
        await asyncio.sleep(_SWEEP_EVERY_S)
