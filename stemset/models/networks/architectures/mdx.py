"""MDX-Net: a mask over the spectrum, one stem, in onnxruntime."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
from pydantic import BaseModel, ConfigDict, Field

from stemset.audio import Samples
from stemset.concurrency.progress import ProgressRepeater
from stemset.errors import ModelFailed
from stemset.models.card import MDX_CATALOGUE
from stemset.models.networks import devices
from stemset.models.networks.audio_separator.uvr_catalogue import find_entry
from stemset.models.networks.inference.chunks import mdx_schedule
from stemset.models.networks.inference.input import Levels, NetworkInput, Scale, scale_to_full_peak
from stemset.models.networks.inference.interruption import InterruptibleSession
from stemset.models.networks.inference.overlap_add import Array, NumpyBackend, Pass, position_independent
from stemset.models.networks.inference.stft import MdxStft
from stemset.models.params import ModelParams
from stemset.models.runtime import Runtime

if TYPE_CHECKING:
    from stemset.models.networks.architectures.mdx_gpu import GpuMdx

OVERLAP_SHARE = 0.25
"""The share of a chunk that the next one covers, too: the library's own choice."""

HOP = 1024
"""Frames from one time of the spectrum to the next."""


class Shape(BaseModel):
    """A network's entry in the catalogue. n_fft: frames of a window; bins, times: of the spectrum that it takes."""

    model_config = ConfigDict(frozen=True)

    n_fft: int = Field(alias="mdx_n_fft_scale_set")
    bins: int = Field(alias="mdx_dim_f_set")
    log2_times: int = Field(alias="mdx_dim_t_set")
    stem: str = Field(alias="primary_stem")

    @property
    def times(self) -> int:
        """Times of the spectrum."""
        return 2**self.log2_times

    @property
    def chunk(self) -> int:
        """Frames of a chunk."""
        return HOP * (self.times - 1)


class MdxNetwork:
    """An MDX-Net. Its one stem is not multiplied by its `compensate`: the other slot is what it leaves."""

    def __init__(self, weights: Path, runtime: Runtime) -> None:
        """Load it. Raises ModelFailed where the catalogue doesn't know these weights."""
        self._shape = Shape.model_validate(find_entry(weights, runtime.models_dir, MDX_CATALOGUE))
        self.device = devices.choose_onnx_device(runtime.device)
        session = _new_session(weights, self.device, runtime.threads or devices.available_cpus())
        if self.device == "cuda" and devices.torch_has_cuda():
            self._runner = _run_on_gpu(session, self._shape, self.device)
        else:
            self._runner = _CpuMdx(session, self._shape)
        self.notice = devices.describe_unused_gpu(runtime.device, self.device)

    @property
    def stems(self) -> tuple[str, ...]:
        """Its stem, by the library's name."""
        return (self._shape.stem,)

    def scale_for(self, levels: Levels) -> Scale:
        """See Network."""
        return scale_to_full_peak(levels)

    def passes(
        self,
        song: NetworkInput,
        stems: Collection[str],
        repeater: ProgressRepeater,
        params: ModelParams,  # noqa: ARG002 - it has none
    ) -> Sequence[Pass]:
        """See Network."""
        runner = self._runner
        schedule = mdx_schedule(song.frames, self._shape.chunk, self._shape.n_fft // 2, OVERLAP_SHARE)
        rows: dict[str, tuple[int, float]] = dict.fromkeys(stems, (0, 1.0))
        run = position_independent(lambda sounds: runner.run(sounds, repeater))
        return [Pass(schedule, run, runner.batch, runner.backend, rows)]


class _CpuMdx:
    """Runs the network with spectra in numpy: importing torch takes longer than a small network runs."""

    def __init__(self, session: InterruptibleSession, shape: Shape) -> None:
        self.backend = NumpyBackend()
        self._session = session
        self._stft = MdxStft(shape.n_fft, HOP, shape.bins, shape.times)

    def batch(self) -> int:
        return 1

    def run(self, chunks: Sequence[Samples], repeater: ProgressRepeater) -> Sequence[Array]:
        return [self._stft.inverse(self._session.run(self._stft.forward(chunk), repeater)[0])[None] for chunk in chunks]


def _run_on_gpu(session: InterruptibleSession, shape: Shape, device: str) -> GpuMdx:
    # It needs torch, which the CPU's runs do without.
    from stemset.models.networks.architectures.mdx_gpu import GpuMdx  # noqa: PLC0415

    return GpuMdx(session, device, n_fft=shape.n_fft, hop=HOP, bins=shape.bins)


@cache
def _share_memory_between_sessions() -> None:
    """Have all networks use the same memory: what one has taken for its run is kept for the next."""
    kind, place = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", kind, 0, place), None)


def _new_session(weights: Path, device: str, threads: int) -> InterruptibleSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    _share_memory_between_sessions()
    options.add_session_config_entry("session.use_env_allocators", "1")
    # Threads that spin while a spectrum is computed would take the cores from it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    chosen = devices.onnx_provider(device)
    providers = [*([chosen] if chosen else []), "CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(weights), options, providers=providers)
    if chosen and chosen not in session.get_providers():
        raise ModelFailed(f"onnxruntime can't use the device {device!r}: its {chosen} did not start.")
    return InterruptibleSession(session)
