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

from stemset.concurrency.build_once import Shared
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import ModelFailed

log = structlog.stdlib.get_logger()

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Loaded(Protocol):
    """A network in memory."""

    def release(self) -> None:
        """Give back what Python's own memory management doesn't know of."""
        ...


Network = TypeVar("Network", bound=Loaded)

Room = Callable[[int], None]
"""Told how many bytes a network is about to take; lets go of others until it fits, if that can be."""


@dataclass
class _Kept:
    shared: Shared[Loaded]
    bytes: int = 0
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Networks:
    """Safe under concurrent jobs. A network in use is never let go of, so the budget may be exceeded for a while."""

    def __init__(self, budget_bytes: int | None = None) -> None:
        """budget_bytes: of all weights together; None: half of the memory of this machine or container."""
        self._budget = budget_bytes
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the networks in memory; the least recently used first."""
        with self._lock:
            loaded = [(kept.used_at, name) for name, kept in self._kept.items() if kept.bytes]
        return tuple(name for _, name in sorted(loaded))

    @contextmanager
    def borrowed(
        self, name: str, load: Callable[[Callable[[], None], Room], Network], progress: Progress
    ) -> Generator[Network]:
        """The network, for as long as this lasts; loaded if it isn't there.

        load: gets what to call where it may stop (it raises Cancelled once no job waits), and the Room. A network
        with which something raises ModelFailed is loaded anew the next time. Raises what loading raised, and what
        progress raises while it waits.
        """
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                kept = self._kept[name] = self._entry(name, load)
            kept.users += 1
        try:
            yield cast("Network", kept.shared.get(progress))
        except ModelFailed:
            # What failed may be left broken.
            self._forget(name, kept)
            raise
        finally:
            with self._lock:
                kept.users -= 1
                kept.used_at = time.monotonic()
            self._shrink(0)

    def _entry(self, name: str, load: Callable[[Callable[[], None], Room], Network]) -> _Kept:
        def make(check: Callable[[], None]) -> Loaded:
            begun = time.monotonic()
            taken = 0

            def room(size: int) -> None:
                nonlocal taken
                taken = size
                self._shrink(size)

            network = load(check, room)
            kept.bytes = max(1, taken)
            seconds = round(time.monotonic() - begun, 2)
            log.info("network_loaded", model=name, seconds=seconds, megabytes=taken // 1_000_000, loaded=self.names)
            return network

        # The closure above needs it by name.
        kept = _Kept(Shared(make))
        return kept

    def _forget(self, name: str, kept: _Kept) -> None:
        with self._lock:
            if self._kept.get(name) is kept:
                del self._kept[name]

    def _shrink(self, coming: int) -> None:
        """Let go of networks until they and what is coming are within the budget."""
        if self._budget is None:
            self._budget = _half_of_memory()
        gone: list[tuple[str, _Kept]] = []
        with self._lock:
            total = coming + sum(kept.bytes for kept in self._kept.values())
            idle = [(kept.used_at, name) for name, kept in self._kept.items() if kept.bytes and not kept.users]
            for _, name in sorted(idle):
                if total <= self._budget:
                    break
                gone.append((name, self._kept.pop(name)))
                total -= gone[-1][1].bytes
        while gone:
            name, kept = gone.pop()
            kept.shared.get(ignore_progress).release()
            log.info("network_released", model=name, megabytes=kept.bytes // 1_000_000, loaded=self.names)
            del kept
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
