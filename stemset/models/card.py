"""What is known of a model without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stemset.models.params import ModelParams

MDX_CATALOGUE = "mdx_model_data.json"
"""The weight file that holds the parameters (window, bins) of every MDX-Net by the md5 of its weights."""

VR_CATALOGUE = "vr_model_data.json"
"""The weight file that holds the parameters (bands, stem) of every VR network by the md5 of its weights."""


class Architecture(StrEnum):
    """The family of a network, which decides how it is driven."""

    MDX = "MDX-Net"
    MDX23C = "MDX23C (TFC-TDF)"
    ROFORMER = "BS-Roformer"
    MEL_ROFORMER = "MelBand-Roformer"
    DEMUCS = "Demucs"
    VR = "VR"
    SPECTRAL = "spectral masks"

    @property
    def needs_weights(self) -> bool:
        """True for networks; a mask over a spectrum is computed from the sound alone."""
        return self is not Architecture.SPECTRAL


@dataclass(frozen=True)
class Score:
    """A published signal-to-distortion ratio of one slot, in dB."""

    slot: str
    sdr_db: float
    source: str


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model without loading it.

    size_bytes: of all its weight files, about. gflop_per_second: work for one second of audio at the default overlap;
    time estimates come from it. licence: SPDX id or words, None where the author states none. params: the class of
    the parameters that config.yaml may set. further_weights: the files that must be in the models folder beside the
    one that the model is named after. name: the model's, which `register` writes here.
    """

    title: str
    architecture: Architecture
    summary: str
    size_bytes: int
    gflop_per_second: float
    device_advice: str
    params: type[ModelParams] = ModelParams
    further_weights: tuple[str, ...] = ()
    licence: str | None = None
    scores: tuple[Score, ...] = ()
    name: str = ""

    @property
    def weights(self) -> tuple[str, ...]:
        """Every file that must be in the models folder, the one that the model is named after first."""
        return (self.name, *self.further_weights) if self.architecture.needs_weights else ()
