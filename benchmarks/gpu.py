"""Networks of true size on a GPU, beside audio-separator in fp32 and, where it can, in fp16 and compiled.

python benchmarks/gpu.py [--runs 5] [--seconds 240]

Random weights (see weights.py), the same sound, overlap 2 for Roformers, one shift for Demucs. Each tool loads its
network, runs once, and is timed at the second run of the same process, from WAV to WAV. Exit code 1: a goal is missed,
or there is no GPU.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from statistics import median

import weights
from harness import HERE, PYTHON, Goal, Race, Values, peer_environment, song, told_by

OURS, OURS_COMPILED = "stemset", "stemset, compiled"
FP32, FP16 = "audio-separator fp32", "audio-separator fp16, compiled"
SPEED = "speed ×"
# Folder and file of the weights, and × real time that is to be reached.
NETWORKS = (
    ("roformer", f"{weights.MEL}.ckpt", 200),
    ("bs_roformer", f"{weights.BS}.ckpt", 70),
    ("demucs", "htdemucs.yaml", 400),
)


def main() -> None:
    """Measure every network."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--seconds", type=float, default=240, help="length of the song")
    options.add_argument("--weights", type=Path, default=HERE / ".weights", help="made there where they are absent")
    chosen = options.parse_args()
    if not import_module("torch").cuda.is_available():
        sys.exit("torch sees no GPU here")
    weights.prepare(chosen.weights, *(folder for folder, _, _ in NETWORKS))
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sound = song(work / "song.wav", chosen.seconds)
        race = partial(_race, work, chosen.weights.resolve(), sound, chosen.seconds, chosen.runs)
        sys.exit(not all([race(*network) for network in NETWORKS]))  # noqa: C419 - all are run


def _race(
    work: Path, models: Path, sound: Path, seconds: float, runs: int, folder: str, model: str, bound: float
) -> bool:
    peers = peer_environment(work / "peers")

    def speed(tool: str, environment: dict[str, str]) -> Values:
        command = [PYTHON, HERE / "probe.py", tool, "warm", models / folder, sound, model]
        told = told_by(command, {**environment, "PROBE_GPU": "1"})
        return {SPEED: seconds / told["wall s"], **told}

    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: speed("stemset", {}),
        OURS_COMPILED: lambda: speed("stemset", {"PROBE_COMPILE": "1"}),
        FP32: lambda: speed("audio-separator", peers),
    }
    goals = [Goal(OURS, FP32, SPEED, 4, "≥")]
    # The library has neither for Demucs.
    if folder != "demucs":
        contestants[FP16] = lambda: speed("audio-separator", {**peers, "PROBE_COMPILE": "1"})
        goals.append(Goal(OURS_COMPILED, FP16, SPEED, 1.3, "≥"))
    race = Race(f"{model}, {seconds:.0f} s on a GPU", contestants, goals)
    reached = race.run(runs)
    best = max(median(run[SPEED] for run in race.results[name]) for name in (OURS, OURS_COMPILED))
    print(f"  × real time: {best:.0f}, goal ≥ {bound}: {'reached' if best >= bound else 'missed'}")
    return reached and best >= bound


if __name__ == "__main__":
    main()
