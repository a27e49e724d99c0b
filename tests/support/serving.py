"""A real `stemset serve` in a process group of its own, on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stemset.worker.pid_files import find_workers
from tests.support.waiting import LIMIT_S, wait_until


@dataclass
class Served:
    """address: without a slash at the end. log: what both processes said."""

    process: subprocess.Popen[str]
    address: str
    data_dir: Path
    log: Path

    @property
    def worker_pid(self) -> int:
        """Waits until there is one."""
        wait_until(lambda: bool(find_workers(self.data_dir)))
        return find_workers(self.data_dir)[0]

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """Exit code, and the seconds that the end took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(LIMIT_S), time.monotonic() - begun


@contextmanager
def serving(folder: Path, config: str | None = None) -> Generator[Served]:
    """`stemset serve` with its data in folder; it and its worker are gone when the block ends."""
    environment = os.environ | {"STEMSET_DATA_DIR": str(folder / "data")}
    if config is not None:
        (folder / "config.yaml").write_text(config)
        environment["STEMSET_CONFIG"] = str(folder / "config.yaml")
    log = folder / "serve.log"
    program = "from stemset.server import serve; serve.run_service('127.0.0.1', 0)"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        words = process.stdout.readline().split()
        assert words[:3] == ["Stemset", "is", "at"], log.read_text()
        yield Served(process, words[3], folder / "data", log)
    finally:
        process.stdout.close()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
