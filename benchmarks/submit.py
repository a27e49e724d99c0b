"""Submitting jobs while the worker keeps the cores busy: how long each submission takes, and whether all get done.

python benchmarks/submit.py
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

import httpx
from service import serving, song

LIMIT_MS = 250.0


async def main() -> None:
    """Print the latencies of all submissions at once, and count the jobs that they made."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--jobs", type=int, default=100)
    chosen = options.parse_args()
    limits = httpx.Limits(max_connections=chosen.jobs)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=300, limits=limits) as client:
            recordings = [await _upload(client, song_number(n), separate=False) for n in range(chosen.jobs)]
            long = (await _upload(client, song(600), separate=True))["job"]
            while (await client.get(f"/api/jobs/{long['id']}")).json()["state"] == "queued":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            told = await asyncio.gather(*(_submit(client, made["recording"]["id"]) for made in recordings))
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


async def _submit(client: httpx.AsyncClient, recording: str) -> tuple[float, str]:
    begun = time.perf_counter()
    answer = await client.post("/api/jobs", json={"recordingId": recording})
    return (time.perf_counter() - begun) * 1000, answer.raise_for_status().json()["id"]


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
