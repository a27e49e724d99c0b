"""The public interface: a song and a strategy in, stems that sum to the song out.

    from pathlib import Path
    from stemset.config import load_config
    from stemset.separation import separate

    config = load_config(Path("config.yaml"))
    result = separate(Path("song.mp3"), config.strategies["instant"], Path("stems"))
    print(result.stems["drums"].file, result.manifest.sum_to_mixture_db)

The command line, the worker and the GPU function all call `separate`.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import log10
from pathlib import Path
from typing import Literal

import numpy as np

from stemset import __version__, audio, strategy
from stemset.audio import AudioFormat, Pcm
from stemset.cache import NodeCache
from stemset.config import LimitsConfig, WorkerSettings
from stemset.errors import Cancelled, StemsetError
from stemset.manifest import MIXTURE, ErrorRecord, InputRecord, Manifest, NodeRecord, StemRecord
from stemset.models.base import ModelFacts
from stemset.models.pool import ModelPool
from stemset.strategy import Run, Strategy

MANIFEST = "manifest.json"

SILENCE_DB = -200.0
"""Stands for no difference at all, in a figure that JSON must be able to hold."""


@dataclass(frozen=True)
class StemFile:
    """An encoded stem, or the mixture: its file, what is in it, and how it is encoded."""

    file: Path
    record: StemRecord
    format: AudioFormat


@dataclass(frozen=True)
class Separation:
    """The outcome: stem name -> file, the mixture encoded alike, and the manifest (also at manifest_file)."""

    stems: dict[str, StemFile]
    mixture: StemFile
    manifest: Manifest
    manifest_file: Path


class Listener:
    """Hears how a separation goes. Override what you need; any method may raise Cancelled to end it.

    Should a stem clip, all files are encoded anew with one common gain at the end and told once more: the
    later telling of a name replaces the earlier.
    """

    def decoded(self, mixture: Pcm) -> None:
        """The song could be read."""

    def mixture_ready(self, mixture: StemFile) -> None:
        """The mixture is encoded."""

    def node_started(self, run: Run) -> None:
        """A model begins."""

    def node_progress(self, run: Run, fraction: float) -> None:
        """A model has done this fraction, 0 to 1, never falling."""

    def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:
        """A model has ended; cached: it didn't run, what it had made before was still there."""

    def stem_ready(self, stem: StemFile) -> None:
        """A leaf of the tree is encoded."""


def separate(
    song: Path,
    plan: Strategy,
    output_dir: Path,
    *,
    only: Collection[str] | None = None,
    output_format: AudioFormat = AudioFormat.FLAC,
    bit_depth: Literal[16, 24] = 16,
    limits: LimitsConfig | None = None,
    pool: ModelPool | None = None,
    cache: NodeCache | None = None,
    listener: Listener | None = None,
) -> Separation:
    """Split song into the stems of plan, one file per stem in output_dir, and leave manifest.json there.

    song: anything PyAV decodes, the sound of a video too. only: the stems wanted; nodes that none of them needs
    don't run. output_format, bit_depth: of the files; the bit depth matters for FLAC and WAV. limits: refuse
    longer songs or more channels. pool: keeps models loaded between calls; by default one per process. cache: keeps
    what nodes made, so that none is done twice; by default nothing is kept.

    All stems have the length, the origin and the rate of the decoded song (at most 48 kHz), and lossless stems
    sum to the encoded mixture within one step of its bit depth. Raises AudioError, ModelError, NotFound for an
    unknown stem in only, Cancelled when listener says so; the manifest is written then, too.
    """
    chosen = plan if only is None else plan.only(only)
    output_dir.mkdir(parents=True, exist_ok=True)
    run = _Run(chosen, output_dir, output_format, bit_depth, pool or _process_pool(), cache, listener or Listener())
    try:
        with tempfile.TemporaryDirectory(prefix=".separating-", dir=output_dir) as work:
            run.separate(song, Path(work), limits or LimitsConfig(max_duration_minutes=24 * 60, max_channels=64))
    except Cancelled:
        run.finish("cancelled")
        raise
    except StemsetError as error:
        run.finish("failed", ErrorRecord(kind=error.kind, message=str(error), node=run.current))
        raise
    except Exception as error:
        run.finish("failed", ErrorRecord(kind="internal", message=f"{type(error).__name__}: {error}", node=run.current))
        raise
    return run.result()


@functools.cache
def _process_pool() -> ModelPool:
    settings = WorkerSettings()
    return ModelPool(settings.runtime())


