"""What the benchmarks of separation share: contestants that take turns, medians with their spread, ratios and goals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

import numpy as np
import soundfile

RATE = 44_100
PYTHON = sys.executable
BIN = Path(PYTHON).parent
HERE = Path(__file__).parent

Values = dict[str, float]
"""What one run cost, by the name of the measure: `wall s`, `CPU s`, `peak MB`."""


@dataclass(frozen=True)
class Goal:
    """A ratio of medians that is to be reached: `ours` over `theirs` in one measure."""

    ours: str
    theirs: str
    measure: str
    bound: float
    most_or_least: Literal["≤", "≥"] = "≤"


@dataclass
class Race:
    """Contestants that run in turns, so that whatever else the machine does meets all of them."""

    title: str
    contestants: Mapping[str, Callable[[], Values]]
    goals: Sequence[Goal] = ()
    results: dict[str, list[Values]] = field(default_factory=dict[str, list[Values]])

    def run(self, rounds: int) -> bool:
        """Print a table and each ratio beside its goal; whether all goals are reached."""
        for number in range(rounds):
            for name, contestant in self.contestants.items():
                self.results.setdefault(name, []).append(contestant())
                print(f"  {number + 1}/{rounds} {name}: {_told(self.results[name][-1])}", file=sys.stderr, flush=True)
        print(f"\n{self.title}; medians of {rounds} rounds in turns, least to most in brackets")
        for name, runs in self.results.items():
            print(f"  {name}: {', '.join(_spread(measure, runs) for measure in runs[0])}")
        return all([self._judge(goal) for goal in self.goals])  # noqa: C419 - each is printed

    def _judge(self, goal: Goal) -> bool:
        ratio = self._ratio(goal, goal.measure)
        reached = ratio <= goal.bound if goal.most_or_least == "≤" else ratio >= goal.bound
        print(
            f"  {goal.measure}, {goal.ours} / {goal.theirs}: {ratio:.3f}, goal {goal.most_or_least} {goal.bound:g}: "
            f"{'reached' if reached else 'missed'}"
            # Tells what of it other work on the machine did.
            + (f" (CPU s: {self._ratio(goal, 'CPU s'):.3f})" if "CPU s" in self.results[goal.ours][0] else "")
        )
        return reached

    def _ratio(self, goal: Goal, measure: str) -> float:
        ours, theirs = (median(run[measure] for run in self.results[name]) for name in (goal.ours, goal.theirs))
        return ours / theirs


def judge(what: str, value: float, bound: float, unit: str = "") -> bool:
    """Print a value beside the most that it may be; whether it is."""
    print(f"  {what}: {value:.3f}{unit}, goal ≤ {bound:g}{unit}: {'reached' if value <= bound else 'missed'}")
    return value <= bound


def cost_of(commands: Sequence[Sequence[str | Path]], environment: Mapping[str, str]) -> Values:
    """Run commands one after another. CPU and memory are those of the processes and of what they started."""
    begun, cpu_s, peak_mb = time.monotonic(), 0.0, 0.0
    for command in commands:
        with subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(map(str, command))} failed:\n{said[-3000:]}")
        cpu_s += used.ru_utime + used.ru_stime
        peak_mb = max(peak_mb, used.ru_maxrss * 1024 / 1e6)
    return {"wall s": time.monotonic() - begun, "CPU s": cpu_s, "peak MB": peak_mb}


def told_by(command: Sequence[str | Path], environment: Mapping[str, str]) -> Values:
    """The JSON in the last line of what a command prints."""
    done = subprocess.run(
        [str(part) for part in command], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        sys.exit(f"{' '.join(map(str, command))} said:\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")


def song(file: Path, seconds: float, seed: int = 0) -> Path:
    """Noise whose level and colour change, as 16-bit stereo.

    In blocks: what this process takes counts as a peak of those that it starts.
    """
    random, last = np.random.default_rng(seed), np.zeros((1, 2))
    with soundfile.SoundFile(file, "w", RATE, 2, subtype="PCM_16") as out:
        for start in range(0, round(seconds * RATE), 10 * RATE):
            time = np.arange(start, min(start + 10 * RATE, round(seconds * RATE))) / RATE
            noise = random.normal(0, 0.1, (time.size, 2)) * (1 + np.sin(time * 3))[:, None]
            coloured = noise + 0.9 * np.concatenate([last, noise[:-1]])
            out.write(np.clip(coloured, -1, 1))
            last = noise[-1:]
    return file


def peer_environment(folder: Path) -> dict[str, str]:
    """What audio-separator needs to start offline: an `ffmpeg` that answers, and a torchvision that can be imported.

    It only asks ffmpeg for its version when files are WAV. Of torchvision it uses nothing; the one on PyPI doesn't
    load beside a torch for the CPU.
    """
    (folder / "torchvision").mkdir(parents=True, exist_ok=True)
    ffmpeg = folder / "ffmpeg"
    ffmpeg.write_text("#!/bin/sh\necho ffmpeg version 7\n")
    ffmpeg.chmod(0o755)
    (folder / "torchvision" / "__init__.py").write_text("from torchvision import ops\n")
    (folder / "torchvision" / "ops.py").write_text("roi_align = nms = None\n")
    return {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore"}


def _told(run: Values) -> str:
    return ", ".join(f"{value:.2f} {measure}" for measure, value in run.items())


def _spread(measure: str, runs: Sequence[Values]) -> str:
    values = sorted(run[measure] for run in runs)
    name, _, unit = measure.rpartition(" ")
    digits = 0 if unit == "MB" else 2
    low, mid, high = (f"{value:.{digits}f}" for value in (values[0], median(values), values[-1]))
    return f"{name} {mid} {unit} ({low} to {high})"
