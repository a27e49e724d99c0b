"""Demucs v3 and v4: a bag of one or more hybrid networks, in torch."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import torch
import yaml

from stemset.concurrency.progress import ProgressRepeater
from stemset.errors import ModelFailed
from stemset.models.networks import devices
from stemset.models.networks.audio_separator import imports
from stemset.models.networks.audio_separator.checkpoints import skip_initialisation
from stemset.models.networks.inference.chunks import demucs_schedule
from stemset.models.networks.inference.forward import BatchedModule, prepare_module
from stemset.models.networks.inference.input import Levels, NetworkInput, Scale
from stemset.models.networks.inference.overlap_add import Pass, position_independent
from stemset.models.params import DemucsParams, ModelParams
from stemset.models.runtime import Runtime

OVERLAP_SHARE = 0.25
"""The share of a segment that the next one covers, too: the authors' own choice."""

_LONGEST_SHIFT_S = 0.5
_SMALLEST_DEVIATION = 2.0**-23


class _BagFile(TypedDict):
    """The YAML of a bag. models: signatures; weights: of each network a list with the weight of each of its stems."""

    models: list[str]
    weights: NotRequired[list[list[float]] | None]
    segment: NotRequired[float | None]


@dataclass(frozen=True)
class _Member:
    """One network of a bag. weights: of each of its stems in the bag's mean. segment: frames of a chunk.

    input_frames: see demucs_schedule.
    """

    module: BatchedModule
    weights: dict[str, float]
    segment: int
    input_frames: Callable[[int], int]


class DemucsNetwork:
    """A bag of Demucs networks. Networks whose stems have no weight in what is wanted don't run."""

    def __init__(self, bag: Path, files: Sequence[Path], runtime: Runtime) -> None:
        """Load all networks of the bag; files: theirs, found by the signatures that their names begin with."""
        devices.set_torch_threads(runtime.threads)
        self.device = devices.choose_torch_device(runtime.device)
        self.notice = devices.describe_unused_gpu(runtime.device, self.device)
        described: _BagFile = yaml.safe_load(bag.read_text("utf-8"))
        by_signature = {file.stem.partition("-")[0]: file for file in files}
        networks = [_load_network(by_signature[signature]) for signature in described["models"]]
        self.stems: tuple[str, ...] = tuple(networks[0].sources)
        self._rate = int(networks[0].samplerate)
        weights = described.get("weights") or [[1.0] * len(self.stems)] * len(networks)
        segment_s = described.get("segment")
        self._members = [
            _Member(
                prepare_module(network, self.device, runtime),
                dict(zip(self.stems, map(float, of_network), strict=True)),
                int(self._rate * (segment_s or network.segment)),
                getattr(network, "valid_length", _same_length),
            )
            for network, of_network in zip(networks, weights, strict=True)
        ]

    def scale_for(self, levels: Levels) -> Scale:
        """As the network was trained: its input has a mean of 0 and a deviation of 1."""
        return Scale(1 / max(levels.deviation, _SMALLEST_DEVIATION), levels.deviation, levels.mean)

    def passes(
        self,
        song: NetworkInput,
        stems: Collection[str],
        repeater: ProgressRepeater,  # noqa: ARG002 - torch's modules are interrupted from outside
        params: ModelParams,
    ) -> Sequence[Pass]:
        """See Network. Each run is shifted by up to half a second.

        The shifts are random, but always the same ones: a song gives the same stems whatever ran before.
        """
        shifts = (params if isinstance(params, DemucsParams) else DemucsParams()).shifts
        chance = random.Random(0)  # noqa: S311 - nobody's secret
        most = int(_LONGEST_SHIFT_S * self._rate)
        passes: list[Pass] = []
        for member in self._members:
            leads = [most - chance.randint(0, most) for _ in range(shifts)] or [0]
            rows = {
                stem: (row, member.weights[stem])
                for row, stem in enumerate(self.stems)
                if stem in stems and member.weights[stem]
            }
            for lead in leads if rows else []:
                schedule = demucs_schedule(
                    song.frames, member.segment, OVERLAP_SHARE, lead=lead, input_frames=member.input_frames
                )
                module = member.module
                passes.append(Pass(schedule, position_independent(module.run), module.batch, module.backend, rows))
        return passes


def _same_length(frames: int) -> int:
    return frames


def _load_network(file: Path) -> torch.nn.Module:
    try:
        with imports.importing_demucs() as import_demucs, skip_initialisation():
            network: torch.nn.Module = import_demucs("states").load_model(str(file))
    except RuntimeError as error:
        raise ModelFailed(f"{file.name} could not be loaded: it is damaged or belongs to another network.") from error
    return network.float().eval().requires_grad_(False)
