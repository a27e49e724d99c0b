"""The `params` that config.yaml may set for each family of models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ModelParams(BaseModel):
    """The `params` of a node. A model with parameters declares a subclass; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ManyStemParams(ModelParams):
    """keep_residual: what the stems leave of the input becomes a slot `residual`, and not part of `other`."""

    keep_residual: bool = False


class DemucsParams(ManyStemParams):
    """shifts: runs over the song, each shifted by up to half a second, that are averaged; 0: one run, unshifted.

    More runs cost as many times more; the authors speak of up to 0.2 dB.
    """

    shifts: int = Field(default=1, ge=0, le=20)


class VrParams(ModelParams):
    """aggression: how deep the network's stem is cut out of the song, -100 to 100; 0: as the network says.

    window_size: times of the spectrum that the network hears at once. Fewer cost more, and may sound better.
    """

    aggression: int = Field(default=5, ge=-100, le=100)
    window_size: Literal[320, 512, 1024] = 512
