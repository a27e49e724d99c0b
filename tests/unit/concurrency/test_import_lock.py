"""Threads that need scipy at the same moment, in a process that has not imported it so far."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np

from stemset.models.builtin.rank_filters import rank_over_bins
from stemset.models.builtin.stft import Grid
from stemset.worker.local import _warm_up

uses = (
    lambda: rank_over_bins(np.zeros((1, 9), np.float32), 3),
    lambda: Grid.near(0.1, 44_100),
    _warm_up,
)
together = Barrier(len(uses))


def use(one):
    together.wait()
    one()


with ThreadPoolExecutor(len(uses)) as threads:
    list(threads.map(use, uses))
"""


@pytest.mark.parametrize("_time", range(3))
def test_no_thread_sees_half_of_a_module(_time: int):
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
