"""Status polling over HTTP: this service and a FastAPI + SQLAlchemy peer doing the same, in turns, over loopback.

    python -m venv benchmarks/.venv && benchmarks/.venv/bin/pip install -r benchmarks/requirements.txt
    python benchmarks/status_polling.py

Each server is one uvicorn process on a SQLite database with the same jobs; the client is this process. Two loads,
each with and without `If-None-Match`: `saturated`, where every connection asks again as soon as it has its answer,
which gives requests per second; and `paced`, where every connection polls at an interval, which gives latencies.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import soundfile
from standardwebhooks import Webhook

from stemset.config import ApiSettings
from stemset.features.jobs.messages import Report, Started

HERE = Path(__file__).parent
UVICORN = ("-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--lifespan", "on")
OUR_UVICORN = (*UVICORN, "--factory", "stemset.server.app:create_app")
PEER_UVICORN = (*UVICORN, "--app-dir", str(HERE), "peer:app")
TREE = (
    "{_: percussive, drums: drums, "
    "not_drums: {_: low_end, bass: bass, not_bass: {_: centre_voice, vocals: vocals, not_vocals: other}}}"
)


@dataclass(frozen=True)
class Server:
    """One of the two, listening."""

    name: str
    port: int
    pid: int

    @property
    def cpu_s(self) -> float:
        """Processor time spent so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What the client does. interval_s: between the polls of one connection; 0 asks again at once."""

    name: str
    status: int
    interval_s: float


@dataclass(frozen=True)
class Outcome:
    """One run of one load on one server. Latencies in milliseconds."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


LOADS = (
    Load("saturated, 200", 200, 0),
    Load("saturated, 304", 304, 0),
    Load("paced, 200", 200, 0.5),
    Load("paced, 304", 304, 0.5),
)


Poll = tuple[str, dict[str, str]]
"""A path, and each server's ETag of what is there."""


def main() -> None:
    """Run everything and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peer-python", type=Path, default=HERE / ".venv" / "bin" / "python")
    options.add_argument("--connections", type=int, default=100)
    options.add_argument("--seconds", type=float, default=4.0, help="length of one run")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--jobs", type=int, default=100)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        _both(Path(folder), chosen.peer_python, chosen.jobs) as (servers, polls),
    ):
        outcomes: dict[tuple[Load, str], list[Outcome]] = {}
        for number in range(chosen.rounds):
            for load in LOADS:
                # Whoever is first in one round is last in the next.
                for server in servers if number % 2 else reversed(servers):
                    outcome = asyncio.run(_run(server, load, polls, chosen.connections, chosen.seconds))
                    outcomes.setdefault((load, server.name), []).append(outcome)
    _print(outcomes, [server.name for server in servers], chosen.connections)


# --- servers -----------------------------------------------------------------------------------------------------


@contextmanager
def _both(folder: Path, peer_python: Path, jobs: int) -> Generator[tuple[list[Server], list[Poll]]]:
    # A strategy runs on a recording once at a time, so each job has one of its own.
    strategies = [f"s{number}" for number in range(jobs)]
    (folder / "config.yaml").write_text(
        "profiles: {songs: {title: Songs, strategy: s0}}\nstrategies:\n"
        + "".join(f"  {name}: {TREE}\n" for name in strategies)
    )
    places = {"STEMSET_CONFIG": str(folder / "config.yaml"), "STEMSET_DATA_DIR": str(folder / "data")}
    ours = places | {"STEMSET_ACCESS": "open"}
    with _listening("stemset", Path(sys.executable), OUR_UVICORN, ours, folder) as stemset:
        settings = ApiSettings(config=folder / "config.yaml", data_dir=folder / "data")
        told = _running_jobs(stemset, settings, strategies)
        (folder / "jobs.json").write_text(json.dumps(told))
        theirs = {"PEER_DATABASE": str(folder / "peer.db"), "PEER_JOBS": str(folder / "jobs.json")}
        with _listening("peer", peer_python, PEER_UVICORN, theirs, folder) as peer:
            yield [stemset, peer], [(f"/api/jobs/{job['id']}", _same(stemset, peer, str(job["id"]))) for job in told]


@contextmanager
def _listening(
    name: str, python: Path, uvicorn: Sequence[str], environment: dict[str, str], folder: Path
) -> Generator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    log = folder / f"{name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(python), *uvicorn, "--port", str(port)], env=os.environ | environment, stdout=errors, stderr=errors
        )
    try:
        for _ in range(300):
            if process.poll() is not None:
                sys.exit(f"{name} did not start:\n{log.read_text()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Server(name, port, process.pid)
    finally:
        process.terminate()
        process.wait()


def _running_jobs(server: Server, settings: ApiSettings, strategies: Sequence[str]) -> list[dict[str, object]]:
    """Jobs as the page polls them: begun, and no worker changes them while we measure."""
    song = io.BytesIO()
    soundfile.write(song, np.random.default_rng(0).normal(0, 0.1, (22_050, 2)), 44_100, format="WAV", subtype="PCM_16")
    jobs: list[dict[str, object]] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        fields, files = {"profile": "songs", "separate": "false"}, {"file": ("song.wav", song.getvalue())}
        uploaded = client.post("/api/recordings", data=fields, files=files).raise_for_status().json()
        for strategy in strategies:
            wish = {"recordingId": uploaded["recording"]["id"], "strategy": strategy}
            path = f"/api/jobs/{client.post('/api/jobs', json=wish).raise_for_status().json()['id']}"
            nonce = _nonce(settings, strategy)
            report = Report(job_id=UUID(path.rpartition("/")[2]), attempt=1, nonce=nonce, event=Started())
            body, now = report.model_dump_json(), datetime.now(UTC)
            headers = {
                "webhook-id": report.message_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(settings.signing_secret()).sign(report.message_id, now, body),
                "content-type": "application/json",
            }
            client.post(f"{path}/callback", content=body, headers=headers).raise_for_status()
            jobs.append(client.get(path).raise_for_status().json())
    return jobs


def _nonce(settings: ApiSettings, strategy: str) -> str:
    """What a report on the only job of this strategy must carry: a worker is told with the job, nobody else."""
    with closing(sqlite3.connect(settings.data_dir / "stemset.db")) as database:
        (nonce,) = database.execute("SELECT nonce FROM jobs WHERE strategy = ?", (strategy,)).fetchone()
    return nonce


def _same(stemset: Server, peer: Server, job_id: str) -> dict[str, str]:
    """Each server's ETag of the job, after a check that both tell the same of it."""
    answers = [httpx.get(f"http://127.0.0.1:{server.port}/api/jobs/{job_id}") for server in (stemset, peer)]
    ours, theirs = (answer.raise_for_status().json() for answer in answers)
    # The estimate goes down as time passes.
    told = [name for name in ours if name != "etaS"]
    assert [ours[name] for name in told] == [theirs[name] for name in told], (ours, theirs)
    return {server.name: answer.headers["etag"] for server, answer in zip((stemset, peer), answers, strict=True)}


