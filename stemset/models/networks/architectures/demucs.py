"""Demucs v3 and v4: a bag of one or more hybrid networks, in torch."""

# Neither library is typed well enough.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stemset.concurrency.progress import Heed
from stemset.errors import ModelFailed
from stemset.models.networks import devices
from stemset.models.networks.audio_separator import imports
from stemset.models.networks.audio_separator.checkpoints import uninitialised
from stemset.models.networks.inference.chunks import demucs_schedule
from stemset.models.networks.inference.forward import Forward, ready
from stemset.models.networks.inference.input import Levels, Scale, Song
from stemset.models.networks.inference.overlap_add import Pass, anywhere
from stemset.models.networks.untyped import Untyped
from stemset.models.params import DemucsParams, ModelParams
from stemset.models.runtime import Runtime

OVERLAP = 0.25
"""The share of a segment that the next one hears, too: the authors' own choice."""

_LONGEST_SHIFT_S = 0.5
_SMALLEST_DEVIATION = 2.0**-23


@dataclass(frozen=True)
class _Member:
    """One network of a bag. weights: of each of its stems in the bag's mean. heard: see demucs_schedule."""

    forward: Forward
    weights: dict[str, float]
    segment: int
    heard: Callable[[int], int]


class DemucsNetwork:
    """A loaded bag. Networks whose stems have no weight in what is wanted don't run."""

    def __init__(self, bag: Path, files: Sequence[Path], runtime: Runtime) -> None:
        """Load all networks of the bag; files: theirs, found by the signatures that their names begin with."""
        torch = devices.torch_with_threads(runtime.threads)
        self.device = devices.torch_device(runtime.device)
        self.notice = devices.unused_gpu(runtime.device, self.device)
        described: dict[str, Any] = yaml.safe_load(bag.read_text("utf-8"))
        by_signature = {file.stem.partition("-")[0]: file for file in files}
        networks = [_network(torch, by_signature[signature]) for signature in described["models"]]
        self.stems: tuple[str, ...] = tuple(networks[0].sources)
        self._rate = int(networks[0].samplerate)
        weights = described.get("weights") or [[1.0] * len(self.stems)] * len(networks)
        segment_s = described.get("segment")
        self._members = [
            _Member(
                ready(torch, network, self.device, runtime),
                dict(zip(self.stems, map(float, of_network), strict=True)),
                int(self._rate * (segment_s or network.segment)),
                getattr(network, "valid_length", _itself),
            )
            for network, of_network in zip(networks, weights, strict=True)
        ]

    def scale(self, levels: Levels) -> Scale:
        """As the network was trained: what it hears has a mean of 0 and a deviation of 1."""
        return Scale(1 / max(levels.deviation, _SMALLEST_DEVIATION), levels.deviation, levels.mean)

    def passes(self, song: Song, stems: Collection[str], heed: Heed, params: ModelParams) -> Sequence[Pass]:  # noqa: ARG002
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
                schedule = demucs_schedule(song.frames, member.segment, OVERLAP, lead=lead, heard=member.heard)
                forward = member.forward
                passes.append(Pass(schedule, anywhere(forward.run), forward.batch, forward.arrays, rows))
        return passes


def _itself(frames: int) -> int:
    return frames


def _network(torch: Untyped, file: Path) -> Untyped:
    try:
        with imports.demucs() as demucs, uninitialised(torch):
            network = demucs("states").load_model(str(file))
    except RuntimeError as error:
        raise ModelFailed(f"{file.name} could not be loaded: it is damaged or belongs to another network.") from error
    return network.float().eval().requires_grad_(False)
