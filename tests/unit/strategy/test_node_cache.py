from __future__ import annotations

import errno
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pytest
from pydantic import JsonValue
from typing_extensions import override

import stemset
from stemset import audio, strategy
from stemset.concurrency.progress import Progress, ignore_progress
from stemset.models import registry
from stemset.models.model import ModelFacts
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.strategy import node_cache as cache_module
from stemset.strategy.node_cache import FolderCache, hash_code, node_key, pcm_hash
from tests.support.models import Share, ShareParams
from tests.support.waiting import LIMIT_S

Tree = dict[str, JsonValue]

MANY = 1 << 30
FACTS = ModelFacts("cpu", {"library": "1"}, {})
NESTED: Tree = {"_": "test_share", "part": "first", "rest": {"_": "test_share", "part": "second", "rest": "third"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> FolderCache:
    return FolderCache(folder, MANY)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The inputs of the test model, one for each time that it really ran."""
    inputs: list[Path] = []
    separate = Share.separate

    def counting(
        self: Share,
        input_file: Path,
        output_dir: Path,
        progress: Progress = ignore_progress,
        wanted: Collection[str] | None = None,
    ) -> dict[str, Path]:
        inputs.append(input_file)
        return separate(self, input_file, output_dir, progress, wanted)

    monkeypatch.setattr(Share, "separate", counting)
    return inputs


class Told:
    """A Watcher that notes which nodes came from the cache, and each leaf's samples."""

    def __init__(self) -> None:
        self.cached: dict[str, bool] = {}
        self.keys: dict[str, str | None] = {}
        self.leaves: dict[str, np.ndarray] = {}

    def node_started(self, run: strategy.Run) -> None: ...

    def node_progress(self, run: strategy.Run, fraction: float) -> None: ...

    def node_done(self, run: strategy.Run, done: strategy.Done) -> None:
        self.cached[run.path] = done.cached
        self.keys[run.path] = done.cache_key

    def leaf_ready(self, stem: str, file: Path) -> None:
        self.leaves[stem] = audio.read(file)[0]


def run(tree: Tree, mixture: Path, work: Path, cache: FolderCache | None, only: tuple[str, ...] = ()) -> Told:
    plan = strategy.parse("any", tree)
    told = Told()
    root = plan.only(only).root if only else plan.root
    strategy.execute(root, mixture, work, ModelPool(Runtime(work / "models")), told, cache)
    return told


def outputs(folder: Path, frames: int = 1000, **slots: float) -> dict[str, Path]:
    files = {slot: folder / f"{slot}.wav" for slot in slots}
    for slot, level in slots.items():
        audio.write(files[slot], np.full((2, frames), level, np.float32), 44_100)
    return files


def entries(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()} if folder.exists() else set()


def test_what_is_kept_under_a_key_can_be_forgotten(noise: Path, tmp_path: Path, cache: FolderCache) -> None:
    key = run(ALONE, noise, tmp_path / "first", cache).keys["root"]
    assert key is not None
    cache.forget([key, key, "0" * 64])
    assert run(ALONE, noise, tmp_path / "second", cache).cached == {"root": False}


# --- ensembles -------------------------------------------------------------------------------------------

QUARTER: Tree = {"_": "test_share", "params": {"share": 0.25}}
ALONE: Tree = {**QUARTER, "part": "first", "rest": "second"}
BLENDED: Tree = {"_": ["test_share", QUARTER], "part": "first", "rest": "second"}


def test_each_model_of_an_ensemble_is_taken_from_what_it_made_before(
    noise: Path, tmp_path: Path, cache: FolderCache
) -> None:
    run(ALONE, noise, tmp_path / "alone", cache)
    fresh = run(BLENDED, noise, tmp_path / "fresh", None)
    blended = run(BLENDED, noise, tmp_path / "blended", cache)
    assert blended.cached == {"root.1": False, "root.2": True}
    again = run(BLENDED, noise, tmp_path / "again", cache)
    assert again.cached == {"root.1": True, "root.2": True}
    for told in (blended, again):
        for stem, samples in fresh.leaves.items():
            np.testing.assert_array_equal(told.leaves[stem], samples)


@pytest.mark.parametrize("only", [(), ("first",), ("second",)])
def test_what_an_ensemble_made_serves_one_of_its_models_alone(
    only: tuple[str, ...], noise: Path, tmp_path: Path, cache: FolderCache
) -> None:
    run(BLENDED, noise, tmp_path / "blended", cache, only)
    assert run(ALONE, noise, tmp_path / "alone", cache, only).cached == {"root": True}


# --- keys ------------------------------------------------------------------------------------------------


def test_the_same_samples_have_the_same_hash_whenever_they_were_written(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, (2, 5000)).astype(np.float32)
    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    audio.write(first, samples, 44_100)
    # The PEAK chunk of a float WAV holds the time at which it was written.
    content = bytearray(first.read_bytes())
    at = content.index(b"PEAK") + 12
    content[at : at + 4] = b"\1\2\3\4"
    second.write_bytes(content)
    assert first.read_bytes() != second.read_bytes()
    assert pcm_hash(first) == pcm_hash(second)


@pytest.mark.parametrize(("rate", "frames", "level"), [(48_000, 100, 0.5), (44_100, 101, 0.5), (44_100, 100, 0.25)])
def test_other_samples_another_length_or_another_rate_have_another_hash(
    rate: int, frames: int, level: float, tmp_path: Path
) -> None:
    audio.write(tmp_path / "a.wav", np.full((2, 100), 0.5, np.float32), 44_100)
    audio.write(tmp_path / "b.wav", np.full((2, frames), level, np.float32), rate)
    assert pcm_hash(tmp_path / "a.wav") != pcm_hash(tmp_path / "b.wav")


class Weighty(Share):
    """Says that it has these facts."""

    told = FACTS

    @override
    def facts(self) -> ModelFacts:
        return self.told


def weighty(weights: Mapping[str, str], versions: Mapping[str, str], share: float = 0.5) -> Weighty:
    model = Weighty(ShareParams(share=share), Runtime(Path("unused")))
    model.told = ModelFacts("cpu", dict(versions), dict(weights))
    return model


def test_a_key_depends_on_input_weights_parameters_and_engine() -> None:
    keys = [
        node_key(weighty({"a": "1"}, {"torch": "1"}), "x"),
        node_key(weighty({"a": "1"}, {"torch": "1"}), "y"),
        node_key(weighty({"a": "2"}, {"torch": "1"}), "x"),
        node_key(weighty({"a": "1"}, {"torch": "2"}), "x"),
        node_key(weighty({"a": "1"}, {"torch": "1"}, share=0.25), "x"),
    ]
    assert len(set(keys)) == len(keys)
    assert node_key(weighty({"a": "1"}, {"torch": "1"}), "x") == keys[0]


def test_a_model_whose_weights_are_not_there_yet_has_no_key(tmp_path: Path) -> None:
    model = registry.find("htdemucs.yaml")
    assert node_key(model(model.card.params(), Runtime(tmp_path)), "x") is None


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources."""
    copied = tmp_path_factory.mktemp("package") / "stemset"
    return shutil.copytree(Path(inspect.getfile(stemset)).parent, copied, ignore=shutil.ignore_patterns("*.pyc"))


@pytest.mark.parametrize(
    "source",
    [
        "models/builtin/rank_filters.py",
        "models/networks/architectures/vr.py",
        "models/networks/inference/overlap_add.py",
        "models/networks/separator.py",
        "models/networks/slot_names.py",
        "models/model.py",
        "models/pretrained/model.py",
        "audio/pcm.py",
    ],
)
def test_a_change_of_code_that_computes_gives_other_keys(source: str, package: Path) -> None:
    before, content = hash_code(package), (package / source).read_text()
    (package / source).write_text(content + "\nCHANGED = True\n")
    assert hash_code(package) != before
    (package / source).write_text(content)
    assert hash_code(package) == before


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        ("models/pretrained/atomic.py", 'licence="MIT"', 'licence="MIT License"'),
        ("models/pretrained/atomic.py", "Takes hiss and hum off a recording.", "Removes hiss and hum."),
        ("models/card.py", "spectral masks", "masks over a spectrum"),
        ("models/weights/download.py", "_TRIES = 4", "_TRIES = 5"),
        ("models/registry.py", "The models by name.", "Models by name."),
        ("strategy/blending.py", "_BLOCK_S = 5.0", "_BLOCK_S = 6.0"),
        ("audio/peaks.py", '"""', '"""Peaks. '),
    ],
)
def test_a_change_of_what_is_said_of_models_leaves_keys_as_they_are(
    source: str, old: str, new: str, package: Path
) -> None:
    before, content = hash_code(package), (package / source).read_text()
    assert old in content
    (package / source).write_text(content.replace(old, new, 1))
    assert hash_code(package) == before


def test_the_code_of_a_model_from_elsewhere_counts(tmp_path: Path, package: Path) -> None:
    (tmp_path / "model.py").write_text("GAIN = 1")
    before = hash_code(package, [tmp_path / "model.py"])
    (tmp_path / "model.py").write_text("GAIN = 2")
    assert hash_code(package, [tmp_path / "model.py"]) != before != hash_code(package)


# --- entries ---------------------------------------------------------------------------------------------


def test_what_is_kept_is_given_back_with_its_facts(cache: FolderCache, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1, rest=0.2)
    hashes = cache.put("k", made, ["part", "rest"], FACTS)
    assert hashes == {slot: pcm_hash(file) for slot, file in made.items()}
    (tmp_path / "work").mkdir()
    kept = cache.get("k", ["rest", "part"], tmp_path / "work")
    assert kept is not None
    assert kept.facts == FACTS
    assert kept.hashes == hashes
    assert {slot: pcm_hash(file) for slot, file in kept.files.items()} == hashes


def test_nothing_is_copied(cache: FolderCache, folder: Path, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1)
    cache.put("k", made, ["part"], FACTS)
    (tmp_path / "work").mkdir()
    kept = cache.get("k", ["part"], tmp_path / "work")
    assert kept is not None
    assert kept.files["part"].samefile(made["part"])
    assert kept.files["part"].samefile(folder / "k" / "part.wav")


def test_what_was_taken_stays_although_the_entry_goes(folder: Path, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1)
    size = made["part"].stat().st_size
    cache = FolderCache(folder, size * 3 // 2)
    cache.put("first", made, ["part"], FACTS)
    (tmp_path / "work").mkdir()
    kept = cache.get("first", ["part"], tmp_path / "work")
    (tmp_path / "other").mkdir()
    cache.put("second", outputs(tmp_path / "other", part=0.3), ["part"], FACTS)
    assert entries(folder) == {"second"}
    assert kept is not None
    assert pcm_hash(kept.files["part"]) == kept.hashes["part"]


def test_an_entry_has_the_slots_that_were_wanted_and_no_more(cache: FolderCache, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1, rest=0.2)
    cache.put("k", made, ["part"], FACTS)
    (tmp_path / "work").mkdir()
    assert cache.get("k", ["part", "rest"], tmp_path / "work") is None
    assert list((tmp_path / "work").iterdir()) == []
    cache.put("k", made, ["rest"], FACTS)
    assert cache.get("k", ["part", "rest"], tmp_path / "work") is not None


def test_the_entries_unused_for_longest_go_first(folder: Path, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1)
    cache = FolderCache(folder, int(made["part"].stat().st_size * 3.5))
    for age, key in enumerate(("c", "b", "a")):
        cache.put(key, made, ["part"], FACTS)
        os.utime(folder / key / "entry.json", (1_000 + age, 1_000 + age))
    (tmp_path / "work").mkdir()
    assert cache.get("c", ["part"], tmp_path / "work") is not None
    cache.put("d", made, ["part"], FACTS)
    assert entries(folder) == {"a", "c", "d"}


def test_what_is_larger_than_the_cache_is_not_kept(folder: Path, tmp_path: Path) -> None:
    made = outputs(tmp_path, part=0.1)
    assert FolderCache(folder, 100).put("k", made, ["part"], FACTS) == {"part": pcm_hash(made["part"])}
    assert entries(folder) == set()


def flip_a_sample(entry: Path) -> None:
    content = bytearray((entry / "part.wav").read_bytes())
    content[-5] ^= 1
    (entry / "part.wav").write_bytes(content)


def cut(entry: Path) -> None:
    (entry / "part.wav").write_bytes((entry / "part.wav").read_bytes()[:1000])


def replace_by_text(entry: Path) -> None:
    size = (entry / "part.wav").stat().st_size
    (entry / "part.wav").write_bytes(b"x" * size)


def lose(entry: Path) -> None:
    (entry / "part.wav").unlink()


def cut_the_record(entry: Path) -> None:
    (entry / "entry.json").write_bytes((entry / "entry.json").read_bytes()[:20])


@pytest.mark.parametrize("damage", [flip_a_sample, cut, replace_by_text, lose, cut_the_record])
def test_a_damaged_entry_is_a_miss_and_goes(
    damage: Callable[[Path], None], cache: FolderCache, folder: Path, tmp_path: Path
) -> None:
    made = outputs(tmp_path, part=0.1)
    cache.put("k", made, ["part"], FACTS)
    damage(folder / "k")
    (tmp_path / "work").mkdir()
    assert cache.get("k", ["part"], tmp_path / "work") is None
    assert list((tmp_path / "work").iterdir()) == []
    assert entries(folder) == set()


def test_what_a_killed_process_left_half_done_goes_in_time(cache: FolderCache, folder: Path, tmp_path: Path) -> None:
    for name, age_s in ((".old", 7200), (".young", 60)):
        (folder / name).mkdir(parents=True)
        then = folder.stat().st_mtime - age_s
        os.utime(folder / name, (then, then))
    cache.put("k", outputs(tmp_path, part=0.1), ["part"], FACTS)
    assert entries(folder) == {".young", "k"}


def test_a_full_disk_only_means_that_nothing_is_kept(
    cache: FolderCache, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    made = outputs(tmp_path, part=0.1)
    cache.put("k", made, ["part"], FACTS)
    monkeypatch.setattr(cache_module, "_link", full)
    assert cache.put("other", made, ["part"], FACTS) == {"part": pcm_hash(made["part"])}
    assert cache.get("k", ["part"], tmp_path / "work") is None
    # Not its fault.
    assert entries(folder) == {"k"}


def test_a_file_system_without_hard_links_gets_copies(
    cache: FolderCache, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    made = outputs(tmp_path, part=0.1)
    cache.put("k", made, ["part"], FACTS)
    assert not made["part"].samefile(folder / "k" / "part.wav")
    (tmp_path / "work").mkdir()
    assert cache.get("k", ["part"], tmp_path / "work") is not None


_HAMMER = """
import sys
from pathlib import Path
from stemset.strategy.node_cache import FolderCache, pcm_hash
from stemset.models.model import ModelFacts

folder, made, work = map(Path, sys.argv[1:])
work.mkdir()
file = made / "part.wav"
hashed = pcm_hash(file)
cache = FolderCache(folder, int(file.stat().st_size * 2.5))
taken = 0
for turn in range(150):
    key = "abcd"[turn % 4]
    cache.put(key, {"part": file}, ["part"], ModelFacts())
    kept = cache.get("abcd"[(turn * 3) % 4], ["part"], work)
    if kept:
        taken += 1
        assert pcm_hash(kept.files["part"]) == hashed
        kept.files["part"].unlink()
assert taken > 10, taken
"""


def test_several_processes_share_a_cache(folder: Path, tmp_path: Path) -> None:
    outputs(tmp_path, part=0.1)
    processes = [
        subprocess.Popen([sys.executable, "-c", _HAMMER, str(folder), str(tmp_path), str(tmp_path / f"work{number}")])
        for number in range(3)
    ]
    assert [process.wait(LIMIT_S) for process in processes] == [0, 0, 0]
    assert entries(folder) <= set("abcd")


# --- trees -----------------------------------------------------------------------------------------------


def test_a_tree_that_was_run_before_runs_no_model(
    noise: Path, tmp_path: Path, cache: FolderCache, runs: list[Path]
) -> None:
    plain = run(NESTED, noise, tmp_path / "plain", None)
    runs.clear()
    first = run(NESTED, noise, tmp_path / "first", cache)
    assert first.cached == {"root": False, "root/rest": False}
    assert len(runs) == 2
    again = run(NESTED, noise, tmp_path / "again", cache)
    assert again.cached == {"root": True, "root/rest": True}
    assert len(runs) == 2
    for stem, samples in plain.leaves.items():
        assert np.array_equal(first.leaves[stem], samples)
        assert np.array_equal(again.leaves[stem], samples)


def test_a_run_that_broke_off_goes_on_where_it_was(
    noise: Path, tmp_path: Path, cache: FolderCache, runs: list[Path]
) -> None:
    class Killed(BaseException):
        pass

    class Kill(Told):
        @override
        def node_started(self, run: strategy.Run) -> None:
            if run.path == "root/rest":
                raise Killed

    root = strategy.parse("any", NESTED).root
    with pytest.raises(Killed):
        strategy.execute(root, noise, tmp_path / "first", ModelPool(Runtime(tmp_path)), Kill(), cache)
    assert len(runs) == 1
    assert run(NESTED, noise, tmp_path / "again", cache).cached == {"root": True, "root/rest": False}
    assert len(runs) == 2


def test_another_strategy_that_begins_alike_skips_what_is_alike(
    noise: Path, tmp_path: Path, cache: FolderCache, runs: list[Path]
) -> None:
    run(NESTED, noise, tmp_path / "one", cache)
    other: Tree = {
        "_": "test_share",
        "part": {"_": "test_share", "part": "a", "rest": "b"},
        "rest": {"_": "test_share", "params": {"share": 0.25}, "part": "c", "rest": "d"},
    }
    runs.clear()
    told = run(other, noise, tmp_path / "two", cache)
    # Half and half: both outputs of the first node are the same sound, and so its two subtrees would be as well
    # but for their parameters.
    assert told.cached == {"root": True, "root/part": True, "root/rest": False}
    assert len(runs) == 1


def test_a_node_kept_for_fewer_slots_runs_again_for_more(
    noise: Path, tmp_path: Path, cache: FolderCache, runs: list[Path]
) -> None:
    run(NESTED, noise, tmp_path / "one", cache, only=("first",))
    assert run(NESTED, noise, tmp_path / "two", cache, only=("first",)).cached == {"root": True}
    whole = run(NESTED, noise, tmp_path / "three", cache)
    assert whole.cached == {"root": False, "root/rest": False}
    assert set(whole.leaves) == {"first", "second", "third"}
    assert run(NESTED, noise, tmp_path / "four", cache, only=("third",)).cached == {"root": True, "root/rest": True}


def test_only_leaves_stay_of_a_cached_tree(noise: Path, tmp_path: Path, cache: FolderCache) -> None:
    tree: Tree = {"_": "test_share", "part": None, "rest": {"_": "test_share", "part": "a", "rest": None}}
    for folder in ("one", "two"):
        run(tree, noise, tmp_path / folder, cache)
        assert [file.relative_to(tmp_path / folder) for file in (tmp_path / folder).rglob("*.wav")] == [
            Path("root/rest/part.wav")
        ]


def test_what_two_runs_made_of_one_node_is_kept_together(noise: Path, tmp_path: Path, cache: FolderCache) -> None:
    model = Share(ShareParams(), Runtime(tmp_path))
    model.separate(noise, tmp_path)
    for slot in ("part", "rest"):
        cache.put("key", {slot: tmp_path / f"{slot}.wav"}, [slot], ModelFacts())
    (tmp_path / "out").mkdir()
    kept = cache.get("key", ["part", "rest"], tmp_path / "out")
    assert kept
    assert set(kept.files) == {"part", "rest"}
