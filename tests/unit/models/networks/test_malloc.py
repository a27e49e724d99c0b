"""What a process takes of the system while a network runs, on glibc."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
PAGE = resource.getpagesize()
FLOATS = 20_000_000  # more than a thread can hold by itself
BYTES = 4 * FLOATS
MOST = 10 * BYTES // (4 << 20)  # half of what it would be if all pages were cleared and had 2 MB


def pages_cleared() -> int:
    """By the system for this process, while it takes and gives back some memory ten times."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        np.ones(FLOATS, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


# Each in a process of its own: what other tests have left in this one's heap would be used first.
THREAD = f"""
from threading import Thread
from stemset.models.networks import malloc
from {__name__} import pages_cleared

def use():
    pages_cleared()
    print(pages_cleared())

malloc.share_heap_between_threads()
with malloc.keep_freed_memory():
    thread = Thread(target=use)
    thread.start()
    thread.join()
"""


NETWORK = f"""
from stemset.models.networks import malloc
from {__name__} import pages_cleared, resident

with malloc.keep_freed_memory():
    pages_cleared()
    print(pages_cleared())
    held = resident()
print(held - resident())
print(pages_cleared())
"""


def run(program: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.splitlines()]


def test_a_thread_keeps_memory_as_the_first_one_does():
    [cleared] = run(THREAD)
    assert cleared < MOST


def test_while_a_network_runs_memory_is_used_again_and_then_given_back():
    cleared, given_back, cleared_afterwards = run(NETWORK)
    assert cleared < MOST
    assert given_back > 0.9 * BYTES
    assert cleared_afterwards > MOST
