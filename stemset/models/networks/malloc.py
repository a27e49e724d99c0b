"""Settings of glibc's allocator: what it does with memory that was freed. Without glibc these functions do nothing."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache

# glibc's names for what mallopt sets, and what it would have arrived at by itself, had it not been told anything.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -3, -4, -8
_USUAL = {_M_MMAP_THRESHOLD: 32 << 20, _M_TRIM_THRESHOLD: 64 << 20, _M_MMAP_MAX: 65_536}
_KEEPING = {_M_TRIM_THRESHOLD: 2**31 - 1, _M_MMAP_MAX: 0}


@contextmanager
def keep_freed_memory() -> Generator[None]:
    """While the context lasts, freed memory stays with the process for its next allocations; then it is trimmed.

    This holds for the whole process, so only one context at a time.

    A network frees and takes the same hundreds of megabytes in every layer. glibc would have the system clear them each
    time, page by page, which takes a third of a run of a MelBand-Roformer.
    """
    _set_options(_KEEPING)
    try:
        yield
    finally:
        _set_options(_USUAL)
        trim()


def share_heap_between_threads() -> None:
    """Have threads that begin from now on allocate in the first thread's heap: only there freed memory can be kept."""
    _set_options({_M_ARENA_MAX: 1})


def use_large_pages() -> None:
    """Let torch ask the system for pages of 2 MB, where it has them. To be called before torch takes any memory."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def trim() -> None:
    """Give freed memory that the process keeps back to the system."""
    if malloc_trim := _c_function("malloc_trim"):
        malloc_trim(0)


def _set_options(options: Mapping[int, int]) -> None:
    if mallopt := _c_function("mallopt"):
        for option, value in options.items():
            mallopt(option, value)


@cache
def _c_function(name: str) -> Callable[..., int] | None:
    if sys.platform == "win32":
        # There a process has no names of its own to look in; nor has that C library these.
        return None
    return getattr(ctypes.CDLL(None), name, None)
