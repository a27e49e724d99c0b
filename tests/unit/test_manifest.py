"""A manifest is written for programs that read it years later, and refuses what it doesn't know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from stemset.manifest import (
    MANIFEST_VERSION,
    MIXTURE,
    ErrorRecord,
    InputRecord,
    Manifest,
    NodeRecord,
    StemRecord,
)

AT = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
STEM = StemRecord(name="bass", sha256="b" * 64, bytes=10, sample_rate=44_100, frames=100, peak=0.5, lufs=None)
MANIFEST = Manifest(
    stemset_version="1.0",
    versions={"python": "3.11"},
    device="cpu",
    strategy="instant",
    tree={"_": "percussive", "drums": None, "not_drums": {"_": "low_end", "bass": "bass"}},
    started_at=AT,
    finished_at=AT,
    state="failed",
    input=InputRecord(
        sha256="a" * 64, container="wav", codec="pcm_s16le", sample_rate=44_100, channels=2, duration_s=0.5
    ),
    nodes=(NodeRecord(path="root", model="percussive", params={}, weights_sha256={}, state="failed", seconds=1.5),),
    mixture=STEM.model_copy(update={"name": MIXTURE}),
    stems=(STEM,),
    sum_to_mixture_db=None,
    common_gain=1.0,
    error=ErrorRecord(kind="model-failed", message="It gave no stem.", node="root"),
)


def test_a_manifest_is_the_same_when_it_is_read_again() -> None:
    assert Manifest.model_validate_json(MANIFEST.model_dump_json()) == MANIFEST


def test_a_manifest_says_its_version() -> None:
    assert MANIFEST.model_dump(mode="json")["manifest_version"] == MANIFEST_VERSION == 1


def test_a_manifest_of_an_older_program_lacks_what_came_later() -> None:
    written = MANIFEST.model_dump(mode="json", exclude={"notices", "networks_loaded", "error"})
    read = Manifest.model_validate(written)
    assert (read.notices, read.networks_loaded, read.error) == ((), (), None)


@pytest.mark.parametrize(("field", "value"), [("stem", []), ("state", "done"), ("nodes", [{"path": "root"}])])
def test_what_a_manifest_cannot_say_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate({**MANIFEST.model_dump(mode="json"), field: value})


def test_a_manifest_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        MANIFEST.common_gain = 2.0  # pyright: ignore[reportAttributeAccessIssue]


def test_a_manifest_is_written_in_the_names_that_programs_read() -> None:
    written = MANIFEST.model_dump(mode="json")
    assert list(written) == [
        "manifest_version", "stemset_version", "versions", "device", "strategy", "tree", "started_at", "finished_at",
        "state", "input", "nodes", "mixture", "stems", "sum_to_mixture_db", "common_gain", "error", "notices",
        "networks_loaded",
    ]  # fmt: skip
    assert written["started_at"] == "2026-11-20T18:05:00Z"
    assert written["stems"] == [
        {"name": "bass", "sha256": "b" * 64, "bytes": 10, "sample_rate": 44_100, "frames": 100, "peak": 0.5,
         "lufs": None},
    ]  # fmt: skip
    assert written["error"] == {"kind": "model-failed", "message": "It gave no stem.", "node": "root"}


def test_the_tree_keeps_its_order_and_what_is_discarded() -> None:
    tree = Manifest.model_validate_json(MANIFEST.model_dump_json()).tree
    assert list(tree) == ["_", "drums", "not_drums"]
    assert tree["drums"] is None


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
def test_a_job_ends_in_one_of_three_ways(state: str) -> None:
    assert Manifest.model_validate({**MANIFEST.model_dump(mode="json"), "state": state}).state == state


@pytest.mark.parametrize("state", ["done", "failed", "not_run"])
def test_a_node_ends_in_one_of_three_ways(state: str) -> None:
    node = {**MANIFEST.nodes[0].model_dump(mode="json"), "state": state}
    assert NodeRecord.model_validate(node).state == state


@pytest.mark.parametrize("record", [InputRecord, NodeRecord, StemRecord, ErrorRecord, Manifest])
def test_every_part_of_a_manifest_refuses_a_name_that_it_does_not_know(record: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        record.model_validate({"unheard_of": 1})
