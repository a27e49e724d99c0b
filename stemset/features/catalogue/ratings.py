"""Strategies are rated here for a musician who chooses one: how good their stems are, and how long they take."""

from __future__ import annotations

from enum import StrEnum

from stemset.features.jobs.estimates import published_pace
from stemset.models import registry
from stemset.models.card import Architecture, ModelCard
from stemset.strategy import Strategy

SONG_S = 240.0
"""Estimates are for a song of four minutes."""

_YARDSTICK = "htdemucs.yaml"
_BEST_LEAD_DB = 2.0


class Quality(StrEnum):
    """preview: no neural network. good, very_good, best: by the published SDR of the weakest model."""

    PREVIEW = "preview"
    GOOD = "good"
    VERY_GOOD = "very_good"
    BEST = "best"


def rate_quality(strategy: Strategy) -> Quality:
    """Rate a strategy by the weakest of its networks: by published SDR against htdemucs on the same songs.

    preview: a node without a network. best: 2 dB better or more; very good: not worse; good: worse, or not comparable.
    """
    cards = [registry.card(model) for model in strategy.models]
    if any(card.architecture is Architecture.SPECTRAL for card in cards):
        return Quality.PREVIEW
    leads = [_compute_lead_db(card) for card in cards]
    known = [lead for lead in leads if lead is not None]
    if len(known) < len(leads) or min(known) < 0:
        return Quality.GOOD
    return Quality.BEST if min(known) >= _BEST_LEAD_DB else Quality.VERY_GOOD


def estimate_seconds(strategy: Strategy, cores: int) -> float:
    """Estimate how long a song of four minutes takes on a machine with so many cores, in seconds."""
    cards = (registry.card(run.model.model_filename) for run in strategy.runs)
    return round(sum(published_pace(card, cores) * SONG_S for card in cards), 1)


def _compute_lead_db(card: ModelCard) -> float | None:
    """Compute by how much a model's stems are better than the yardstick's, on average; None: nothing to compare."""
    yardstick = {(score.slot, score.source): score.sdr_db for score in registry.card(_YARDSTICK).scores}
    leads = [
        score.sdr_db - yardstick[score.slot, score.source]
        for score in card.scores
        if (score.slot, score.source) in yardstick
    ]
    return sum(leads) / len(leads) if leads else None
