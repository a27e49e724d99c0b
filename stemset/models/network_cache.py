"""The networks that a process keeps: each loaded once, the least recently used out when memory runs short."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeVar, cast

import structlog

from stemset.concurrency.build_once import BuildOnce
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import ModelFailed

log = structlog.stdlib.get_logger()

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Releasable(Protocol):
    """What the cache needs of a network: to be told that it was dropped."""

    def release(self) -> None:
        """Give back the memory that Python's own memory management doesn't know of, such as a GPU's."""
        ...


Network = TypeVar("Network", bound=Releasable)

MakeRoom = Callable[[int], None]
"""Called with the bytes that a network is about to take; drops other networks until it fits the budget, or none is
left that nobody uses."""


@dataclass
class _Entry:
    """A network, or one that is being loaded. bytes: of its weights, 0 until it is loaded; users: jobs that run it."""

    network: BuildOnce[Releasable]
    bytes: int = 0
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)


class NetworkCache:
    """Loads each network once and keeps it within a budget of memory; safe under concurrent jobs.

    A network in use is never dropped, so the budget may be exceeded for a while.
    """

    def __init__(self, budget_bytes: int | None = None) -> None:
        """budget_bytes: of all weights together; None: half of the memory of this machine or container."""
        self._budget = budget_bytes
        self._entries: dict[str, _Entry] = {}
        self._lock = Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the networks in memory, the least recently used first."""
        with self._lock:
            loaded = [(entry.used_at, name) for name, entry in self._entries.items() if entry.bytes]
        return tuple(name for _, name in sorted(loaded))

    @contextmanager
    def borrow(
        self, name: str, load: Callable[[Callable[[], None], MakeRoom], Network], progress: Progress
    ) -> Generator[Network]:
        """Lend the network for as long as the context lasts; load it first where it isn't in memory.

        load: gets a function to call where it may stop (it raises Cancelled once no job waits), and MakeRoom, which it
        calls before it takes memory. A network in whose context something raises ModelFailed is loaded anew the next
        time. Raises what loading raised, and what progress raises while it waits.
        """
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                entry = self._entries[name] = self._new_entry(name, load)
            entry.users += 1
        try:
            yield cast("Network", entry.network.get(progress))
        except ModelFailed:
            # What failed may be left broken.
            self._forget(name, entry)
            raise
        finally:
            with self._lock:
                entry.users -= 1
                entry.used_at = time.monotonic()
            self._shrink_to_budget()

    def _new_entry(self, name: str, load: Callable[[Callable[[], None], MakeRoom], Network]) -> _Entry:
        def build(raise_if_unwanted: Callable[[], None]) -> Releasable:
            begun = time.monotonic()
            size = 0

            def make_room(size_bytes: int) -> None:
                nonlocal size
                size = size_bytes
                self._shrink_to_budget(size_bytes)

            network = load(raise_if_unwanted, make_room)
            entry.bytes = max(1, size)
            seconds = round(time.monotonic() - begun, 2)
            log.info("network_loaded", model=name, seconds=seconds, megabytes=size // 1_000_000, loaded=self.names)
            return network

        # The closure above needs it by name.
        entry = _Entry(BuildOnce(build))
        return entry

    def _forget(self, name: str, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(name) is entry:
                del self._entries[name]

    def _shrink_to_budget(self, coming_bytes: int = 0) -> None:
        """Drop networks that nobody uses until the others, and coming_bytes more, are within the budget."""
        if self._budget is None:
            self._budget = _half_of_memory()
        dropped: list[tuple[str, _Entry]] = []
        with self._lock:
            total = coming_bytes + sum(entry.bytes for entry in self._entries.values())
            idle = [(entry.used_at, name) for name, entry in self._entries.items() if entry.bytes and not entry.users]
            for _, name in sorted(idle):
                if total <= self._budget:
                    break
                dropped.append((name, self._entries.pop(name)))
                total -= dropped[-1][1].bytes
        while dropped:
            name, entry = dropped.pop()
            entry.network.get(ignore_progress).release()
            log.info("network_released", model=name, megabytes=entry.bytes // 1_000_000, loaded=self.names)
            del entry
            # Networks hold on to themselves in circles.
            gc.collect()


def _half_of_memory() -> int:
    memory = _memory_bytes()
    with suppress(OSError, ValueError):
        memory = min(memory, int(_CONTAINER_LIMIT.read_text("ascii")))
    return memory // 2


def _memory_bytes() -> int:
    if sys.platform == "win32":
        # A MEMORYSTATUSEX: its own size in bytes, then the machine's memory, then six more numbers.
        status = (ctypes.c_uint64 * 8)(64)
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status[1]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
