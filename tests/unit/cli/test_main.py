"""Exit codes: 2 for wrong use, 1 for what failed; one line for each error."""

from __future__ import annotations

import pytest

from stemset import __version__
from stemset.cli import service
from stemset.errors import Cancelled, Unavailable
from tests.support.command import Command


def test_the_version_is_printed(command: Command) -> None:
    done = command("--version")
    assert (done.code, done.out) == (0, f"{__version__}\n")


def test_an_error_is_one_line_on_stderr_and_exit_code_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise Unavailable("The storage does not answer.")

    monkeypatch.setattr(service, "WorkerSettings", fail)
    done = command("worker")
    assert (done.code, done.out, done.err) == (1, "", "error: The storage does not answer.")


def test_what_somebody_stopped_is_no_error_but_has_exit_code_1(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop() -> None:
        raise Cancelled

    monkeypatch.setattr(service, "WorkerSettings", stop)
    done = command("worker")
    assert (done.code, done.out, done.err) == (1, "", "Stopped.")


def test_a_mistake_of_ours_keeps_its_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service, "WorkerSettings", fail)
    with pytest.raises(ZeroDivisionError):
        command("worker")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bench", "quality"], "Missing option '--reference'"),
        (["bench", "quality", "--reference", "none"], "'none' does not exist"),
        (["bench", "speed", "--runs", "0"], "Invalid value for '--runs'"),
        (["bench", "speed", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: instant"),
        (["models", "download", "nope"], "unknown model or strategy 'nope'; choose from: instant"),
        (["process", "nope"], "unknown profile 'nope'; choose one of: "),
        (["process", "demo", "--strategy", "nope"], "unknown strategy 'nope'; choose one of: instant"),
        (["process", "demo"], "name a folder with --source"),
        (["serve", "--port", "0"], "Invalid value for '--port'"),
        (["deploy", "costs", "--minutes", "0"], "Invalid value for '--minutes'"),
        (["db", "downgrade"], "No such command 'downgrade'"),
    ],
)
def test_wrong_use_has_exit_code_2_and_says_what_would_be_right(
    command: Command, arguments: list[str], says: str
) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