# --- the client --------------------------------------------------------------------------------------------------


class _Connection(asyncio.Protocol):
    """Sends one request after another over one connection, and notes how long each answer took."""

    def __init__(self, requests: Sequence[bytes], load: Load, end_at: float, took_s: list[float]) -> None:
        self._requests = requests
        self._load = load
        self._end_at = end_at
        self._took_s = took_s
        self._next = 0
        self._buffer = b""
        self._loop = asyncio.get_running_loop()
        self.done = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def begin(self) -> None:
        if time.perf_counter() >= self._end_at:
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._transport.write(self._requests[self._next])
        self._next = (self._next + 1) % len(self._requests)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if int(head[9:12]) != self._load.status:
            self.done.set_exception(RuntimeError(self._buffer.decode(errors="replace")))
            self._transport.close()
            return
        if self._load.status == 200:
            length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
            if len(body) < length:
                return
        self._buffer = b""
        now = time.perf_counter()
        self._took_s.append(now - self._begun)
        if self._load.interval_s:
            self._loop.call_later(max(0.0, self._begun + self._load.interval_s - now), self.begin)
        else:
            self.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _run(server: Server, load: Load, polls: Sequence[Poll], connections: int, seconds: float) -> Outcome:
    requests: list[bytes] = []
    for path, etags in polls:
        known = f"If-None-Match: {etags[server.name]}\r\n" if load.status == 304 else ""
        requests.append(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{known}\r\n".encode())
    loop = asyncio.get_running_loop()
    took_s: list[float] = []
    end_at = time.perf_counter() + seconds
    clients: list[_Connection] = []
    for number in range(connections):
        mine = requests[number % len(requests) :] + requests[: number % len(requests)]
        new_client = partial(_Connection, mine, load, end_at, took_s)
        clients.append((await loop.create_connection(new_client, "127.0.0.1", server.port))[1])
    begun, cpu_s = time.perf_counter(), server.cpu_s
    for number, client in enumerate(clients):
        loop.call_later(load.interval_s * number / connections, client.begin)
    await asyncio.gather(*(client.done for client in clients))
    elapsed_s, spent_s = time.perf_counter() - begun, server.cpu_s - cpu_s
    ms = [1000 * took for took in took_s]
    return Outcome(len(ms) / elapsed_s, statistics.median(ms), float(np.percentile(ms, 99)), 1e6 * spent_s / len(ms))


# --- the table ---------------------------------------------------------------------------------------------------


def _print(outcomes: dict[tuple[Load, str], list[Outcome]], names: Sequence[str], connections: int) -> None:
    print(f"{connections} connections; medians of {len(next(iter(outcomes.values())))} rounds\n")
    print("| load | server | requests/s | p50 ms | p99 ms | CPU µs per request | requests/s, ratio |")
    print("|---|---|---|---|---|---|---|")
    for load in LOADS:
        runs = {name: outcomes[load, name] for name in names}
        ratios = [ours.requests_per_s / theirs.requests_per_s for ours, theirs in zip(*runs.values(), strict=True)]
        for name, found in runs.items():
            cells = [
                statistics.median(getattr(outcome, field) for outcome in found)
                for field in ("requests_per_s", "p50_ms", "p99_ms", "cpu_us")
            ]
            ratio = f"{statistics.median(ratios):.2f}" if name == names[0] and not load.interval_s else ""
            numbers = f"{cells[0]:.0f} | {cells[1]:.1f} | {cells[2]:.1f} | {cells[3]:.0f}"
            print(f"| {load.name} | {name} | {numbers} | {ratio} |")


if __name__ == "__main__":
    main()
