"""Twenty jobs of 20 s on one worker beside a loop over audio-separator's command line. A row of engine.py."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx
from harness import Goal, Race, Values, cost_of, song
from service import serving

JOBS = 20
MODEL = "kuielab_b_drums.onnx"
CONFIG = f"""
profiles: {{songs: {{title: Songs, strategy: one}}}}
strategies: {{one: {{_: {MODEL}, drums: drums, not_drums: rest}}}}
"""


def race(
    work: Path, models: Path, cli: Callable[[Path], Sequence[str | Path]], peers: Mapping[str, str], rounds: int
) -> bool:
    """cli: the command that separates one song; peers: its environment."""
    songs = [song(work / f"song{number}.wav", 20, number) for number in range(JOBS)]

    def ours() -> Values:
        with tempfile.TemporaryDirectory(dir=work) as folder:
            settings = {"STEMSET_MODELS_DIR": str(models), "STEMSET_DEVICE": "cpu"}
            with (
                serving(Path(folder), CONFIG, settings) as (address, _),
                httpx.Client(base_url=address, timeout=300) as client,
            ):
                return {"songs/minute": _per_minute(client, songs)}

    def theirs() -> Values:
        return {"songs/minute": 60 * JOBS / cost_of([cli(file) for file in songs], peers)["wall s"]}

    goal = Goal("stemset", "audio-separator CLI", "songs/minute", 2.3, "≥")
    return Race(
        f"{JOBS} songs of 20 s, one small MDX model", {"stemset": ours, "audio-separator CLI": theirs}, [goal]
    ).run(rounds)


def _per_minute(client: httpx.Client, songs: Sequence[Path]) -> float:
    """From the first upload to the last job's end."""
    begun = time.monotonic()
    for file in songs:
        with file.open("rb") as stream:
            client.post("/api/recordings", data={"profile": "songs"}, files={"file": stream}).raise_for_status()
    while (done := _count(client, "succeeded")) < JOBS:
        if _count(client, "failed"):
            raise SystemExit("a job failed")
        time.sleep(0.2)
    return 60 * done / (time.monotonic() - begun)


def _count(client: httpx.Client, state: str) -> int:
    return client.get("/api/jobs", params={"state": state, "limit": 1}).raise_for_status().json()["total"]
