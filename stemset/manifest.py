"""A manifest records what a job did. Every job leaves one, however it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

MANIFEST_VERSION = 1

MIXTURE = "mixture"
"""The reserved name of the whole song among its stems."""


class Record(BaseModel):
    """A part of a manifest. It is frozen and strict about names: programs read it years later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputRecord(Record):
    """The song as it came. sha256 of the file's bytes; duration in seconds after decoding."""

    sha256: str
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float


class NodeRecord(Record):
    """One model run. path: its slots from the root, such as `root/not_vocals`. cache_key: what the cache of nodes keeps
    of it, None where it keeps nothing."""

    path: str
    model: str
    params: dict[str, JsonValue]
    weights_sha256: dict[str, str]
    state: Literal["done", "failed", "not_run"]
    seconds: float
    cached: bool = False
    cache_key: str | None = None


class StemRecord(Record):
    """One encoded file. peak: 0 to 1 of full scale; lufs: BS.1770-4, None for silence or below 400 ms."""

    name: str
    sha256: str
    bytes: int
    sample_rate: int
    frames: int
    peak: float
    lufs: float | None


class ErrorRecord(Record):
    """Why a job failed: the error's kind and message, and the node in which it happened."""

    kind: str
    message: str
    node: str | None = None


class Manifest(Record):
    """What a job did.

    sum_to_mixture_db: peak of (sum of all stems - mixture) in dBFS; -200 for no difference at all, None when a stem
    was left out on purpose.
    common_gain: factor applied to every stem and to the mixture so that none clips; 1.0 mostly.
    notices: what was wrong without making it fail, such as a GPU that nothing used. networks_loaded: those that the
    process kept in memory at the end.
    """

    manifest_version: int = MANIFEST_VERSION
    stemset_version: str
    versions: dict[str, str]
    device: str
    strategy: str
    tree: dict[str, JsonValue]
    started_at: datetime
    finished_at: datetime
    state: Literal["succeeded", "failed", "cancelled"]
    input: InputRecord | None
    nodes: tuple[NodeRecord, ...]
    mixture: StemRecord | None
    stems: tuple[StemRecord, ...]
    sum_to_mixture_db: float | None
    common_gain: float
    error: ErrorRecord | None = None
    notices: tuple[str, ...] = ()
    networks_loaded: tuple[str, ...] = ()
