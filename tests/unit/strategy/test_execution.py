from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import JsonValue

from stemset import audio
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.errors import Cancelled, ModelFailed
from stemset.models.card import Architecture, ModelCard
from stemset.models.model import AudioSeparator, registered
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.strategy import Done, Run, execute, parse
from stemset.strategy.node_cache import FolderCache

Tree = dict[str, JsonValue]

TWO: Tree = {"_": "test_share", "part": "a", "rest": "b"}
SIBLINGS: Tree = {
    "_": "test_share",
    "part": {"_": "test_share", "params": {"share": 0.25}, "part": "a", "rest": "b"},
    "rest": {"_": "test_share", "params": {"share": 0.75}, "part": "c", "rest": "d"},
}


@dataclass
class Recorder:
    """A Watcher that writes down what it hears; raises Cancelled at the event `cancel_at`."""

    cancel_at: str = ""
    told: list[str] = field(default_factory=list[str])
    fractions: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    cached: dict[str, bool] = field(default_factory=dict[str, bool])
    files: dict[str, Path] = field(default_factory=dict[str, Path])

    def node_started(self, run: Run) -> None:
        self._tell(f"start {run.path}")

    def node_progress(self, run: Run, fraction: float) -> None:
        self.fractions.setdefault(run.path, []).append(fraction)

    def node_done(self, run: Run, done: Done) -> None:
        self.cached[run.path] = done.cached
        self._tell(f"done {run.path}")

    def leaf_ready(self, stem: str, file: Path) -> None:
        self.files[stem] = file
        self._tell(f"leaf {stem}")

    def _tell(self, event: str) -> None:
        self.told.append(event)
        if event == self.cancel_at:
            raise Cancelled


def run(tree: Tree, mixture: Path, folder: Path, recorder: Recorder, cache: FolderCache | None = None) -> None:
    execute(parse("any", tree).root, mixture, folder, ModelPool(Runtime(folder / "models")), recorder, cache)


class Faulty(AudioSeparator):
    """Tells progress as some libraries do, back and forth, and forgets its second slot."""

    model_filename = "faulty"
    output_slots: ClassVar[dict[str, str]] = {"part": "all", "rest": "forgotten"}

    def separate(
        self,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        for fraction in (0.1, 0.7, 0.3, 0.7, 1.4, 0.0):
            progress(fraction)
        samples, rate = audio.read(input_file)
        audio.write(output_dir / "part.wav", samples, rate)
        return {"part": output_dir / "part.wav"}


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the model `Faulty`, which is registered for one test."""
    Faulty.card = ModelCard("Faulty", Architecture.SPECTRAL, "For a test.", 0, 0.0, "any", name="faulty")
    monkeypatch.setitem(registered, "faulty", Faulty)
    return "faulty"


def test_a_tree_runs_depth_first_and_each_nodes_leaves_are_told_before_the_next_begins(
    noise: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    run(SIBLINGS, noise, tmp_path, recorder)
    assert recorder.told == [
        *("start root", "done root"),
        *("start root/part", "done root/part", "leaf a", "leaf b"),
        *("start root/rest", "done root/rest", "leaf c", "leaf d"),
    ]


def test_each_node_splits_what_its_own_slot_of_the_node_above_gave(noise: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    run(SIBLINGS, noise, tmp_path, recorder)
    mixture, _ = audio.read(noise)
    for stem, share in {"a": 0.125, "b": 0.375, "c": 0.375, "d": 0.125}.items():
        np.testing.assert_allclose(audio.read(recorder.files[stem])[0], mixture * share, atol=1e-7)


def test_a_discarded_slot_is_removed_and_no_leaf_is_told_of_it(noise: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    run({**TWO, "rest": None}, noise, tmp_path / "work", recorder)
    assert recorder.told == ["start root", "done root", "leaf a"]
    assert [*(tmp_path / "work").rglob("*.wav")] == [recorder.files["a"]]


def test_a_slot_whose_subtree_is_all_discarded_never_runs(noise: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    run({**TWO, "rest": {"_": "test_broken", "part": None, "rest": None}}, noise, tmp_path, recorder)
    assert recorder.told == ["start root", "done root", "leaf a"]


def test_the_mixture_is_left_alone(noise: Path, tmp_path: Path) -> None:
    before = noise.read_bytes()
    run(SIBLINGS, noise, tmp_path / "work", Recorder())
    assert noise.read_bytes() == before


def test_a_models_failure_ends_the_tree_at_its_node(noise: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    broken: Tree = {"_": "test_broken", "part": "b", "rest": "c"}
    with pytest.raises(ModelFailed, match="always fails"):
        run({"_": "test_share", "part": broken, "rest": "a"}, noise, tmp_path, recorder)
    assert recorder.told == ["start root", "done root", "leaf a", "start root/part"]


def test_a_model_that_forgets_a_slot_is_named_with_its_node(faulty: str, noise: Path, tmp_path: Path) -> None:
    below: Tree = {"_": faulty, "part": "b", "rest": "c"}
    with pytest.raises(ModelFailed, match="faulty gave no rest at root/part"):
        run({"_": "test_share", "part": below, "rest": "a"}, noise, tmp_path, Recorder())


def test_a_slot_that_nobody_wants_may_be_forgotten(faulty: str, noise: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    run({"_": faulty, "part": "a", "rest": None}, noise, tmp_path, recorder)
    np.testing.assert_array_equal(audio.read(recorder.files["a"])[0], audio.read(noise)[0])


def test_progress_never_falls_nor_leaves_0_to_1_whatever_a_model_tells(
    faulty: str, noise: Path, tmp_path: Path
) -> None:
    recorder = Recorder()
    run({"_": faulty, "part": "a", "rest": None}, noise, tmp_path, recorder)
    assert recorder.fractions["root"] == [0.1, 0.7, 0.7, 0.7, 1.0, 1.0]


@pytest.mark.parametrize("event", ["start root", "done root", "start root/part", "leaf a"])
def test_a_watcher_may_cancel_at_any_call(event: str, noise: Path, tmp_path: Path) -> None:
    recorder = Recorder(cancel_at=event)
    with pytest.raises(Cancelled):
        run(SIBLINGS, noise, tmp_path, recorder)
    assert recorder.told[-1] == event


def test_a_cached_node_is_told_as_such_and_gives_the_same_sound(noise: Path, tmp_path: Path) -> None:
    cache = FolderCache(tmp_path / "cache", 10**9)
    first, second = Recorder(), Recorder()
    run(SIBLINGS, noise, tmp_path / "first", first, cache)
    run(SIBLINGS, noise, tmp_path / "second", second, cache)
    paths = ("root", "root/part", "root/rest")
    assert (first.cached, second.cached) == (dict.fromkeys(paths, False), dict.fromkeys(paths, True))
    assert second.told == first.told
    for stem, file in first.files.items():
        np.testing.assert_array_equal(audio.read(second.files[stem])[0], audio.read(file)[0])


def test_below_a_node_with_other_parameters_nothing_is_taken_from_the_cache(noise: Path, tmp_path: Path) -> None:
    cache = FolderCache(tmp_path / "cache", 10**9)
    run(SIBLINGS, noise, tmp_path / "first", Recorder(), cache)
    recorder = Recorder()
    run({**SIBLINGS, "params": {"share": 0.125}}, noise, tmp_path / "second", recorder, cache)
    assert not any(recorder.cached.values())
