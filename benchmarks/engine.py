"""Separation beside audio-separator's command line and Python API, and beside the demucs command line.

python benchmarks/engine.py ROW [ROW…] [--runs 5]

The same weights (random ones of true or tiny size, see weights.py), the same sound, the same overlap, WAV in and out,
everything on the CPU. Exit code 1: a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import throughput
import weights
from harness import BIN, HERE, PYTHON, Goal, Race, Values, cost_of, judge, peer_environment, song, told_by

from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.separation import Observer, Resources, StemFile, separate
from stemset.strategy import parse
from stemset.strategy.node_cache import FolderCache

OURS, OURS_WARM = "stemset", "stemset, warm"
CLI, API = "audio-separator CLI", "audio-separator API, warm"
DEMUCS_CLI = "demucs CLI"
DEMUCS_BIN = HERE / ".venv" / "bin" / "demucs"

MDX_TREE = {
    "_": "kuielab_a_vocals.onnx",
    "vocals": "vocals",
    "not_vocals": {
        "_": "kuielab_b_drums.onnx",
        "drums": "drums",
        "not_drums": {"_": "kuielab_a_bass.onnx", "bass": "bass", "not_bass": "other"},
    },
}
MDX_CHAIN = ("kuielab_a_vocals.onnx", "kuielab_b_drums.onnx", "kuielab_a_bass.onnx")
ROFORMER_TREE = {
    "_": f"{weights.DENOISE}.ckpt",
    "noise": "noise",
    "clean": {
        "_": f"{weights.MEL}.ckpt",
        "not_vocals": "rest",
        "vocals": {"_": f"{weights.KARAOKE}.ckpt", "lead": "lead", "not_lead": "backing"},
    },
}
ROFORMER_CHAIN = (f"{weights.DENOISE}.ckpt", f"{weights.MEL}.ckpt", f"{weights.KARAOKE}.ckpt")


@dataclass(frozen=True)
class Bench:
    """Where things lie, and how often each contestant runs."""

    work: Path
    weights: Path
    runs: int

    def settings(self, models: str, tree: object) -> dict[str, str]:
        """The environment for Stemset with one strategy, named `one`."""
        config = self.work / "config.yaml"
        config.write_text(
            json.dumps({"profiles": {"p": {"title": "P", "strategy": "one"}}, "strategies": {"one": tree}})
        )
        return {
            "STEMSET_CONFIG": str(config),
            "STEMSET_DATA_DIR": str(self.work / "data"),
            "STEMSET_MODELS_DIR": str(self.weights / models),
            "STEMSET_DEVICE": "cpu",
        }

    def ours(self, sound: Path, *options: str) -> list[str | Path]:
        """`stemset separate`."""
        stemset = BIN / "stemset"
        return [stemset, "separate", sound, "--strategy", "one", "-o", self.work / "ours", "--format", "wav", *options]

    def cli(self, models: str, model: str, sound: Path, *options: str) -> list[str | Path]:
        """`audio-separator`, at our overlap. What it writes is not read on: random weights give noise anyway."""
        where = ["--model_file_dir", self.weights / models, "--output_dir", self.work / "theirs"]
        command = [BIN / "audio-separator", sound, "-m", model, *where, "--output_format", "WAV"]
        # Else it would write its WAV through ffmpeg, which takes longer.
        return [*command, "--use_soundfile", "--mdxc_overlap", "2", "--log_level", "error", *options]

    def probe(self, tool: str, what: str, models: str, sound: Path, *names: str) -> list[str | Path]:
        """One process that is looked into; see probe.py."""
        return [PYTHON, HERE / "probe.py", tool, what, self.weights / models, sound, *names]

    @property
    def peers(self) -> dict[str, str]:
        """The environment for the peers."""
        return {**peer_environment(self.work / "peers"), "CUDA_VISIBLE_DEVICES": ""}


def _tree(bench: Bench, models: str, tree: object, chain: tuple[str, ...], bound: float) -> bool:
    sound = song(bench.work / "song.wav", 20)
    settings = bench.settings(models, tree)
    commands = [bench.cli(models, model, sound) for model in chain]
    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: cost_of([bench.ours(sound)], settings),
        CLI: lambda: cost_of(commands, bench.peers),
        OURS_WARM: lambda: told_by(bench.probe("stemset", "warm", models, sound, *chain), settings),
        API: lambda: told_by(bench.probe("audio-separator", "warm", models, sound, *chain), bench.peers),
    }
    goals = [Goal(OURS, CLI, "wall s", bound), Goal(OURS_WARM, CLI, "wall s", bound)]
    return Race(f"A tree of three {models} models, 20 s", contestants, goals).run(bench.runs)


def _outside(bench: Bench) -> bool:
    reached = True
    for models, model, seconds, bound in (
        ("small_mdx", "kuielab_b_drums.onnx", 20, 8),
        ("full_mdx", "Kim_Vocal_2.onnx", 10, 3),
        ("demucs", "htdemucs.yaml", 10, 2),
        ("roformer", f"{weights.MEL}.ckpt", 4, 3),
    ):
        sound = song(bench.work / "song.wav", seconds)
        contestants: dict[str, Callable[[], Values]] = {
            OURS: partial(told_by, bench.probe("stemset", "outside", models, sound, model), {}),
            API: partial(told_by, bench.probe("audio-separator", "outside", models, sound, model), bench.peers),
        }
        race = Race(f"CPU time outside the forward passes, {model}, {seconds} s", contestants)
        race.run(bench.runs)
        values = sorted(run["outside %"] for run in race.results[OURS])
        reached &= judge(f"outside, {model}", values[len(values) // 2], bound, " %")
    return reached


def _start(bench: Bench) -> bool:
    sound = song(bench.work / "song.wav", 20)
    settings = bench.settings("small_mdx", {"_": MDX_CHAIN[0], "vocals": "a", "not_vocals": "b"})

    def until_first(tool: str, environment: dict[str, str]) -> Values:
        begun = time.monotonic()
        told = told_by(bench.probe(tool, "first", "small_mdx", sound, MDX_CHAIN[0]), environment)
        return {"wall s": told["monotonic s"] - begun}

    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: until_first("stemset", settings),
        CLI: lambda: until_first("audio-separator", bench.peers),
    }
    goals = [Goal(OURS, CLI, "wall s", 0.5)]
    return Race("From the start to the first forward pass, small MDX", contestants, goals).run(bench.runs)


def _load(bench: Bench) -> bool:
    sound, model = song(bench.work / "song.wav", 1), f"{weights.MEL}.ckpt"
    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: told_by(bench.probe("stemset", "load", "roformer", sound, model), {}),
        API: lambda: told_by(bench.probe("audio-separator", "load", "roformer", sound, model), bench.peers),
    }
    goals = [Goal(OURS, API, "load s", 0.1)]
    return Race("Loading a MelBand-Roformer of true size (913 MB)", contestants, goals).run(bench.runs)


def _memory(bench: Bench) -> bool:
    sound, model = song(bench.work / "song.wav", 2), f"{weights.MEL}.ckpt"
    settings = bench.settings("roformer", {"_": model, "vocals": "vocals", "not_vocals": "rest"})
    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: cost_of([bench.ours(sound)], settings),
        CLI: lambda: cost_of([bench.cli("roformer", model, sound)], bench.peers),
    }
    return Race("A MelBand-Roformer of true size on 2 s", contestants, [Goal(OURS, CLI, "peak MB", 0.6)]).run(
        bench.runs
    )


def _growth(bench: Bench) -> bool:
    reached = True
    for models, model, slots in (
        ("small_mdx", MDX_CHAIN[0], ("vocals", "not_vocals")),
        ("tiny_roformer", f"{weights.MEL}.ckpt", ("vocals", "not_vocals")),
    ):
        settings = bench.settings(models, {"_": model, **{slot: slot for slot in slots}})
        short, long = (
            cost_of([bench.ours(song(bench.work / "song.wav", 60 * minutes))], settings)["peak MB"]
            for minutes in (3, 30)
        )
        print(f"\nPeak memory of {model}: {short:.0f} MB for 3 minutes, {long:.0f} MB for 30")
        reached &= judge(f"growth, {model}", long - short, 150, " MB")
    return reached


def _demucs_ft(bench: Bench) -> bool:
    sound = song(bench.work / "song.wav", 15)
    stems = {stem: stem for stem in ("vocals", "drums", "bass", "other")}
    settings = bench.settings("demucs", {"_": "htdemucs_ft.yaml", **stems})
    contestants: dict[str, Callable[[], Values]] = {
        OURS: lambda: cost_of([bench.ours(sound, "--only", "bass,drums,other")], settings),
        CLI: lambda: cost_of([bench.cli("demucs", "htdemucs_ft.yaml", sound)], bench.peers),
    }
    goals = [Goal(OURS, CLI, "wall s", 0.4)]
    if DEMUCS_BIN.exists():
        command = [DEMUCS_BIN, "-n", "htdemucs_ft", "--repo", bench.weights / "demucs", "-d", "cpu"]
        contestants[DEMUCS_CLI] = lambda: cost_of([[*command, "-o", bench.work / "theirs", sound]], {})
        goals.append(Goal(OURS, DEMUCS_CLI, "wall s", 0.78))
    else:
        print(f"{DEMUCS_BIN} is not there, so the demucs CLI is left out; see requirements-demucs.txt", file=sys.stderr)
    return Race("htdemucs_ft for bass, drums and other, 15 s", contestants, goals).run(bench.runs)


def _shared_node(bench: Bench) -> bool:
    sound, name = song(bench.work / "song.wav", 240), "percussive"
    pool = ModelPool(Runtime(bench.weights / "small_mdx", "cpu"))
    first = parse("first", {"_": name, "drums": "drums", "not_drums": "rest"})
    bass = {"_": "low_end", "bass": "bass", "not_bass": "other"}
    second = parse("second", {"_": name, "drums": "drums", "not_drums": bass})

    def again() -> Values:
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            cache = FolderCache(Path(folder) / "cache", 10**10)
            separate(sound, first, Path(folder) / "first", resources=Resources(pool, cache))
            manifest = separate(sound, second, Path(folder) / "second", resources=Resources(pool, cache)).manifest
        assert manifest.nodes[0].cached
        return {"shared node s": manifest.nodes[0].seconds}

    race = Race("The first node of a second strategy, which the first has done, 240 s", {OURS: again})
    race.run(bench.runs)
    values = sorted(run["shared node s"] for run in race.results[OURS])
    return judge("shared node", values[len(values) // 2], 1.0, " s")


def _first_stem(bench: Bench) -> bool:
    sound, plan = song(bench.work / "song.wav", 60), parse("one", MDX_TREE)
    pool = ModelPool(Runtime(bench.weights / "small_mdx", "cpu"))

    class Recorder(Observer):
        first: float | None = None

        def stem_ready(self, stem: StemFile) -> None:
            self.first = self.first or time.monotonic()

    def run() -> Values:
        recorder, begun = Recorder(), time.monotonic()
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            separate(sound, plan, Path(folder), resources=Resources(pool), observer=recorder)
        total = time.monotonic() - begun
        assert recorder.first is not None
        return {
            "first stem s": recorder.first - begun,
            "total s": total,
            "share %": 100 * (recorder.first - begun) / total,
        }

    run()
    race = Race("The first stem of a tree of three small MDX models, 60 s, warm", {OURS: run})
    race.run(bench.runs)
    values = sorted(run["share %"] for run in race.results[OURS])
    return judge("first stem, share of the total", values[len(values) // 2], 45, " %")


def _throughput(bench: Bench) -> bool:
    def cli(sound: Path) -> list[str | Path]:
        return bench.cli("small_mdx", throughput.MODEL, sound)

    return throughput.race(bench.work, bench.weights / "small_mdx", cli, bench.peers, bench.runs)


ROWS: dict[str, Callable[[Bench], bool]] = {
    "mdx-tree": lambda bench: _tree(bench, "small_mdx", MDX_TREE, MDX_CHAIN, 0.33),
    "roformer-tree": lambda bench: _tree(bench, "tiny_roformer", ROFORMER_TREE, ROFORMER_CHAIN, 0.48),
    "outside": _outside,
    "start": _start,
    "load": _load,
    "memory": _memory,
    "growth": _growth,
    "demucs-ft": _demucs_ft,
    "shared-node": _shared_node,
    "first-stem": _first_stem,
    "throughput": _throughput,
}


def main() -> None:
    """Run the rows that are named."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", nargs="+", choices=[*ROWS, "all"], metavar="ROW", help=", ".join([*ROWS, "all"]))
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--weights", type=Path, default=HERE / ".weights", help="made there where they are absent")
    chosen = options.parse_args()
    # In a process of its own: what this one takes counts as a peak of those that it starts.
    names = ("small_mdx", "full_mdx", "tiny_roformer", "roformer", "demucs")
    subprocess.run([PYTHON, HERE / "weights.py", chosen.weights, *names], check=True)
    rows = list(ROWS) if "all" in chosen.rows else chosen.rows
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), chosen.weights.resolve(), chosen.runs)
        sys.exit(not all([ROWS[row](bench) for row in rows]))  # noqa: C419 - all are run


if __name__ == "__main__":
    main()
