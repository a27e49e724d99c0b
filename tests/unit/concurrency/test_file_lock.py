"""A lock on a file is one holder's at a time, and ends with its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stemset.concurrency.file_lock import is_locked, locked

HOLDER = """
import sys, time
from pathlib import Path
from stemset.concurrency.file_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

COUNTER = """
import sys
from pathlib import Path
from stemset.concurrency.file_lock import locked
count = Path(sys.argv[1])
for _ in range(20):
    with locked(count.with_suffix(".lock")):
        count.write_text(str(int(count.read_text()) + 1))
"""


def test_a_lock_shuts_out_threads_of_its_own_process_and_leaves_no_file(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    refused: list[TimeoutError] = []

    def ask() -> None:
        try:
            with locked(lock, patience_s=0):
                pass
        except TimeoutError as error:
            refused.append(error)

    with locked(lock):
        assert is_locked(lock)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert not is_locked(lock)
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, lock], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_locked(lock)
        holder.kill()
    assert lock.exists()
    assert not is_locked(lock)
    with locked(lock, patience_s=0):
        assert is_locked(lock)


def test_many_processes_that_wait_for_one_another_are_never_two_at_once(tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", COUNTER, count]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert count.read_text() == "80"


def test_what_is_raised_while_waiting_ends_the_waiting(tmp_path: Path) -> None:
    def give_up() -> None:
        raise InterruptedError

    with locked(tmp_path / "lock"), pytest.raises(InterruptedError), locked(tmp_path / "lock", while_waiting=give_up):
        pass


def test_an_error_of_the_holder_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    assert not is_locked(tmp_path / "lock")
