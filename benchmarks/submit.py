"""Submitting jobs while the worker keeps the cores busy: how long each submission takes, and whether all get done.

python benchmarks/submit.py
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from service import serving, song

LIMIT_MS = 250.0


async def main() -> None:
    """Print the latencies of all submissions at once, and count the jobs that they made."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=100)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=300) as client:
            recordings = [await _upload(client, song_number(n), separate=False) for n in range(chosen.jobs)]
            long = (await _upload(client, song(600), separate=True))["job"]
            while (await client.get(f"/api/jobs/{long['id']}")).json()["state"] == "queued":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            lines = [await _Line.to(client.base_url) for _ in recordings]
            told = await asyncio.gather(
                *(line.submit(made["recording"]["id"]) for line, made in zip(lines, recordings, strict=True))
            )
            latencies = sorted(ms for ms, _ in told)
            made = {job for _, job in told}
            busy = (await client.get(f"/api/jobs/{long['id']}")).json()["state"]
            done = await _done(client, chosen.jobs + 1)
    p50, p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99) - 1]
    print(
        f"{chosen.jobs} submissions at once, a job of 10 minutes of sound is {busy}: p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )
    print(f"{len(made)} different jobs, {done - 1} of them succeeded")
    sys.exit(p99 > LIMIT_MS or done != chosen.jobs + 1)


def song_number(number: int) -> bytes:
    """A second of sound unlike all others: the same content twice would be one recording."""
    return song(1) + number.to_bytes(4, "little")


async def _upload(client: httpx.AsyncClient, content: bytes, *, separate: bool) -> dict[str, dict[str, str]]:
    fields = {"profile": "songs", "separate": str(separate).lower()}
    answer = await client.post("/api/recordings", data=fields, files={"file": ("song.wav", content)})
    return answer.raise_for_status().json()


@dataclass(frozen=True)
class _Line:
    """A connection, open before anything is measured: a client that costs as much as the service would hide it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, address: httpx.URL) -> _Line:
        return cls(*await asyncio.open_connection(address.host, address.port))

    async def submit(self, recording: str) -> tuple[float, str]:
        """Milliseconds until the answer was there, and the job's id."""
        body = json.dumps({"recordingId": recording})
        head = "POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        begun = time.perf_counter()
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = await self.reader.read()
        took_ms = (time.perf_counter() - begun) * 1000
        self.writer.close()
        status, _, rest = answer.partition(b"\r\n")
        if b" 201 " not in status:
            sys.exit(answer.decode())
        return took_ms, json.loads(rest.partition(b"\r\n\r\n")[2])["id"]


async def _done(client: httpx.AsyncClient, expected: int) -> int:
    """How many jobs have succeeded when none is queued or running any more, or after five minutes."""
    give_up_at = time.monotonic() + 300
    total = 0
    while total < expected and time.monotonic() < give_up_at:
        await asyncio.sleep(2)
        total = (await client.get("/api/jobs", params={"state": "succeeded", "limit": 1})).json()["total"]
    return total


if __name__ == "__main__":
    asyncio.run(main())
