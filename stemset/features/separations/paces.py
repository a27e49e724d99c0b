"""How long a model works, by what its publisher states of it."""

from __future__ import annotations

from stemset.models.card import Architecture, ModelCard

GFLOPS_PER_CORE = 40.0
"""What one CPU core does of the work on the cards, in GFLOP per second. Two cores took 84 s for 210 s of audio with
MDX-Net, 120 s with htdemucs and 2040 s with MelBand-Roformer, which is 127, 68 and 80 GFLOP per second."""

SPECTRAL_GFLOPS = 3.0
"""The same for the built-in models, which use one core and wait for memory more than they count."""


def published_pace(card: ModelCard, cores: int) -> float:
    """Seconds of work for one second of audio, by the published work of the model on that many CPU cores."""
    speed = SPECTRAL_GFLOPS if card.architecture is Architecture.SPECTRAL else GFLOPS_PER_CORE * cores
    return card.gflop_per_second / speed
