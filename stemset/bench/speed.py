"""Measures how fast a strategy is on this machine: cold, with its models to load, and warm, as a worker runs it."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from stemset import audio
from stemset.models.pool import ModelPool
from stemset.separation import Observer, Resources, StemFile, separate
from stemset.strategy import Strategy


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class NodeSpeed(_Record):
    """One model's share of a run."""

    path: str
    model: str
    seconds: float


class RunSpeed(_Record):
    """One separation, from file to files.

    cpu_s: of all threads; a GPU's work is not in it. first_stem_s: until the first stem was written.
    """

    seconds: float
    cpu_s: float
    first_stem_s: float
    nodes: tuple[NodeSpeed, ...]


class SpeedReport(_Record):
    """The first run loads the models, the warm ones find them loaded.

    peak_mb: the most memory of the process, MB; None on Windows, where Python isn't told.
    """

    strategy: str
    device: str
    duration_s: float
    cold: RunSpeed
    warm: tuple[RunSpeed, ...]
    peak_mb: float | None

    @property
    def times_real_time(self) -> float:
        """The song's duration over the seconds of the median warm run."""
        return self.duration_s / median(run.seconds for run in self.warm)

    def table(self) -> Table:
        """A table for a terminal: medians of the warm runs, with the least and the most."""
        memory = "" if self.peak_mb is None else f", {self.peak_mb:.0f} MB"
        table = Table(
            title=f"{self.strategy}, {self.duration_s:.0f} s of sound on {self.device}: "
            f"{self.times_real_time:.1f} × real time{memory}"
        )
        table.add_column("")
        for heading in ("cold", f"warm, of {len(self.warm)}", "least", "most"):
            table.add_column(heading, justify="right")
        _add(table, "seconds", self.cold.seconds, [run.seconds for run in self.warm])
        _add(table, "CPU seconds", self.cold.cpu_s, [run.cpu_s for run in self.warm])
        _add(table, "first stem after, s", self.cold.first_stem_s, [run.first_stem_s for run in self.warm])
        for number, node in enumerate(self.cold.nodes):
            warm = [run.nodes[number].seconds for run in self.warm]
            _add(table, f"{node.path}, s: {node.model}", node.seconds, warm)
        return table


def _add(table: Table, what: str, cold: float, warm: Sequence[float]) -> None:
    table.add_row(what, *(f"{value:.2f}" for value in (cold, median(warm), min(warm), max(warm))))


def measure(
    song: Path, strategy: Strategy, pool: ModelPool, runs: int, on_run: Callable[[RunSpeed], None] = lambda _run: None
) -> SpeedReport:
    """Separate song once with a fresh pool's models to load, then `runs` times (at least 1); no node cache.

    on_run is told each run as it is done. Raises what `separate` raises.
    """
    measured: list[RunSpeed] = []
    device = "cpu"
    duration_s = 0.0
    for _ in range(runs + 1):
        with tempfile.TemporaryDirectory(prefix="stemset-bench-") as folder:
            times = _StemTimes()
            begun, cpu = time.perf_counter(), time.process_time()
            manifest = separate(song, strategy, Path(folder), resources=Resources(pool), observer=times).manifest
            seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
        nodes = tuple(NodeSpeed(path=node.path, model=node.model, seconds=node.seconds) for node in manifest.nodes)
        first = min(times.ready_at.values()) - begun
        measured.append(RunSpeed(seconds=seconds, cpu_s=cpu_s, first_stem_s=first, nodes=nodes))
        device, duration_s = manifest.device, times.duration_s
        on_run(measured[-1])
    cold, *warm = measured
    return SpeedReport(
        strategy=strategy.name,
        device=device,
        duration_s=duration_s,
        cold=cold,
        warm=tuple(warm),
        peak_mb=_peak_mb(),
    )


class _StemTimes(Observer):
    """duration_s: of the song. ready_at: stem -> when it was first encoded, by time.perf_counter."""

    def __init__(self) -> None:
        self.duration_s = 0.0
        self.ready_at: dict[str, float] = {}

    def song_decoded(self, mixture: audio.Pcm) -> None:
        self.duration_s = mixture.duration_s

    def stem_ready(self, stem: StemFile) -> None:
        self.ready_at.setdefault(stem.record.name, time.perf_counter())


def _peak_mb() -> float | None:
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has no such module

    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
