"""`stemset serve` as a person meets it: it starts, survives its worker, and goes without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from stemset import demo
from stemset.features.library.demo_song import FILE_NAME
from tests.support.serving import alive, serving
from tests.support.waiting import LIMIT_S, wait_until

NO_DEMO = """
profiles: {songs: {title: Songs, strategy: s}}
strategies: {s: {_: percussive, drums: drums, not_drums: other}}
"""


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "stemset", "serve", "--port", port],
            env=os.environ | {"STEMSET_DATA_DIR": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert port in done.stderr
    assert "PORT=" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_first_page_is_not_empty_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.address) as client:
        page = client.get("/api/recordings?profile=demo").json()
        assert [item["title"] for item in page["items"]] == [demo.TITLE]
        job = page["items"][0]["latestJob"]
        assert job["state"] in ("queued", "running", "succeeded")
        wait_until(lambda: client.get(f"/api/jobs/{job['id']}").json()["state"] == "succeeded")

        first = served.worker_pid
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: served.worker_pid != first and alive(served.worker_pid))

        worker = served.worker_pid
        waiting = client.post("/api/jobs", json={"recordingId": page["items"][0]["id"]}).json()
        watcher = threading.Thread(target=_watch, args=(served.address, waiting["id"]))
        watcher.start()
        code, seconds = served.stop()
        watcher.join()
        assert code == 0
        assert seconds < 60  # a few on an idle machine; for ever, if it waited for who watches
        wait_until(lambda: not alive(worker))
        assert "Traceback" not in served.log.read_text()


@pytest.mark.slow
def test_a_killed_service_leaves_no_worker_behind(tmp_path: Path) -> None:
    with serving(tmp_path, NO_DEMO) as served:
        worker = served.worker_pid
        served.stop(signal.SIGKILL)
        wait_until(lambda: not alive(worker))


def test_the_demo_is_called_what_it_is() -> None:
    assert f"{demo.TITLE}.flac" == FILE_NAME


def _watch(address: str, job_id: str) -> None:
    try:
        with httpx.stream("GET", f"{address}/api/jobs/{job_id}/events", timeout=LIMIT_S) as stream:
            for _ in stream.iter_bytes():
                pass
    except httpx.HTTPError:
        pass
