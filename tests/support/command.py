"""The command line within the process of the test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stemset import cli
from stemset.cli import console


@dataclass(frozen=True)
class Ran:
    """code: the exit code. out, err: what was printed, with its lines joined where a table or box breaks them."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs `stemset …` in the test's folder, which has no config.yaml: so with the shipped one."""
    monkeypatch.chdir(tmp_path)
    # Wide enough for every table, also with the long names of models that other tests have registered.
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(console.out, "width", 400)

    def run(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["stemset", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as exited:
            code = exited.code if isinstance(exited.code, int) else int(exited.code is not None)
        printed = capsys.readouterr()
        return Ran(code, printed.out, " ".join(printed.err.replace("│", " ").split()))

    return run
