"""Strategies and models on offer as they travel over HTTP, with an example of each."""

from __future__ import annotations

from enum import StrEnum

from stemset.strategy import BlendDomain, BlendKind
from stemset.web.schema import Wire


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


class Quality(StrEnum):
    """preview: no neural network. good, very_good, best: by the published SDR of the weakest model."""

    PREVIEW = "preview"
    GOOD = "good"
    VERY_GOOD = "very_good"
    BEST = "best"


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
