"""Memory of the API process: while a 60 s job runs, and while a 500 MB file is uploaded. Linux; loopback only.

python benchmarks/memory.py
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from service import RATE, serving, song

BOUNDARY = "a-boundary"
LIMIT_MB, GROWTH_MB = 250.0, 16.0


def main() -> None:
    """Measure both and print them beside their limits."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--upload-mb", type=int, default=500)
    chosen = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as (address, pid),
        httpx.Client(base_url=address, timeout=300) as client,
    ):
        idle_mb = _resident_mb(pid)
        running_mb = _job(client, pid)
        before_mb = _resident_mb(pid)
        _forget_peak(pid)
        _upload(client, chosen.upload_mb * 1_000_000)
        peak_mb = _peak_mb(pid)
    print(f"API process, idle: {idle_mb:.0f} MB")
    print(f"API process, most while a 60 s job runs: {running_mb:.0f} MB (limit {LIMIT_MB:.0f} MB)")
    print(f"Growth while {chosen.upload_mb} MB are uploaded: {peak_mb - before_mb:.1f} MB (limit {GROWTH_MB:.0f} MB)")
    sys.exit(running_mb > LIMIT_MB or peak_mb - before_mb > GROWTH_MB)


def _job(client: httpx.Client, pid: int) -> float:
    """The most that the API process has while the song is uploaded and separated, its state polled and streamed."""
    _forget_peak(pid)
    fields, files = {"profile": "songs"}, {"file": ("song.wav", song(60))}
    job = client.post("/api/recordings", data=fields, files=files).raise_for_status().json()["job"]
    with client.stream("GET", f"/api/jobs/{job['id']}/events") as events:
        for _ in events.iter_lines():
            pass
    state = client.get(f"/api/jobs/{job['id']}").json()["state"]
    if state != "succeeded":
        sys.exit(f"the job {state}")
    return _peak_mb(pid)


def _upload(client: httpx.Client, size: int) -> None:
    """A WAV of that many bytes: silence, made as it is sent."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="profile"\r\n\r\nsongs\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="separate"\r\n\r\nfalse\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'
    ).encode()

    def body() -> Iterator[bytes]:
        yield head
        left = size - 44
        yield struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", 36 + left, b"WAVE", b"fmt ", 16, 1, 2, RATE, RATE * 4, 4, 16, b"data", left),
        )
        while left > 0:
            yield bytes(min(left, 1 << 20))
            left -= 1 << 20
        yield f"\r\n--{BOUNDARY}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    client.post("/api/recordings", content=body(), headers=headers).raise_for_status()


def _resident_mb(pid: int) -> float:
    return _status_mb(pid, "VmRSS")


def _peak_mb(pid: int) -> float:
    return _status_mb(pid, "VmHWM")


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    time.sleep(0.1)


def _status_mb(pid: int, field: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(field))


if __name__ == "__main__":
    main()
