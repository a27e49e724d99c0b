"""Who in this process waits for a job to change."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from uuid import UUID


class Notifier:
    """Wakes those who watch a job. One per process; after `close` nobody waits any more."""

    def __init__(self) -> None:
        self._watchers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.closed = False

    @contextmanager
    def watch(self, job_id: UUID) -> Generator[asyncio.Event]:
        """Give an event that is set whenever the job has changed; the watcher clears it."""
        changed = asyncio.Event()
        self._watchers[job_id].add(changed)
        try:
            yield changed
        finally:
            self._watchers[job_id].discard(changed)
            if not self._watchers[job_id]:
                del self._watchers[job_id]

    def notify(self, job_id: UUID) -> None:
        """Wake those who watch this job."""
        for watcher in self._watchers.get(job_id, ()):
            watcher.set()

    def close(self) -> None:
        """Wake everybody, for the last time."""
        self.closed = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.set()
