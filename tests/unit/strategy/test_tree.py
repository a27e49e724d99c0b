from __future__ import annotations

import pytest
from pydantic import JsonValue

from stemset.errors import NotFound
from stemset.models import registry
from stemset.models.params import ManyStemParams, ModelParams
from stemset.strategy import Run, Strategy, parse
from stemset.strategy.tree import prune

Tree = dict[str, JsonValue]

BANDS: Tree = {"_": "test_bands", "low": None, "mid": "b", "high": None, "residual": "c"}
DEEP: Tree = {"_": "test_share", "part": {"_": "test_share", "part": "a", "rest": BANDS}, "rest": "d"}


def deep() -> Strategy:
    return parse("deep", DEEP)


def run(model: str, params: ModelParams | None = None) -> Run:
    return Run("root", None, registry.find(model), params or registry.card(model).params())


@pytest.mark.parametrize(
    ("model", "rest", "slots"),
    [
        ("centre_voice", "not_vocals", ("vocals", "not_vocals")),
        ("htdemucs.yaml", "other", ("vocals", "drums", "bass", "other")),
        ("test_bands", "residual", ("low", "mid", "high", "residual")),
    ],
)
def test_the_rest_is_the_second_of_two_slots_or_other_or_else_a_residual(
    model: str, rest: str, slots: tuple[str, ...]
) -> None:
    assert run(model).rest == rest
    assert sorted(run(model).slots) == sorted(slots)


def test_a_model_that_keeps_its_residual_has_a_slot_more() -> None:
    params = registry.card("htdemucs.yaml").params.model_validate({"keep_residual": True})
    assert isinstance(params, ManyStemParams)
    kept = run("htdemucs.yaml", params)
    assert kept.rest == "residual"
    assert kept.slots == (*registry.find("htdemucs.yaml").output_slots, "residual")


def test_a_node_knows_its_slot_and_the_node_above() -> None:
    assert [(node.path, node.slot, node.parent) for node in deep().nodes] == [
        ("root", None, None),
        ("root/part", "part", "root"),
        ("root/part/rest", "rest", "root/part"),
    ]


def test_stems_come_out_node_by_node_each_nodes_own_before_those_below() -> None:
    assert deep().stems == ("d", "a", "b", "c")


def test_a_model_is_named_once_however_often_it_runs() -> None:
    assert deep().models == ("test_share", "test_bands")
    assert [one.path for one in deep().runs] == ["root", "root/part", "root/part/rest"]
    assert [one.parent for one in deep().runs] == [None, "root", "root/part"]


def test_a_tree_is_complete_unless_a_slot_is_discarded() -> None:
    assert not deep().complete
    assert parse("whole", {"_": "test_share", "part": "a", "rest": "b"}).complete


@pytest.mark.parametrize(
    ("wanted", "paths", "stems"),
    [
        (["d"], ["root"], ("d",)),
        (["a"], ["root", "root/part"], ("a",)),
        (["c", "d"], ["root", "root/part", "root/part/rest"], ("d", "c")),
    ],
)
def test_only_the_nodes_that_a_wanted_stem_needs_are_left(
    wanted: list[str], paths: list[str], stems: tuple[str, ...]
) -> None:
    pruned = deep().only(wanted)
    assert [node.path for node in pruned.nodes] == paths
    assert pruned.stems == stems
    # What was asked for stays known, with all that was left out.
    assert pruned.tree == DEEP


def test_a_pruned_tree_keeps_its_slots_which_are_discarded() -> None:
    root = deep().only(["d"]).root
    assert list(root.branches) == ["part", "rest"]
    assert root.branches["part"] is None


def test_all_stems_leave_the_tree_as_it_is() -> None:
    assert deep().only(deep().stems) == deep()


def test_without_a_wanted_stem_there_is_no_tree() -> None:
    assert prune(deep().root, frozenset()) is None
    with pytest.raises(NotFound):
        deep().only([])


def test_an_unknown_stem_is_refused_with_the_choices() -> None:
    with pytest.raises(NotFound, match="'deep' named 'x'; there are: a, b, c, d"):
        deep().only(["a", "x"])
