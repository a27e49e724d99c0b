"""Time from asking for a cancel until the worker has ended the job, with networks of true size, in a real service.

python benchmarks/cancel.py [--rounds 2] [--weights FOLDER]

Each round starts the service anew and cancels one job after another, each at another moment: while the network is
loaded, in its first forward pass, in later ones. Exit code 1: one took longer than the goal.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import weights
from harness import HERE
from service import serving, song

GOAL_S = 3.0
# Folder of the weights, the model, its slots.
NETWORKS = (
    ("full_mdx", "Kim_Vocal_2.onnx", ("vocals", "not_vocals")),
    ("demucs", "htdemucs.yaml", ("drums", "bass", "vocals", "other")),
    ("roformer", f"{weights.MEL}.ckpt", ("vocals", "not_vocals")),
)
# Of a job's life, in seconds from when it is shown as running.
MOMENTS_S = (0.2, 1.0, 2.5, 4.5, 7.0)


def main() -> None:
    """Cancel jobs with every network."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--weights", type=Path, default=HERE / ".weights", help="made there where they are absent")
    chosen = options.parse_args()
    weights.prepare(chosen.weights, *(folder for folder, _, _ in NETWORKS))
    worst_s = 0.0
    for folder, model, slots in NETWORKS:
        models = chosen.weights.resolve() / folder
        took_s = [took for _ in range(chosen.rounds) for took in _round(models, model, slots)]
        worst_s = max(worst_s, *took_s)
        print(f"{model}: {len(took_s)} cancels, the slowest {max(took_s):.2f} s (goal {GOAL_S:g} s)", flush=True)
    sys.exit(worst_s > GOAL_S)


def _round(models: Path, model: str, slots: tuple[str, ...]) -> Iterator[float]:
    tree = {"_": model, **{slot: slot for slot in slots}}
    config = {"profiles": {"songs": {"title": "Songs", "strategy": "one"}}, "strategies": {"one": tree}}
    settings = {"STEMSET_MODELS_DIR": str(models), "STEMSET_DEVICE": "cpu"}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), json.dumps(config), settings) as (address, _),
        httpx.Client(base_url=address, timeout=300) as client,
    ):
        fields, files = {"profile": "songs", "separate": "false"}, {"file": ("song.wav", song(60))}
        recording = client.post("/api/recordings", data=fields, files=files).raise_for_status().json()["recording"]
        for moment in MOMENTS_S:
            wanted = {"recordingId": recording["id"], "strategy": "one", "force": True}
            job = client.post("/api/jobs", json=wanted).raise_for_status().json()["id"]
            _awaited(client, job, "running")
            time.sleep(moment)
            asked = time.monotonic()
            client.post(f"/api/jobs/{job}/cancel").raise_for_status()
            _awaited(client, job, "cancelled")
            yield time.monotonic() - asked


def _awaited(client: httpx.Client, job: str, state: str) -> None:
    while (found := client.get(f"/api/jobs/{job}").raise_for_status().json()["state"]) != state:
        if found in {"succeeded", "failed"}:
            sys.exit(f"the job {found}")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
