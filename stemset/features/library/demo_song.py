"""The first song of a fresh Stemset, so that its first page is not empty."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import structlog
from anyio import to_thread

from stemset.config import Config
from stemset.errors import StemsetError, Unavailable
from stemset.features.jobs.notifier import Notifier
from stemset.features.jobs.records import JobRecord
from stemset.features.jobs.service import JobService
from stemset.features.library.ingest import Ingest
from stemset.features.library.received_file import ReceivedFile, hash_file
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import RecordingRecord
from stemset.sandbox.process import run_module

PROFILE = "demo"
# The title as `stemset.demo` has it, which this process doesn't import: it needs scipy.
FILE_NAME = "Paper Lanterns.flac"

_PLAYABLE_WITHIN_S = 30.0
_RENDERED_WITHIN_S = 120.0
_RENDER_MEMORY_BYTES = 8 << 30
_RENDER_CPU_S = 120

log = structlog.get_logger()


class DemoSong:
    """Puts the demo song into an empty library. One per process."""

    def __init__(
        self, recordings: RecordingRepository, jobs: JobService, ingest: Ingest, notifier: Notifier, config: Config
    ) -> None:
        self._recordings = recordings
        self._jobs = jobs
        self._ingest = ingest
        self._notifier = notifier
        self._profile = config.profiles.get(PROFILE)

    async def ensure(self) -> JobRecord | None:
        """Put the demo song into the profile `demo` if that is empty, and separate it by the profile's strategy.

        It goes the way of an upload. Returns the job if one had to be made. Whatever goes wrong is logged: the service
        works without.
        """
        if self._profile is None:
            return None
        try:
            found, _ = await self._recordings.page(PROFILE, limit=1)
            recording = found[0] if found else await self._add()
            if recording.latest_job is None:
                return await self._jobs.create_job(recording.id, self._profile.strategy)
        except (StemsetError, OSError) as error:
            log.warning("no_demo", reason=str(error))
        return None

    async def wait_until_playable(self, job: JobRecord) -> None:
        """Wait until the job has ended, the service stops, or half a minute is over."""
        give_up_at = time.monotonic() + _PLAYABLE_WITHIN_S
        while not job.state.final and not self._notifier.closed and time.monotonic() < give_up_at:
            await asyncio.sleep(0.2)
            job = await self._jobs.get_job(job.id)

    async def _add(self) -> RecordingRecord:
        with tempfile.TemporaryDirectory() as folder:
            # In a process of its own: it takes more memory than the service needs for the rest of its life.
            await _render(Path(folder))
            file = Path(folder) / "mixture.flac"
            sha256, size = await to_thread.run_sync(hash_file, file)
            return await self._ingest.store(ReceivedFile(file, FILE_NAME, size, sha256), PROFILE)


async def _render(folder: Path) -> None:
    try:
        output = await run_module(
            "stemset",
            "demo",
            "--output",
            str(folder),
            timeout_s=_RENDERED_WITHIN_S,
            memory_bytes=_RENDER_MEMORY_BYTES,
            cpu_s=_RENDER_CPU_S,
        )
    except TimeoutError:
        raise Unavailable(f"The demo song was not rendered within {_RENDERED_WITHIN_S:.0f} s.") from None
    if output.returncode != 0:
        raise Unavailable("The demo song could not be rendered; `stemset demo` tells why.")