@dataclass
class _Run:
    """One call of separate: the Watcher of the tree, and the author of the manifest."""

    plan: Strategy
    output_dir: Path
    output_format: AudioFormat
    bit_depth: Literal[16, 24]
    pool: ModelPool
    cache: NodeCache | None
    listener: Listener
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    gain: float = 1.0
    current: str | None = None
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict[str, str])
    notices: dict[str, None] = field(default_factory=dict[str, None])
    source: InputRecord | None = None
    nodes: dict[str, NodeRecord] = field(default_factory=dict[str, NodeRecord])
    leaves: dict[str, Path] = field(default_factory=dict[str, Path])
    peaks: dict[str, float] = field(default_factory=dict[str, float])
    files: dict[str, StemFile] = field(default_factory=dict[str, StemFile])
    sum_to_mixture_db: float | None = None

    def separate(self, song: Path, work: Path, limits: LimitsConfig) -> None:
        probe = audio.probe(song)
        self.pcm = audio.decode(
            song, work / "mixture.wav", max_duration_s=limits.max_duration_s, max_channels=limits.max_channels
        )
        self.source = InputRecord(
            sha256=_sha256(song),
            container=probe.container,
            codec=probe.codec,
            sample_rate=probe.sample_rate,
            channels=probe.channels,
            duration_s=self.pcm.duration_s,
        )
        self.listener.decoded(self.pcm)
        self._add(MIXTURE, self.pcm.file)
        self.quantiser = self._new_quantiser()
        self._encode(MIXTURE)
        strategy.execute(self.plan.root, self.pcm.file, work, self.pool, self, self.cache)
        self.current = None
        if len(self.files) < len(self.leaves):
            self._encode_all_with_common_gain()
        if self.plan.complete:
            self.sum_to_mixture_db = self._measure_sum()
        self.finish("succeeded")

    # Watcher ---------------------------------------------------------------------------------------------

    def node_started(self, run: Run) -> None:
        self.current = run.path
        self.listener.node_started(run)

    def node_progress(self, run: Run, fraction: float) -> None:
        self.listener.node_progress(run, fraction)

    def node_done(self, run: Run, facts: ModelFacts, seconds: float, *, cached: bool) -> None:
        self.device = facts.device
        self.versions |= facts.versions
        if facts.notice:
            self.notices[facts.notice] = None
        self.nodes[run.path] = _record(run, "done", seconds, facts.weights_sha256, cached=cached)
        self.listener.node_done(run, seconds, cached=cached)

    def leaf_ready(self, stem: str, file: Path) -> None:
        self._add(stem, file)
        # A leaf that clips at the present gain waits for the end, when the gain that suits all is known.
        if self.peaks[stem] * self.gain <= 1.0 and len(self.files) == len(self.leaves) - 1:
            self._encode(stem)

    # Files -----------------------------------------------------------------------------------------------

    def _add(self, name: str, file: Path) -> None:
        self.leaves[name] = file
        self.peaks[name] = audio.peak(file)
        if name == MIXTURE and self.peaks[name] > 1.0:
            self.gain = audio.common_gain(self.peaks.values(), self.bit_depth)

    def _new_quantiser(self) -> audio.Quantiser | None:
        if not self.output_format.lossless:
            return None
        return audio.Quantiser(self.pcm.file.parent, self.bit_depth, mixture=self.pcm.file)

    def _encode(self, name: str) -> None:
        target = self.output_dir / f"{name}{self.output_format.extension}"
        # The mixture is rounded by itself; the stems share their rounding errors so that they sum to it.
        quantiser = None if name == MIXTURE else self.quantiser
        audio.encode(
            self.leaves[name], target, self.output_format, gain=self.gain, bit_depth=self.bit_depth, quantiser=quantiser
        )
        self.files[name] = StemFile(target, audio.describe(name, target), self.output_format)
        if name == MIXTURE:
            self.listener.mixture_ready(self.files[name])
        else:
            self.listener.stem_ready(self.files[name])

    def _encode_all_with_common_gain(self) -> None:
        self.gain = audio.common_gain(self.peaks.values(), self.bit_depth)
        self.quantiser = self._new_quantiser()
        for name in self.leaves:
            self._encode(name)

    def _measure_sum(self) -> float:
        """Peak of (sum of all stems - mixture) in dBFS, in the files if they are lossless, else before encoding."""
        lossless = self.output_format.lossless
        files = {name: self.files[name].file if lossless else leaf for name, leaf in self.leaves.items()}
        mixture = files.pop(MIXTURE)
        parts = [audio.blocks(file) for file in files.values()]
        worst = max(
            float(np.abs(np.sum(blocks, axis=0, dtype=np.float64) - whole).max())
            for whole, *blocks in zip(audio.blocks(mixture), *parts, strict=True)
        )
        return max(SILENCE_DB, 20 * log10(worst)) if worst > 0 else SILENCE_DB

    # Record ----------------------------------------------------------------------------------------------

    def finish(self, state: Literal["succeeded", "failed", "cancelled"], error: ErrorRecord | None = None) -> None:
        for run in self.plan.runs:
            if run.path not in self.nodes:
                failed = run.path == self.current and state == "failed"
                self.nodes[run.path] = _record(run, "failed" if failed else "not_run", 0.0, {})
        stems = {name: file.record for name, file in self.files.items()}
        self.manifest = Manifest(
            stemset_version=__version__,
            versions=self.versions,
            device=self.device,
            strategy=self.plan.name,
            tree=self.plan.tree,
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            state=state,
            input=self.source,
            nodes=tuple(self.nodes[run.path] for run in self.plan.runs),
            mixture=stems.pop(MIXTURE, None),
            stems=tuple(stems.values()),
            sum_to_mixture_db=self.sum_to_mixture_db,
            common_gain=self.gain,
            error=error,
            notices=tuple(self.notices),
            networks_loaded=self.pool.models_loaded,
        )
        with audio.replacing(self.output_dir / MANIFEST) as fresh:
            fresh.write_text(self.manifest.model_dump_json(indent=2), "utf-8")

    def result(self) -> Separation:
        stems = {name: file for name, file in self.files.items() if name != MIXTURE}
        return Separation(stems, self.files[MIXTURE], self.manifest, self.output_dir / MANIFEST)


def _record(
    run: Run,
    state: Literal["done", "failed", "not_run"],
    seconds: float,
    weights: dict[str, str],
    *,
    cached: bool = False,
) -> NodeRecord:
    return NodeRecord(
        path=run.path,
        model=run.model.model_filename,
        params=run.params.model_dump(mode="json"),
        weights_sha256=weights,
        state=state,
        seconds=round(seconds, 3),
        cached=cached,
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
