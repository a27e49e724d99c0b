"""A process that limits itself is refused what it takes beyond, and goes on where the system has no such limit."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")

GREEDY = """
from stemset.sandbox.limits import limit_process
limit_process(memory_bytes=1 << 30, cpu_s=60)
try:
    bytearray(2 << 30)
except MemoryError:
    print("refused")
"""

BUSY = """
from stemset.sandbox.limits import limit_process
limit_process(memory_bytes=4 << 30, cpu_s=1)
while True:
    pass
"""

ON_MACOS = """
import resource
from stemset.sandbox.limits import limit_process
really = resource.setrlimit
def setrlimit(limit, values):
    if limit == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    really(limit, values)
resource.setrlimit = setrlimit
limit_process(memory_bytes=1 << 30, cpu_s=60)
print(resource.getrlimit(resource.RLIMIT_CPU)[0])
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS limits no memory")
def test_memory_beyond_the_limit_is_refused() -> None:
    assert run(GREEDY).stdout == "refused\n"


def test_computing_beyond_the_limit_ends_the_process() -> None:
    assert run(BUSY).returncode < 0


def test_a_limit_that_the_system_refuses_leaves_the_others() -> None:
    done = run(ON_MACOS)
    assert (done.stdout, done.stderr) == ("60\n", "")
