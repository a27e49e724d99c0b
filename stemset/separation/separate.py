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

import hashlib
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Literal

from stemset import __version__, audio
from stemset.audio import AudioFormat
from stemset.concurrency.background import BackgroundThread
from stemset.config import LimitsConfig, WorkerSettings
from stemset.errors import Cancelled, ModelError, StemsetError
from stemset.manifest import MIXTURE, ErrorRecord, InputRecord, Manifest, NodeRecord
from stemset.models.pool import ModelPool
from stemset.separation.outputs import Observer, Outputs, StemFile
from stemset.strategy import Done, Run, Strategy, execute
from stemset.strategy.node_cache import NodeCache

MANIFEST = "manifest.json"

_NO_LIMITS = LimitsConfig(max_duration_minutes=24 * 60, max_channels=64)


@dataclass(frozen=True)
class Separation:
    """The outcome: stem name -> file, the mixture encoded alike, and the manifest (also at manifest_file)."""

    stems: dict[str, StemFile]
    mixture: StemFile
    manifest: Manifest
    manifest_file: Path


@dataclass(frozen=True)
class SeparationOptions:
    """output_format, bit_depth: of the files; the bit depth matters for FLAC and WAV.

    limits: longer songs and songs of more channels are refused; None: those of 24 hours or 64 channels.
    """

    output_format: AudioFormat = AudioFormat.FLAC
    bit_depth: Literal[16, 24] = 16
    limits: LimitsConfig | None = None


@dataclass(frozen=True)
class Resources:
    """What separations of one process share.

    pool: the models, which stay loaded between calls. cache: the outputs of nodes, so that none runs twice for the
    same input; None: nothing is kept.
    """

    pool: ModelPool
    cache: NodeCache | None = None


