from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from stemset import audio, strategy
from stemset.errors import ConfigError, NotFound
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.strategy import MAX_DEPTH, Strategy, parse

Tree = dict[str, JsonValue]

BOTH: list[JsonValue] = ["test_share", {"_": "test_share", "params": {"share": 0.1}}]
ENSEMBLE: Tree = {"_": BOTH, "part": "a", "rest": "b"}
NESTED: Tree = {"_": "test_share", "part": "first", "rest": {"_": "test_share", "part": "second", "rest": "third"}}


def trees(leaves: st.SearchStrategy[str | None]) -> st.SearchStrategy[Tree]:
    """Trees of the two-way test model, with any leaves."""

    def node(branches: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[Tree]:
        return st.fixed_dictionaries({"_": st.just("test_share"), "part": branches, "rest": branches})

    return node(st.recursive(leaves, node, max_leaves=12))


def leaves_of(tree: JsonValue) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    return (
        [leaf for slot, branch in tree.items() if slot != "_" for leaf in leaves_of(branch)]
        if isinstance(tree, dict)
        else []
    )


def depth_of(tree: JsonValue) -> int:
    return 1 + max((depth_of(branch) for branch in tree.values()), default=0) if isinstance(tree, dict) else 0


@given(trees(st.sampled_from(["a", "b", "c", "d", "e", "f", None])))
def test_a_tree_is_valid_exactly_when_its_leaves_differ_and_one_is_wanted(tree: Tree) -> None:
    leaves = leaves_of(tree)
    valid = bool(leaves) and max(Counter(leaves).values()) == 1 and depth_of(tree) <= MAX_DEPTH
    try:
        parsed = parse("any", tree)
    except ConfigError:
        assert not valid
    else:
        assert valid
        assert sorted(parsed.stems) == sorted(leaves)
        assert parsed.tree == tree


@given(trees(st.uuids().map(lambda uuid: f"s{uuid.hex}")), st.data())
def test_pruning_keeps_the_wanted_stems_and_no_node_without_one(tree: Tree, data: st.DataObject) -> None:
    try:
        whole = parse("any", tree)
    except ConfigError:
        return
    wanted = data.draw(st.sets(st.sampled_from(whole.stems), min_size=1))
    pruned = whole.only(wanted)
    assert set(pruned.stems) == wanted
    assert all(wanted & set(node.stems) for node in pruned.nodes)
    assert {node.path for node in pruned.nodes} <= {node.path for node in whole.nodes}


def test_nodes_are_named_by_their_path_and_run_in_preorder() -> None:
    plan = parse("nested", NESTED)
    assert [node.path for node in plan.nodes] == ["root", "root/rest"]
    assert [node.parent for node in plan.nodes] == [None, "root"]
    assert [node.slot for node in plan.nodes] == [None, "rest"]
    assert plan.stems == ("first", "second", "third")


def test_each_model_of_an_ensemble_is_a_run_and_what_follows_comes_after_the_last() -> None:
    plan = parse("both", ENSEMBLE | {"rest": {"_": "test_share", "part": "b", "rest": "c"}})
    assert [node.path for node in plan.nodes] == ["root", "root/rest"]
    assert [(run.path, run.parent) for run in plan.runs] == [
        ("root.1", None),
        ("root.2", None),
        ("root/rest", "root.2"),
    ]
    assert plan.models == ("test_share",)


@pytest.mark.parametrize(
    ("blend", "says"),
    [
        ({}, "average"),
        ({"blend": "median"}, "median"),
        ({"blend": {"domain": "spectrum", "weights": [2, 1]}}, "average of spectra, weighted 2 : 1"),
    ],
)
def test_a_blend_is_an_average_unless_another_is_named(blend: Tree, says: str) -> None:
    assert str(parse("both", ENSEMBLE | blend).root.blend) == says


def test_a_subtree_whose_leaves_are_all_discarded_never_runs() -> None:
    plan = parse("half", {"_": "test_share", "part": "kept", "rest": {"_": "test_share", "part": None, "rest": None}})
    assert [node.path for node in plan.nodes] == ["root"]
    assert not plan.complete


def cyclic() -> Tree:
    tree: Tree = {"_": "test_share", "part": "a"}
    tree["rest"] = tree
    return tree


def deep(levels: int) -> Tree:
    tree: JsonValue = "last"
    for level in range(levels):
        tree = {"_": "test_share", "part": f"s{level}", "rest": tree}
    assert isinstance(tree, dict)
    return tree


@pytest.mark.parametrize(
    ("tree", "where", "says"),
    [
        ({"_": "nope", "part": "a"}, "strategies.x._", "unknown model 'nope'; choose one of: "),
        ({"part": "a"}, "strategies.x._", "names its model here, found nothing"),
        (
            {"_": "test_share", "part": "a", "rest": "b", "drums": "c"},
            "strategies.x.drums",
            "choose one of: part, rest",
        ),
        ({"_": "test_share", "part": "a"}, "strategies.x", "slot 'rest' of test_share is not mapped"),
        ({"_": "test_bands", "low": "a", "mid": "b", "high": "c"}, "strategies.x", "slot 'residual'"),
        ({"_": "test_share", "part": "a", "rest": "a"}, "strategies.x", "2 leaves are named 'a'"),
        ({"_": "test_share", "part": "mixture", "rest": "b"}, "strategies.x.part", "can't name a stem"),
        ({"_": "test_share", "part": "../a", "rest": "b"}, "strategies.x.part", "can't name a stem"),
        ({"_": "test_share", "part": 3, "rest": "b"}, "strategies.x.part", "found 3"),
        ({"_": "test_share", "part": ["a"], "rest": "b"}, "strategies.x.part", "found a list"),
        ({"_": "test_share", "part": None, "rest": None}, "strategies.x", "discards every slot"),
        (
            {"_": "test_share", "params": {"shares": 1}, "part": "a", "rest": "b"},
            "strategies.x.params.shares",
            "has no parameter 'shares'; choose one of: share",
        ),
        (
            {"_": "test_share", "params": {"share": "much"}, "part": "a", "rest": "b"},
            "strategies.x.params.share",
            "found 'much'",
        ),
        ({"_": "test_bands", "params": {"n": 1}, "low": "a"}, "strategies.x.params.n", "it has none"),
        ({"_": [], "part": "a"}, "strategies.x._", "needs at least two, found none"),
        ({"_": ["test_share"], "part": "a"}, "strategies.x._", "needs at least two, found one model"),
        ({"_": ["test_share", "nope"], "part": "a"}, "strategies.x._[1]", "unknown model 'nope'; choose one of: "),
        ({"_": ["test_share", 3], "part": "a"}, "strategies.x._[1]", "found 3"),
        ({"_": ["test_share", {"_": "nope"}]}, "strategies.x._[1]._", "unknown model 'nope'"),
        (
            {"_": ["test_share", "test_bands"], "part": "a", "rest": "b"},
            "strategies.x._[1]",
            "need the same slots: test_bands has low, mid, high, residual; test_share has part, rest",
        ),
        ({"_": ["test_share", "test_share"]}, "strategies.x._[1]", "stands twice with the same parameters"),
        ({"_": BOTH, "params": {"share": 1}}, "strategies.x.params", "have parameters each"),
        ({"_": ["test_share", {"_": "test_share", "gain": 1}]}, "strategies.x._[1].gain", "choose one of: _, params"),
        (
            {"_": ["test_share", {"_": "test_share", "params": {"shares": 1}}]},
            "strategies.x._[1].params.shares",
            "choose one of: share",
        ),
        (ENSEMBLE | {"blend": "mean"}, "strategies.x.blend", "choose one of: average, max, median, min"),
        (ENSEMBLE | {"blend": None}, "strategies.x.blend", "found nothing"),
        (ENSEMBLE | {"blend": {"kind": "mean"}}, "strategies.x.blend.kind", "'average', 'median', 'max' or 'min'"),
        (ENSEMBLE | {"blend": {"domain": "time"}}, "strategies.x.blend.domain", "'waveform' or 'spectrum'"),
        (ENSEMBLE | {"blend": {"weight": [1, 2]}}, "strategies.x.blend.weight", "choose one of: domain, kind, weights"),
        (ENSEMBLE | {"blend": {"weights": [1]}}, "strategies.x.blend.weights", "2 models need 2 weights, found 1"),
        (ENSEMBLE | {"blend": {"weights": [1, 0]}}, "strategies.x.blend.weights.1", "greater than 0, found 0"),
        (
            ENSEMBLE | {"blend": {"kind": "max", "weights": [1, 2]}},
            "strategies.x.blend.weights",
            "only an average has weights, not 'max'",
        ),
        (
            {"_": "test_share", "blend": "max", "part": "a", "rest": "b"},
            "strategies.x.blend",
            "needs a list of models under `_`",
        ),
        (ENSEMBLE | {"rest": [1]}, "strategies.x.rest", "found a list"),
        ("instant", "strategies.x", "expected a node"),
        (cyclic(), "strategies.x.rest", "the tree has a cycle"),
        (deep(MAX_DEPTH + 1), f"strategies.x{'.rest' * MAX_DEPTH}", "deeper than 8 nodes"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_choices(tree: object, where: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse("x", tree)
    assert caught.value.where == where
    assert says in str(caught.value)


FOUR: Tree = {"_": "htdemucs.yaml", "vocals": "vocals", "drums": "drums", "bass": "bass", "other": "other"}


def test_a_strategy_may_keep_the_residual_as_a_stem() -> None:
    kept = parse("kept", FOUR | {"params": {"keep_residual": True}, "residual": "leftover"})
    assert kept.stems[-1] == "leftover"
    with pytest.raises(ConfigError, match="has no slot 'residual'"):
        parse("folded", FOUR | {"residual": "leftover"})
    with pytest.raises(ConfigError, match=r"slot 'residual' of htdemucs\.yaml is not mapped"):
        parse("unmapped", FOUR | {"params": {"keep_residual": True}})


def test_a_tree_of_the_greatest_depth_is_valid() -> None:
    assert len(parse("x", deep(MAX_DEPTH)).nodes) == MAX_DEPTH


def test_an_unknown_stem_is_refused_with_the_choices() -> None:
    with pytest.raises(NotFound, match="there are: first, second, third"):
        parse("nested", NESTED).only(["drums"])


class Recorder:
    """A Watcher that writes down what it hears."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.files: dict[str, Path] = {}

    def node_started(self, run: strategy.Run) -> None:
        self.told.append(f"start {run.path}")

    def node_progress(self, run: strategy.Run, fraction: float) -> None:
        assert 0 <= fraction <= 1

    def node_done(self, run: strategy.Run, done: strategy.Done) -> None:
        assert done.seconds >= 0
        self.told.append(f"done {run.path}")

    def leaf_ready(self, stem: str, file: Path) -> None:
        assert file.is_file()
        self.told.append(f"leaf {stem}")
        self.files[stem] = file


def run(plan: Strategy, mixture: Path, folder: Path) -> Recorder:
    recorder = Recorder()
    strategy.execute(plan.root, mixture, folder, ModelPool(Runtime(folder / "models")), recorder)
    return recorder


def test_leaves_are_told_as_soon_as_their_node_is_done(noise: Path, tmp_path: Path) -> None:
    assert run(parse("nested", NESTED), noise, tmp_path).told == [
        "start root",
        "done root",
        "leaf first",
        "start root/rest",
        "done root/rest",
        "leaf second",
        "leaf third",
    ]


def test_each_node_works_in_a_folder_of_its_own_and_only_leaves_stay(noise: Path, tmp_path: Path) -> None:
    both = {"_": "test_share", "part": "a", "rest": "b"}
    tree = {"_": "test_share", "part": both, "rest": both | {"part": "c", "rest": "d"}}
    folder = tmp_path / "work"
    files = run(parse("siblings", tree), noise, folder).files
    assert set(folder.rglob("*.wav")) == set(files.values())
    assert len(set(files.values())) == 4


def test_a_model_is_made_once_and_reused(tmp_path: Path) -> None:
    pool = ModelPool(Runtime(tmp_path))
    first, second = parse("nested", NESTED).runs
    assert pool.get(first.model, first.params) is pool.get(second.model, second.params)
    # It has no network.
    assert pool.models_loaded == ()


# --- ensembles -------------------------------------------------------------------------------------------


def test_an_ensemble_blends_what_its_models_made_and_the_rest_is_what_that_leaves(noise: Path, tmp_path: Path) -> None:
    files = run(parse("both", ENSEMBLE | {"blend": {"weights": [1, 3]}}), noise, tmp_path / "work").files
    mixture, _ = audio.read(noise)
    part, rest = (audio.read(files[stem])[0] for stem in ("a", "b"))
    np.testing.assert_allclose(part, mixture * np.float32((0.5 + 3 * 0.1) / 4), atol=1e-6)
    np.testing.assert_allclose(part + rest, mixture, atol=1e-6)
    assert set((tmp_path / "work").rglob("*.wav")) == set(files.values())


@pytest.mark.parametrize("kind", ["average", "median", "max", "min"])
@pytest.mark.parametrize("domain", ["waveform", "spectrum"])
def test_whatever_the_blend_the_slots_sum_to_the_mixture(kind: str, domain: str, noise: Path, tmp_path: Path) -> None:
    members: list[JsonValue] = [
        "kuielab_a_vocals.onnx",
        "kuielab_b_vocals.onnx",
        {"_": "UVR-MDX-NET-Voc_FT.onnx"},
    ]
    tree: Tree = {"_": members, "blend": {"kind": kind, "domain": domain}, "vocals": "a", "not_vocals": "b"}
    assert parse("three", tree).complete
    shares: list[JsonValue] = ["test_share", *({"_": "test_share", "params": {"share": s}} for s in (0.2, -0.9))]
    files = run(parse("three", ENSEMBLE | {"_": shares, "blend": tree["blend"]}), noise, tmp_path).files
    mixture, _ = audio.read(noise)
    part, rest = (audio.read(files[stem])[0] for stem in ("a", "b"))
    assert part.shape == mixture.shape
    assert np.abs(part + rest - mixture).max() <= 10 ** (-90 / 20)
    # Of 0.5, 0.2 and -0.9 times the same sound.
    expected = {"max": -0.9, "min": 0.2, "median": 0.2 if domain == "waveform" else 0.5}
    expected["average"] = -0.2 / 3 if domain == "waveform" else -1.6 / 3
    np.testing.assert_allclose(part, mixture * np.float32(expected[kind]), atol=1e-4)


def test_only_the_slots_that_a_wanted_stem_needs_are_blended(noise: Path, tmp_path: Path) -> None:
    four = {"low": "a", "mid": "b", "high": "c", "residual": "d"}
    plan = parse("bands", {"_": ["test_bands", "test_bands_too"], **four})
    assert run(plan.only(["b"]), noise, tmp_path / "mid").told[-1] == "leaf b"
    assert {file.name for file in (tmp_path / "mid").rglob("*.wav")} == {"mid.wav"}
    residual = run(plan.only(["d"]), noise, tmp_path / "residual").files["d"]
    mixture, _ = audio.read(noise)
    np.testing.assert_allclose(audio.read(residual)[0], mixture / 4, atol=1e-6)
