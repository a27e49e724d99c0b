"""Memory that was freed, but that the C library keeps."""

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
_KEPT = {_M_TRIM_THRESHOLD: 2**31 - 1, _M_MMAP_MAX: 0}


@contextmanager
def kept() -> Generator[None]:
    """While this lasts, what is freed is kept for what comes next, where the C library can; then it is given back.

    This holds for the whole process: one at a time.

    A network frees and takes the same hundreds of megabytes in every layer. glibc would have the system clear them each
    time, page by page, which takes a third of a run of a MelBand-Roformer.
    """
    _set(_KEPT)
    try:
        yield
    finally:
        _set(_USUAL)
        give_back()


def shared_by_threads() -> None:
    """Have threads that begin from now on take memory from where the first one does: only there can it be `kept`."""
    _set({_M_ARENA_MAX: 1})


def in_large_pages() -> None:
    """Let torch ask the system for pages of 2 MB, where it has them. To be called before it takes any memory."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def give_back() -> None:
    """Give what is kept to the system, where the C library can."""
    if trim := _function("malloc_trim"):
        trim(0)


def _set(options: Mapping[int, int]) -> None:
    if mallopt := _function("mallopt"):
        for option, value in options.items():
            mallopt(option, value)


@cache
def _function(name: str) -> Callable[..., int] | None:
    if sys.platform == "win32":
        # There a process has no names of its own to look in; nor has that C library these.
        return None
    return getattr(ctypes.CDLL(None), name, None)
