"""What a process computes on, and where it finds weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from stemset.models.network_cache import NetworkCache

Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]


Precision: TypeAlias = Literal["auto", "float32", "float16", "bfloat16"]
"""What matrices of networks are multiplied in; auto: float16 on a CUDA device, float32 elsewhere."""


@dataclass(frozen=True)
class Runtime:
    """Where a process finds weights, what it computes on, and the networks that it keeps.

    weights_mirror: see `weights.files.download`. threads: of a network on the CPU; 0: as many as there are cores.
    compiled: Roformers are compiled by torch at their first run, which takes minutes, and then run faster.
    networks: the cache that all models of this Runtime share; None: each model has its own.
    """

    models_dir: Path
    device: Device = "auto"
    weights_mirror: str | None = None
    threads: int = 0
    precision: Precision = "auto"
    compiled: bool = False
    networks: NetworkCache | None = field(default=None, compare=False, repr=False)
