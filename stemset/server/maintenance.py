"""The tasks that run by the clock: one list, which a service runs for ever and a schedule runs once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from anyio import to_thread
from sqlalchemy.exc import DBAPIError

from stemset.errors import StemsetError
from stemset.features.library.uploads import LIFETIME
from stemset.server.services import Services
from stemset.storage import Keys
from stemset.storage.local_files import remove_abandoned_folders

log = structlog.stdlib.get_logger()

_MINUTE_S = 60.0


@dataclass(frozen=True)
class Task:
    """Work that is repeated.

    run_once: does the work once and returns how many things it changed, or None. every_s: seconds between two runs.
    run_forever: the work's own loop, where more than the clock starts it; the loop ends when `stop` is called.
    """

    name: str
    run_once: Callable[[], Awaitable[int | None]]
    every_s: float = 10 * _MINUTE_S
    run_forever: Callable[[], Awaitable[None]] | None = None
    stop: Callable[[], None] | None = None


def maintenance_tasks(services: Services) -> Sequence[Task]:
    """List the tasks of a service, in the order in which a schedule runs them."""
    outbox, reconciler, storage = services.outbox, services.reconciler, services.storage

    async def remove_orphaned_objects() -> None:
        # Objects without a row: a process was killed between the two.
        await to_thread.run_sync(storage.remove_older_than, Keys.UPLOADS, LIFETIME)

    async def remove_old_folders() -> int:
        return await to_thread.run_sync(remove_abandoned_folders, services.settings.temporary_dir, LIFETIME)

    async def delete_unused() -> int:
        days = services.settings.keep_days
        return 0 if days is None else await services.deletion.delete_unused(days)

    return (
        Task("hand_over_jobs", outbox.flush, run_forever=outbox.run, stop=outbox.stop),
        Task("settle_silent_jobs", reconciler.reconcile, run_forever=reconciler.run, stop=reconciler.stop),
        Task("forget_expired_uploads", services.uploads.forget_expired),
        Task("sweep_uploaded_objects", remove_orphaned_objects),
        Task("sweep_temporary_folders", remove_old_folders),
        Task("delete_unused_recordings", delete_unused, every_s=60 * _MINUTE_S),
    )


class Maintenance:
    """Runs the tasks beside a service, from `start` to `stop`."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._loops: list[asyncio.Task[None]] = []
        self._repeated: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all tasks in the running event loop."""
        for task in self._tasks:
            if task.run_forever:
                self._loops.append(asyncio.ensure_future(task.run_forever()))
            else:
                self._repeated.append(asyncio.create_task(_repeat(task)))

    async def stop(self) -> None:
        """Cancel the repeated tasks, and wait until those with a loop of their own have ended it."""
        for repeated in self._repeated:
            repeated.cancel()
        for task in self._tasks:
            if task.stop:
                task.stop()
        await asyncio.gather(*self._loops)


async def run_maintenance_once(tasks: Sequence[Task]) -> None:
    """Run every task once. One that fails stops none of the others; then the first error is raised."""
    errors: list[Exception] = []
    for task in tasks:
        try:
            log.info("maintained", task=task.name, count=await task.run_once())
        except (DBAPIError, OSError, StemsetError) as error:
            log.warning("not_maintained", task=task.name, reason=str(error))
            errors.append(error)
    if errors:
        raise errors[0]


async def _repeat(task: Task) -> None:
    """Run the task until cancelled. An error is logged: the rest is done the next time."""
    while True:
        try:
            await task.run_once()
        except (DBAPIError, OSError, StemsetError) as error:
            log.warning("not_maintained", task=task.name, reason=str(error))
        await asyncio.sleep(task.every_s)
