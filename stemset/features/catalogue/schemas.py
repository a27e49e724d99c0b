"""These types are the JSON of strategies and models, with an example of each, and are made here of what is on offer."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from stemset import strategy as strategies
from stemset.config.file import is_built_in
from stemset.features.catalogue.ratings import Quality, estimate_seconds, rate_quality
from stemset.features.jobs.schemas import title_of_model
from stemset.models import registry
from stemset.models.weights import prefetch
from stemset.models.weights.files import file_states, weights_state
from stemset.strategy import Blend, BlendDomain, BlendKind, Leaf
from stemset.web.schema import Wire

ENGINE = "torch and audio-separator (the extra `ml`)"
"""What `missing` names where neural networks can't run."""


class WeightsState(StrEnum):
    """none: the model needs no file. present: all files are there. absent: they would be fetched first."""

    NONE = "none"
    PRESENT = "present"
    ABSENT = "absent"


class ModelScore(Wire):
    slot: str
    sdr_db: float
    source: str


class ModelFile(Wire):
    """One file of a model's weights.

    present: it is on this machine. bytes: its size; about, or null where that isn't known, while it is not here.
    """

    name: str
    bytes: int | None
    present: bool


class Model(Wire):
    """A registered model, described without loading it."""

    name: str
    title: str
    summary: str
    architecture: str
    slots: dict[str, str]
    size_bytes: int
    licence: str | None
    scores: list[ModelScore]
    device_advice: str
    weights: WeightsState
    files: list[ModelFile]


MODEL = Model(
    name="kuielab_b_drums.onnx",
    title="KUIELab B, drums",
    summary="Drums against everything else.",
    architecture="MDX-Net",
    slots={"drums": "the drum kit", "not_drums": "everything else"},
    size_bytes=29_700_000,
    licence="MIT",
    scores=[ModelScore(slot="drums", sdr_db=7.1, source="MDX challenge 2021")],
    device_advice="Runs well on a CPU.",
    weights=WeightsState.PRESENT,
    files=[ModelFile(name="kuielab_b_drums.onnx", bytes=29_700_000, present=True)],
)


def describe_model(name: str, models_dir: Path) -> Model:
    """Describe a registered model without loading it. Blocking: looks for weight files."""
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


class StrategyModel(Wire):
    """One model of a node."""

    name: str
    title: str


class StrategyBlend(Wire):
    """How the outputs of several models become one. weights: of an average, one for each model; null where equal."""

    kind: BlendKind
    domain: BlendDomain
    weights: list[float] | None


class StrategyNode(Wire):
    """One node of a strategy's tree. parent: the path of the node above, null at the root.

    models: one, or several whose outputs are blended; blend is null with one.
    """

    path: str
    parent: str | None
    slot: str | None
    models: list[StrategyModel]
    blend: StrategyBlend | None
    stems: dict[str, str]


class Strategy(Wire):
    """A strategy with its plain-language hints. Times are for a song of four minutes on this machine.

    preparing: 0 to 1 while its weights are fetched. failure: why they could not be, the last time.
    """

    name: str
    summary: str
    stems: list[str]
    nodes: list[StrategyNode]
    quality: Quality
    estimated_s: float
    download_bytes: int
    ready: bool
    missing: list[str]
    preparing: float | None
    failure: str | None


STRATEGY = Strategy(
    name="instant",
    summary="A preview that needs no download.",
    stems=["drums", "bass", "vocals", "other"],
    nodes=[
        StrategyNode(
            path="root",
            parent=None,
            slot=None,
            models=[StrategyModel(name="percussive", title="Percussive")],
            blend=None,
            stems={"drums": "drums"},
        ),
    ],
    quality=Quality.PREVIEW,
    estimated_s=15,
    download_bytes=0,
    ready=True,
    missing=[],
    preparing=None,
    failure=None,
)


def describe_strategy(strategy: strategies.Strategy, models_dir: Path, *, engine: bool) -> Strategy:
    """Describe a strategy in plain words.

    engine: whether neural networks can run where jobs do. Blocking: looks for weight files.
    """
    files = {file.name: file for model in strategy.models for file in file_states(registry.card(model), models_dir)}
    absent = [file.name for file in files.values() if not file.present]
    missing = list(absent)
    request = prefetch.find(strategy.name, models_dir)
    if not is_built_in(strategy) and not engine:
        missing.insert(0, ENGINE)
    return Strategy(
        name=strategy.name,
        summary=_summarise(strategy),
        stems=list(strategy.stems),
        nodes=_describe_nodes(strategy),
        quality=rate_quality(strategy),
        estimated_s=estimate_seconds(strategy, os.cpu_count() or 1),
        download_bytes=sum(file.bytes or 0 for file in files.values() if not file.present),
        ready=not missing,
        missing=missing,
        preparing=prefetch.progress(request, registry.cards(request.models), models_dir) if request else None,
        failure=request.failure if request and absent else None,
    )


def _summarise(strategy: strategies.Strategy) -> str:
    if is_built_in(strategy):
        return "A preview without a download: filters, no neural network, so every stem keeps traces of the others."
    if len(strategy.models) == 1:
        return registry.card(strategy.models[0]).summary
    steps = dict.fromkeys(
        " with ".join(title_of_model(run.model.model_filename) for run in node.runs) for node in strategy.nodes
    )
    blended = " The stems of models named with each other are blended." if any(n.blend for n in strategy.nodes) else ""
    return f"{len(strategy.models)} models: {', then '.join(steps)}.{blended}"


def _describe_nodes(strategy: strategies.Strategy) -> list[StrategyNode]:
    return [
        StrategyNode(
            path=node.path,
            parent=node.parent,
            slot=node.slot,
            models=[
                StrategyModel(name=run.model.model_filename, title=title_of_model(run.model.model_filename))
                for run in node.runs
            ],
            blend=_describe_blend(node.blend) if node.blend else None,
            stems={slot: branch.stem for slot, branch in node.branches.items() if isinstance(branch, Leaf)},
        )
        for node in strategy.nodes
    ]


def _describe_blend(blend: Blend) -> StrategyBlend:
    weights = list(blend.weights) if blend.weights else None
    return StrategyBlend(kind=blend.kind, domain=blend.domain, weights=weights)
