"""`run_module` runs a module within its limits; whatever the module does, nothing of it is left afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stemset.sandbox.process import ProcessOutput, run_module
from tests.support.waiting import wait_until_async

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither such limits nor process groups")

PROLOGUE = """
import os, sys, time
from pathlib import Path
def watch(pid):
    Path(sys.argv[1]).write_text(str(pid))
"""
TELLS = "print('told', *sys.argv[2:]); print('in trouble', file=sys.stderr); sys.exit(3)"
HANGS = "watch(os.getpid()); time.sleep(600)"
COMPUTES = "watch(os.getpid())\nwhile True: pass"
EATS_MEMORY = """
try:
    bytearray(2 << 30)
except MemoryError:
    print('refused')
"""
CRASHES = "os.kill(os.getpid(), 11)"
WRITES_WITHOUT_END = "watch(os.getpid())\nwhile True: sys.stdout.write('x' * 65536)"
WRITES_TWO_MIB = "sys.stdout.write('x' * (2 << 20))"
LEAVES_A_GRANDCHILD = """
import subprocess
# It holds the pipes of its parent, as an encoder's helper would.
grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
watch(grandchild.pid)
print('done')
"""
HANGS_WITH_A_GRANDCHILD = f"{LEAVES_A_GRANDCHILD}\ntime.sleep(600)"


class Child:
    """Runs a program as a module by `run_module`, and looks after the process that the program has it watch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid_file = folder / "pid"

    async def run(
        self, program: str, *arguments: str, timeout_s: float = 30, memory_bytes: int = 1 << 30, cpu_s: int = 30
    ) -> ProcessOutput:
        (self._folder / "untrusted_work.py").write_text(PROLOGUE + program)
        return await run_module(
            "untrusted_work",
            str(self._pid_file),
            *arguments,
            timeout_s=timeout_s,
            memory_bytes=memory_bytes,
            cpu_s=cpu_s,
        )

    @property
    def has_begun(self) -> bool:
        return self._pid_file.exists() and bool(self._pid_file.read_text())

    @property
    def is_alive(self) -> bool:
        """Whether the watched process runs; one that only waits for its parent to reap it does not."""
        if not self.has_begun:
            return False
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", self._pid_file.read_text()], capture_output=True, text=True, check=False
        ).stdout
        return bool(state) and not state.startswith("Z")


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Child:
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return Child(tmp_path)


async def test_what_a_module_says_and_its_exit_status_come_back(child: Child) -> None:
    output = await child.run(TELLS, "it", "all")
    assert (output.returncode, output.stdout.split(), output.stderr.split()) == (
        3,
        [b"told", b"it", b"all"],
        [b"in", b"trouble"],
    )


async def test_a_module_runs_as_if_it_were_named_to_python(child: Child) -> None:
    output = await child.run("PROOF = 7\nprint(__name__, os.path.basename(sys.argv[0]), sys.modules['__main__'].PROOF)")
    assert output.stdout.split() == [b"__main__", b"untrusted_work.py", b"7"]


@needs_posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS limits no memory")
async def test_a_child_is_refused_memory_beyond_the_limit(child: Child) -> None:
    assert (await child.run(EATS_MEMORY, memory_bytes=1 << 30)).stdout == b"refused\n"
    assert (await child.run(EATS_MEMORY, memory_bytes=8 << 30)).stdout == b""


@needs_posix
async def test_a_child_that_burns_its_seconds_of_computing_is_ended(child: Child) -> None:
    output = await child.run(COMPUTES, cpu_s=1)
    assert output.returncode in (-signal.SIGKILL, -signal.SIGXCPU)
    assert not child.is_alive


@needs_posix
async def test_a_crash_comes_back_as_its_signal(child: Child) -> None:
    assert (await child.run(CRASHES)).returncode == -signal.SIGSEGV


@needs_posix
@pytest.mark.parametrize("program", [HANGS, COMPUTES, WRITES_WITHOUT_END, HANGS_WITH_A_GRANDCHILD])
async def test_a_child_that_does_not_end_is_gone_after_its_time(child: Child, program: str) -> None:
    with pytest.raises(TimeoutError):
        await child.run(program, timeout_s=2)
    await wait_until_async(lambda: not child.is_alive)


@needs_posix
@pytest.mark.parametrize("program", [HANGS, HANGS_WITH_A_GRANDCHILD])
async def test_a_child_whose_caller_is_cancelled_is_gone(child: Child, program: str) -> None:
    running = asyncio.create_task(child.run(program))
    await wait_until_async(lambda: child.has_begun)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await wait_until_async(lambda: not child.is_alive)


@needs_posix
async def test_a_grandchild_neither_outlives_a_child_nor_keeps_its_caller_waiting(child: Child) -> None:
    begun = time.monotonic()
    output = await child.run(LEAVES_A_GRANDCHILD, timeout_s=30)
    assert (output.returncode, output.stdout) == (0, b"done\n")
    assert time.monotonic() - begun < 20
    await wait_until_async(lambda: not child.is_alive)


async def test_only_the_first_mebibyte_of_a_stream_is_kept(child: Child) -> None:
    output = await child.run(WRITES_TWO_MIB)
    assert (output.returncode, output.stdout) == (0, b"x" * (1 << 20))
