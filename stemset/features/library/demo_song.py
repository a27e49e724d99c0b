"""The first song of a fresh Stemset, so that its first page is not empty."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from anyio import to_thread

from stemset.errors import StemsetError, Unavailable
from stemset.features.jobs.planning import start
from stemset.features.jobs.records import JobRecord
from stemset.features.library.ingest import store
from stemset.features.library.multipart import Upload
from stemset.features.library.records import RecordingRecord

if TYPE_CHECKING:
    from stemset.server.services import Parts

PROFILE = "demo"
# The title as `stemset.demo` has it, which this process doesn't import: it needs scipy.
FILE_NAME = "Paper Lanterns.flac"

_DEMO_PATIENCE_S = 30.0

log = structlog.get_logger()


async def ensure_demo(parts: Parts) -> JobRecord | None:
    """Put the demo song into the profile `demo` if that is empty, and separate it by the profile's strategy.

    The same way as an upload takes. Returns the job if one had to be made. Whatever goes wrong is logged: the
    service works without.
    """
    profile = parts.config.profiles.get(PROFILE)
    if profile is None:
        return None
    try:
        recordings, _ = await parts.library.page(PROFILE, limit=1)
        recording = recordings[0] if recordings else await _add(parts)
        if recording.latest_job is None:
            return await start(parts, recording.id, profile.strategy)
    except (StemsetError, OSError) as error:
        log.warning("no_demo", reason=str(error))
    return None


async def demo_done(parts: Parts, job: JobRecord) -> None:
    """Wait until the demo can be played, the service stops, or half a minute is over."""
    give_up_at = time.monotonic() + _DEMO_PATIENCE_S
    while not job.state.final and not parts.notifier.closed and time.monotonic() < give_up_at:
        await asyncio.sleep(0.2)
        job = await parts.jobs.get_job(job.id)


async def _add(parts: Parts) -> RecordingRecord:
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: it takes more memory than the service needs for the rest of its life.
        await _render(Path(folder))
        file = Path(folder) / "mixture.flac"
        content = await to_thread.run_sync(file.read_bytes)
        sha256 = hashlib.sha256(content).hexdigest()
        return await store(parts, Upload(file, FILE_NAME, len(content), sha256, {}), PROFILE)


async def _render(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stemset", "demo", "--output", str(folder), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        if await process.wait() != 0:
            raise Unavailable("The demo song could not be rendered; `stemset demo` tells why.")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
