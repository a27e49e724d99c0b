"""What the service offers, in plain words: models with their weights, strategies with quality and time."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stemset.config.file import is_built_in
from stemset.features.catalogue.schemas import (
    Model,
    ModelFile,
    ModelScore,
    Quality,
    StrategyBlend,
    StrategyModel,
    StrategyNode,
    WeightsState,
)
from stemset.features.catalogue.schemas import Strategy as WireStrategy
from stemset.features.jobs.estimates import published_pace
from stemset.features.jobs.schemas import title_of_model
from stemset.models import registry
from stemset.models.card import Architecture, ModelCard
from stemset.models.weights import prefetch
from stemset.models.weights.files import file_states, weights_state
from stemset.strategy import Blend, Leaf, Strategy

SONG_S = 240.0
"""Estimates are for a song of four minutes."""

_YARDSTICK = "htdemucs.yaml"
_BEST_LEAD_DB = 2.0
ENGINE = "torch and audio-separator (the extra `ml`)"


def describe_strategy(strategy: Strategy, models_dir: Path, *, engine: bool) -> WireStrategy:
    """Describe a strategy in plain words.

    engine: whether neural networks can run where jobs do. Blocking: looks for weight files.
    """
    files = {file.name: file for model in strategy.models for file in file_states(registry.card(model), models_dir)}
    absent = [file.name for file in files.values() if not file.present]
    missing = list(absent)
    request = prefetch.find(strategy.name, models_dir)
    if not is_built_in(strategy) and not engine:
        missing.insert(0, ENGINE)
    return WireStrategy(
        name=strategy.name,
        summary=_summary(strategy),
        stems=list(strategy.stems),
        nodes=_nodes(strategy),
        quality=quality_of(strategy),
        estimated_s=estimated_s(strategy, os.cpu_count() or 1),
        download_bytes=sum(file.bytes or 0 for file in files.values() if not file.present),
        ready=not missing,
        missing=missing,
        preparing=prefetch.progress(request, registry.cards(request.models), models_dir) if request else None,
        failure=request.failure if request and absent else None,
    )


def describe_models(models_dir: Path) -> list[Model]:
    """Describe every registered model. Blocking: looks for weight files."""
    return [_model(name, models_dir) for name in registry.names()]


def quality_of(strategy: Strategy) -> Quality:
    """How good the weakest of its networks is, by published SDR against htdemucs on the same songs.

    preview: a node without a network. best: 2 dB better or more; very good: not worse; good: worse, or not comparable.
    """
    cards = [registry.card(model) for model in strategy.models]
    if any(card.architecture is Architecture.SPECTRAL for card in cards):
        return Quality.PREVIEW
    leads = [_lead_db(card) for card in cards]
    known = [lead for lead in leads if lead is not None]
    if len(known) < len(leads) or min(known) < 0:
        return Quality.GOOD
    return Quality.BEST if min(known) >= _BEST_LEAD_DB else Quality.VERY_GOOD


def estimated_s(strategy: Strategy, cores: int) -> float:
    """Seconds for a song of four minutes."""
    cards = (registry.card(run.model.model_filename) for run in strategy.runs)
    return round(sum(published_pace(card, cores) * SONG_S for card in cards), 1)


@cache
def engine_installed() -> bool:
    """Whether neural networks can run on this machine. Looks without importing: torch has no place in this process."""
    return all(find_spec(package) is not None for package in ("torch", "audio_separator"))


def _summary(strategy: Strategy) -> str:
    if is_built_in(strategy):
        return "A preview without a download: filters, no neural network, so every stem keeps traces of the others."
    if len(strategy.models) == 1:
        return registry.card(strategy.models[0]).summary
    steps = dict.fromkeys(
        " with ".join(title_of_model(run.model.model_filename) for run in node.runs) for node in strategy.nodes
    )
    blended = " The stems of models named with each other are blended." if any(n.blend for n in strategy.nodes) else ""
    return f"{len(strategy.models)} models: {', then '.join(steps)}.{blended}"


def _nodes(strategy: Strategy) -> list[StrategyNode]:
    return [
        StrategyNode(
            path=node.path,
            parent=node.parent,
            slot=node.slot,
            models=[
                StrategyModel(name=run.model.model_filename, title=title_of_model(run.model.model_filename))
                for run in node.runs
            ],
            blend=_blend(node.blend) if node.blend else None,
            stems={slot: branch.stem for slot, branch in node.branches.items() if isinstance(branch, Leaf)},
        )
        for node in strategy.nodes
    ]


def _blend(blend: Blend) -> StrategyBlend:
    weights = list(blend.weights) if blend.weights else None
    return StrategyBlend(kind=blend.kind, domain=blend.domain, weights=weights)


def _model(name: str, models_dir: Path) -> Model:
    card = registry.card(name)
    state = weights_state(card, models_dir)
    files = [
        ModelFile(name=file.name, bytes=file.bytes, present=file.present) for file in file_states(card, models_dir)
    ]
    if not card.weights:
        weights = WeightsState.NONE
    elif state.complete:
        weights = WeightsState.PRESENT
    else:
        weights = WeightsState.ABSENT
    return Model(
        name=name,
        title=card.title,
        summary=card.summary,
        architecture=card.architecture.value,
        slots=dict(registry.find(name).output_slots),
        size_bytes=card.size_bytes,
        licence=card.licence,
        scores=[ModelScore(slot=score.slot, sdr_db=score.sdr_db, source=score.source) for score in card.scores],
        device_advice=card.device_advice,
        weights=weights,
        files=files,
    )


def _lead_db(card: ModelCard) -> float | None:
    """By how much its stems are better than the yardstick's, on average; None: nothing to compare."""
    yardstick = {(score.slot, score.source): score.sdr_db for score in registry.card(_YARDSTICK).scores}
    leads = [
        score.sdr_db - yardstick[score.slot, score.source]
        for score in card.scores
        if (score.slot, score.source) in yardstick
    ]
    return sum(leads) / len(leads) if leads else None
