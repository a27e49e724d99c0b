"""The public interface: a song and a strategy in, stems that sum to the song out.

    from pathlib import Path
    from stemset.config import load_config
    from stemset.separation.separate import separate

    config = load_config(Path("config.yaml"))
    result = separate(Path("song.mp3"), config.strategies["instant"], Path("stems"))
    print(result.stems["drums"].file, result.manifest.sum_to_mixture_db)

The command line, the worker and the GPU function all call `separate`.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Literal

from stemset import __version__, audio, strategy
from stemset.audio import AudioFormat
from stemset.concurrency.background import Beside
from stemset.config import LimitsConfig, WorkerSettings
from stemset.errors import Cancelled, ModelError, StemsetError
from stemset.manifest import MIXTURE, ErrorRecord, InputRecord, Manifest, NodeRecord
from stemset.models.pool import ModelPool
from stemset.separation.outputs import Listener, Outputs, StemFile
from stemset.strategy import Done, Run, Strategy
from stemset.strategy.node_cache import NodeCache

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Separation:
    """The outcome: stem name -> file, the mixture encoded alike, and the manifest (also at manifest_file)."""

    stems: dict[str, StemFile]
    mixture: StemFile
    manifest: Manifest
    manifest_file: Path


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


@cache
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
    beside: Beside = field(default_factory=Beside)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    current: str | None = None
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict[str, str])
    notices: dict[str, None] = field(default_factory=dict[str, None])
    source: InputRecord | None = None
    nodes: dict[str, NodeRecord] = field(default_factory=dict[str, NodeRecord])
    outputs: Outputs | None = None
    sum_to_mixture_db: float | None = None

    def separate(self, song: Path, work: Path, limits: LimitsConfig) -> None:
        probe = audio.probe(song)
        pcm = audio.decode(
            song,
            work / "mixture.wav",
            max_duration_s=limits.max_duration_s,
            max_channels=limits.max_channels,
            check=self.listener.alive,
        )
        self.source = InputRecord(
            sha256=_sha256(song),
            container=probe.container,
            codec=probe.codec,
            sample_rate=probe.sample_rate,
            channels=probe.channels,
            duration_s=pcm.duration_s,
        )
        self.listener.decoded(pcm)
        with self.beside:
            self.outputs = Outputs(
                self.output_dir, self.output_format, self.bit_depth, pcm, self.listener, self.beside.check
            )
            self.beside.do(self.outputs.begin)
            try:
                strategy.execute(self.plan.root, pcm.file, work, self.pool, self, self.cache)
            except ModelError:
                # The stems that came before it are worth having.
                self.beside.finish(self.listener.alive)
                raise
            self.current = None
            self.beside.do(partial(self._end, self.outputs))
            self.beside.finish(self.listener.alive)
        self.finish("succeeded")

    def _end(self, outputs: Outputs) -> None:
        outputs.end()
        if self.plan.complete:
            self.sum_to_mixture_db = outputs.sum_to_mixture_db()

    # Watcher ---------------------------------------------------------------------------------------------

    def node_started(self, run: Run) -> None:
        self.current = run.path
        self.beside.look()
        self.listener.node_started(run)

    def node_progress(self, run: Run, fraction: float) -> None:
        self.beside.look()
        self.listener.node_progress(run, fraction)

    def node_done(self, run: Run, done: Done) -> None:
        self.device = done.facts.device
        self.versions |= done.facts.versions
        if done.facts.notice:
            self.notices[done.facts.notice] = None
        self.nodes[run.path] = _record(run, "done", done)
        self.listener.node_done(run, done.seconds, cached=done.cached)

    def leaf_ready(self, stem: str, file: Path) -> None:
        assert self.outputs is not None
        self.beside.do(partial(self.outputs.add, stem, file))

    # Record ----------------------------------------------------------------------------------------------

    def finish(self, state: Literal["succeeded", "failed", "cancelled"], error: ErrorRecord | None = None) -> None:
        for run in self.plan.runs:
            if run.path not in self.nodes:
                failed = run.path == self.current and state == "failed"
                self.nodes[run.path] = _record(run, "failed" if failed else "not_run")
        stems = {name: file.record for name, file in self.outputs.files.items()} if self.outputs else {}
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
            common_gain=self.outputs.gain if self.outputs else 1.0,
            error=error,
            notices=tuple(self.notices),
            networks_loaded=self.pool.models_loaded,
        )
        with audio.replacing(self.output_dir / MANIFEST) as fresh:
            fresh.write_text(self.manifest.model_dump_json(indent=2), "utf-8")

    def result(self) -> Separation:
        assert self.outputs is not None
        files = self.outputs.files
        stems = {name: file for name, file in files.items() if name != MIXTURE}
        return Separation(stems, files[MIXTURE], self.manifest, self.output_dir / MANIFEST)


def _record(run: Run, state: Literal["done", "failed", "not_run"], done: Done | None = None) -> NodeRecord:
    return NodeRecord(
        path=run.path,
        model=run.model.model_filename,
        params=run.params.model_dump(mode="json"),
        weights_sha256=done.facts.weights_sha256 if done else {},
        state=state,
        seconds=round(done.seconds, 3) if done else 0.0,
        cached=done is not None and done.cached,
        cache_key=done.cache_key if done else None,
    )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
