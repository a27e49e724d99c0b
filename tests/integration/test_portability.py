"""Stemset starts where Python lacks what only POSIX has: those modules are hidden from it and its child processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.serving import serving
from tests.support.waiting import wait_until

# Other packages know themselves where they run; what is hidden is hidden from Stemset alone. Python runs a module of
# this name first, in child processes as well. Those that ask for the system first, as the type checker sees, may go on.
HIDING = """
import builtins

HIDDEN = {"fcntl", "grp", "pwd", "resource", "termios"}
ASK_FIRST = {"stemset.bench.speed", "stemset.sandbox.limits"}
really = builtins.__import__

def importing(name, globals=None, locals=None, fromlist=(), level=0):
    importer = (globals or {}).get("__name__", "")
    if name in HIDDEN and importer.partition(".")[0] == "stemset" and importer not in ASK_FIRST:
        raise ModuleNotFoundError(f"No module named {name!r}, which {importer} imports", name=name)
    return really(name, globals, locals, fromlist, level)

builtins.__import__ = importing
"""

EVERY_MODULE = """
import importlib, pkgutil, sys, stemset
names = [module.name for module in pkgutil.walk_packages(stemset.__path__, "stemset.")]
for name in names:
    if name != "stemset.__main__":
        importlib.import_module(name)
print(len(names))
"""

CONFIG = """
profiles: {songs: {title: Songs, strategy: s}}
strategies: {s: {_: percussive, drums: drums, not_drums: other}}
"""


@pytest.fixture(autouse=True)
def hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "hiding"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HIDING)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(Path(__file__).parents[2])]))


def python(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_modules_are_hidden(tmp_path: Path) -> None:
    (tmp_path / "stemset_module.py").write_text("__name__ = 'stemset.some'\nimport fcntl\n")
    done = python("-c", "import stemset_module", folder=tmp_path)
    assert "No module named 'fcntl', which stemset.some imports" in done.stderr


def test_every_module_can_be_imported(tmp_path: Path) -> None:
    done = python("-c", EVERY_MODULE, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150


@pytest.mark.parametrize("arguments", [("--help",), ("config", "check"), ("models", "list")])
def test_a_command_runs(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = python("-m", "stemset", *arguments, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_song_is_separated(noise: Path, tmp_path: Path) -> None:
    done = python("-m", "stemset", "separate", noise, "-s", "instant", "-o", "stems", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["stems"]) == {"drums", "bass", "vocals", "other"}


def test_the_service_starts_with_its_worker(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG) as served:
        wait_until(lambda: httpx.get(f"{served.address}/api/health").json()["worker"] is True)
        assert httpx.get(f"{served.address}/api/health").json()["status"] == "ok"
        code, _seconds = served.stop()
    assert code == 0
