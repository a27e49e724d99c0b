"""A deployment on the loopback Modal (tests/support/loopback_modal): starting it, and looking at it from a test."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.loopback_modal.control_plane import READY
from tests.support.loopback_modal.settings import Settings
from tests.support.waiting import LIMIT_S, wait_until

ROOT = Path(__file__).parents[2]


def why_not() -> str:
    """Why no Modal can be had here; empty if one can."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "the loopback Modal gives containers folders of their own, which takes root and unshare"
    if not (ROOT / "frontend" / "dist" / "index.html").is_file():
        return "the page is not built; run make frontend/dist/index.html"
    return ""


@pytest.fixture(scope="session")
def image_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with the pins of the API's image and nothing else: no torch, and no Stemset but what is deployed."""
    folder = tmp_path_factory.mktemp("image") / "venv"
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--no-deps", "--python", str(folder / "bin" / "python")]
    try:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True, timeout=LIMIT_S)
        subprocess.run([*install, "-r", str(ROOT / "requirements" / "core.txt")], check=True, timeout=LIMIT_S)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the pins of the API's image can't be installed here: {error}")
    return str(folder / "bin" / "python")


@dataclass
class LocalModal:
    """A running control plane. address: for clients of Modal; admin: see loopback_modal/admin.py; log: what it and its
    containers have written."""

    address: str
    admin: str
    log: Path

    @property
    def web_url(self) -> str:
        """Where `api` answers, once it is deployed."""
        return self.get("/dump")["functions"]["api"]["web_url"]

    @property
    def environment(self) -> dict[str, str]:
        """What makes a `modal` client talk to it."""
        return {
            "MODAL_SERVER_URL": self.address, "MODAL_TOKEN_ID": "ak-local", "MODAL_TOKEN_SECRET": "as-local",
            "MODAL_ENVIRONMENT": "main", "MODAL_CONFIG_PATH": "/dev/null",
        }  # fmt: skip

    def modal(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run the `modal` command in the repository; what it said. Deprecated calls are errors."""
        # The command makes warnings of Modal visible whatever Python is told, so they are looked for in what it says.
        done = subprocess.run(
            [sys.executable, "-m", "modal", *arguments],
            cwd=ROOT, env=os.environ | self.environment | dict(environment or {}), capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "Deprecat" not in said, said
        return said

    def get(self, path: str) -> Any:
        """What it has recorded."""
        return httpx.get(f"{self.admin}{path}", timeout=LIMIT_S).json()

    def post(self, path: str) -> Any:
        """Make something happen: /preempt?fn=…, /schedule?fn=…, /expire?call=…"""
        return httpx.post(f"{self.admin}{path}", timeout=LIMIT_S).json()

    def calls(self, name: str = "Worker.*") -> list[dict[str, Any]]:
        """The calls of a function, oldest first."""
        return [call for call in self.get("/calls") if call["fn"] == name]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What has happened of one kind, in order."""
        return [event for event in self.get("/events") if event["kind"] == kind]

    def pids(self, name: str) -> list[int]:
        """The processes of a function's containers that run."""
        ended = {event["task"] for event in self.events("container_exit")}
        return [e["pid"] for e in self.events("container_start") if e["fn"] == name and e["task"] not in ended]

    def kill(self, name: str) -> int:
        """As when a machine dies: no signal that a container could act upon. How many those were."""
        pids = self.pids(name)
        for pid in pids:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(pids)


@contextmanager
def local_modal(
    python: str, secrets: Mapping[str, Mapping[str, str]], *, environment: Mapping[str, str] | None = None
) -> Generator[LocalModal]:
    """Runs a control plane in which these Secrets exist, and whose images are that Python.

    environment: variables of every container.
    """
    # Not pytest's folder: the paths of sockets in it may have a hundred characters.
    root = Path(tempfile.mkdtemp(prefix="stemset-modal-"))
    settings = Settings.model_validate(
        {
            "root": root, "python": python, "secrets": secrets, "environment": environment or {},
            # What modal_app.py takes for data; on Modal a container's /tmp is its own.
            "private_folders": ["/tmp/stemset"],
        }
    )  # fmt: skip
    (root / "settings.json").write_text(settings.model_dump_json())
    log = root / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.loopback_modal", root / "settings.json"],
            cwd=ROOT, stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        wait_until(lambda: process.poll() is not None or bool(_told_addresses(log)), explain=log.read_text)
        addresses = _told_addresses(log)
        assert addresses, log.read_text()
        yield LocalModal(addresses["address"], addresses["admin"], log)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


def _told_addresses(log: Path) -> dict[str, str]:
    """What a control plane that is ready has written; empty before."""
    lines = [line for line in log.read_text(errors="replace").splitlines(keepends=True) if line.startswith(READY)]
    return json.loads(lines[0].removeprefix(READY)) if lines and lines[0].endswith("\n") else {}