def separate(
    song: Path,
    strategy: Strategy,
    output_dir: Path,
    options: SeparationOptions | None = None,
    *,
    resources: Resources | None = None,
    observer: Observer | None = None,
) -> Separation:
    """Split song into the stems of the strategy, one file per stem in output_dir, and leave manifest.json there.

    song: anything PyAV decodes, the sound of a video too. strategy: `strategy.only(stems)` makes some of its stems,
    and runs no node that none of them needs. options: by default 16-bit FLAC. resources: by default the models of
    this process, without a cache. observer: is told how it goes, and may end it.

    All stems have the length, the origin and the rate of the decoded song (at most 48 kHz), and lossless stems
    sum to the encoded mixture within one step of its bit depth. Raises AudioError, ModelError, or Cancelled where the
    observer does; the manifest is written then, too.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    run = _Execution(
        strategy,
        output_dir,
        options or SeparationOptions(),
        resources or Resources(_process_pool()),
        observer or Observer(),
    )
    try:
        with tempfile.TemporaryDirectory(prefix=".separating-", dir=output_dir) as work:
            run.separate(song, Path(work))
    except Cancelled:
        run.write_manifest("cancelled")
        raise
    except StemsetError as error:
        run.write_manifest("failed", ErrorRecord(kind=error.kind, message=str(error), node=run.current))
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        run.write_manifest("failed", ErrorRecord(kind="internal", message=message, node=run.current))
        raise
    return run.result()


@cache
def _process_pool() -> ModelPool:
    settings = WorkerSettings()
    return ModelPool(settings.runtime())


@dataclass
class _Execution:
    """One call of separate: the Watcher of the tree, and the author of the manifest.

    current: the path of the run that is under way. source: the song, once it is decoded.
    """

    strategy: Strategy
    output_dir: Path
    options: SeparationOptions
    resources: Resources
    observer: Observer
    encoding: BackgroundThread = field(default_factory=BackgroundThread)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    current: str | None = None
    device: str = "cpu"
    versions: dict[str, str] = field(default_factory=dict[str, str])
    notices: dict[str, None] = field(default_factory=dict[str, None])
    source: InputRecord | None = None
    nodes: dict[str, NodeRecord] = field(default_factory=dict[str, NodeRecord])
    outputs: Outputs | None = None
    sum_to_mixture_db: float | None = None

    def separate(self, song: Path, work: Path) -> None:
        """Write the files; work: a folder for what is needed until then."""
        options, limits = self.options, self.options.limits or _NO_LIMITS
        probe = audio.probe(song)
        pcm = audio.decode(
            song,
            work / "mixture.wav",
            max_duration_s=limits.max_duration_s,
            max_channels=limits.max_channels,
            check=self.observer.heartbeat,
        )
        self.source = InputRecord(
            sha256=_sha256(song),
            container=probe.container,
            codec=probe.codec,
            sample_rate=probe.sample_rate,
            channels=probe.channels,
            duration_s=pcm.duration_s,
        )
        self.observer.song_decoded(pcm)
        with self.encoding as encoding:
            self.outputs = Outputs(
                self.output_dir,
                options.output_format,
                options.bit_depth,
                pcm,
                self.observer,
                encoding.raise_if_stopping,
            )
            encoding.submit(self.outputs.add_mixture)
            try:
                execute(self.strategy.root, pcm.file, work, self.resources.pool, self, self.resources.cache)
            except ModelError:
                # The stems that came before it are worth having.
                encoding.wait(self.observer.heartbeat)
                raise
            self.current = None
            encoding.submit(partial(self._complete, self.outputs))
            encoding.wait(self.observer.heartbeat)
        self.write_manifest("succeeded")

    def _complete(self, outputs: Outputs) -> None:
        outputs.finish()
        if self.strategy.complete:
            self.sum_to_mixture_db = outputs.sum_to_mixture_db()

    # Watcher ---------------------------------------------------------------------------------------------

    def node_started(self, run: Run) -> None:
        self.current = run.path
        self.encoding.raise_error()
        self.observer.node_started(run)

    def node_progress(self, run: Run, fraction: float) -> None:
        self.encoding.raise_error()
        self.observer.node_progress(run, fraction)

    def node_done(self, run: Run, done: Done) -> None:
        self.device = done.facts.device
        self.versions |= done.facts.versions
        if done.facts.notice:
            self.notices[done.facts.notice] = None
        self.nodes[run.path] = _node_record(run, "done", done)
        self.observer.node_done(run, done.seconds, cached=done.cached)

    def leaf_ready(self, stem: str, file: Path) -> None:
        assert self.outputs is not None
        self.encoding.submit(partial(self.outputs.add_stem, stem, file))

    # Manifest --------------------------------------------------------------------------------------------

    def write_manifest(
        self, state: Literal["succeeded", "failed", "cancelled"], error: ErrorRecord | None = None
    ) -> None:
        """Write manifest.json with all that is known by now; nodes that didn't run are listed as such."""
        for run in self.strategy.runs:
            if run.path not in self.nodes:
                failed = run.path == self.current and state == "failed"
                self.nodes[run.path] = _node_record(run, "failed" if failed else "not_run")
        stems = {name: file.record for name, file in self.outputs.files.items()} if self.outputs else {}
        self.manifest = Manifest(
            stemset_version=__version__,
            versions=self.versions,
            device=self.device,
            strategy=self.strategy.name,
            tree=self.strategy.tree,
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            state=state,
            input=self.source,
            nodes=tuple(self.nodes[run.path] for run in self.strategy.runs),
            mixture=stems.pop(MIXTURE, None),
            stems=tuple(stems.values()),
            sum_to_mixture_db=self.sum_to_mixture_db,
            common_gain=self.outputs.gain if self.outputs else 1.0,
            error=error,
            notices=tuple(self.notices),
            networks_loaded=self.resources.pool.models_loaded,
        )
        with audio.replacing(self.output_dir / MANIFEST) as fresh:
            fresh.write_text(self.manifest.model_dump_json(indent=2), "utf-8")

    def result(self) -> Separation:
        """What `separate` returns, once it has succeeded."""
        assert self.outputs is not None
        files = self.outputs.files
        stems = {name: file for name, file in files.items() if name != MIXTURE}
        return Separation(stems, files[MIXTURE], self.manifest, self.output_dir / MANIFEST)


def _node_record(run: Run, state: Literal["done", "failed", "not_run"], done: Done | None = None) -> NodeRecord:
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
