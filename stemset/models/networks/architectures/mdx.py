"""MDX-Net: a mask over the spectrum, one stem, in onnxruntime."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from stemset.audio import Samples
from stemset.concurrency.progress import Heed
from stemset.errors import ModelFailed
from stemset.models.card import MDX_CATALOGUE
from stemset.models.networks import devices
from stemset.models.networks.architectures.mdx_gpu import BoundMdx
from stemset.models.networks.audio_separator.uvr_catalogue import entry
from stemset.models.networks.inference.chunks import mdx_schedule
from stemset.models.networks.inference.input import Levels, Scale, Song, level_scale
from stemset.models.networks.inference.interruption import InterruptibleSession
from stemset.models.networks.inference.overlap_add import Array, NumpyArrays, Pass, anywhere
from stemset.models.networks.inference.stft import Spectra
from stemset.models.networks.untyped import Untyped
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

OVERLAP = 0.25
"""The share of a chunk that the next one hears, too: the library's own choice."""

HOP = 1024


@dataclass(frozen=True)
class Shape:
    """What the catalogue says of a network. bins, times: of the spectrum that it hears; stem: its one stem."""

    n_fft: int
    bins: int
    times: int
    stem: str

    @property
    def chunk(self) -> int:
        """Frames that it hears at a time."""
        return HOP * (self.times - 1)


class MdxNetwork:
    """A loaded network. Its one stem is not multiplied by its `compensate`: the other slot is what it leaves."""

    def __init__(self, weights: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the catalogue doesn't know these weights."""
        self._shape = _shape_of(weights, runtime.models_dir)
        self.device = devices.onnx_device(runtime.device)
        session = _session(weights, self.device, runtime.threads or devices.available_cpus())
        if self.device == "cuda" and devices.torch_has_cuda():
            self._way: _OnCpu | BoundMdx = _bound(session, self._shape, self.device)
        else:
            self._way = _OnCpu(session, self._shape)
        self.notice = devices.unused_gpu(runtime.device, self.device)

    @property
    def stems(self) -> tuple[str, ...]:
        """Its stem, by the library's name."""
        return (self._shape.stem,)

    def scale(self, levels: Levels) -> Scale:
        """See Network."""
        return level_scale(levels)

    def passes(self, song: Song, stems: Collection[str], heed: Heed, params: ModelParams) -> Sequence[Pass]:  # noqa: ARG002
        """See Network."""
        way = self._way
        schedule = mdx_schedule(song.frames, self._shape.chunk, self._shape.n_fft // 2, OVERLAP)
        rows: dict[str, tuple[int, float]] = dict.fromkeys(stems, (0, 1.0))
        return [Pass(schedule, anywhere(lambda sounds: way.run(sounds, heed)), way.batch, way.arrays, rows)]


class _OnCpu:
    """Spectra in numpy: importing torch takes longer than a small network runs."""

    def __init__(self, session: InterruptibleSession, shape: Shape) -> None:
        self.arrays = NumpyArrays()
        self._session = session
        self._spectra = Spectra(shape.n_fft, HOP, shape.bins, shape.times)

    def batch(self) -> int:
        return 1

    def run(self, chunks: Sequence[Samples], heed: Heed) -> Sequence[Array]:
        return [
            self._spectra.inverse(self._session.run(self._spectra.forward(chunk), heed)[0])[None] for chunk in chunks
        ]


def _bound(session: InterruptibleSession, shape: Shape, device: str) -> BoundMdx:
    torch = import_module("torch")
    return BoundMdx(torch, session, device, n_fft=shape.n_fft, hop=HOP, bins=shape.bins)


def _shape_of(weights: Path, models_dir: Path) -> Shape:
    found = entry(weights, models_dir, MDX_CATALOGUE)
    return Shape(
        n_fft=found["mdx_n_fft_scale_set"],
        bins=found["mdx_dim_f_set"],
        times=2 ** found["mdx_dim_t_set"],
        stem=found["primary_stem"],
    )


@cache
def _share_memory(onnxruntime: Untyped) -> None:
    """Have all networks use the same memory: what one has taken for its run is kept for the next."""
    kind, place = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", kind, 0, place), None)


def _session(weights: Path, device: str, threads: int) -> InterruptibleSession:
    onnxruntime = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    _share_memory(onnxruntime)
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that spin while a spectrum is computed would take the cores from it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    chosen = devices.provider(device)
    providers = [*([chosen] if chosen else []), "CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(weights), options, providers=providers)
    if chosen and chosen not in session.get_providers():
        raise ModelFailed(f"onnxruntime can't use the device {device!r}: its {chosen} did not start.")
    return InterruptibleSession(session)
