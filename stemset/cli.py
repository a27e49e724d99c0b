"""The command line.

Exit code 2: the command was used wrongly. 1: it failed. Results go to stdout, all else to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from math import log10
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table
from rich.tree import Tree

from stemset import __version__
from stemset.audio import AudioFormat
from stemset.config import Config, WorkerSettings, json_schema, load_config
from stemset.errors import Cancelled, NotFound, StemsetError
from stemset.logs import configure_logging
from stemset.models import registry, weights
from stemset.models.base import Runtime
from stemset.models.pool import ModelPool
from stemset.separation import SILENCE_DB, Listener, Separation, StemFile, separate
from stemset.strategy import Branch, Leaf, Node, Strategy

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Separate songs into stems.")
config_app = typer.Typer(no_args_is_help=True, help="Check config.yaml.")
models_app = typer.Typer(no_args_is_help=True, help="The models and their weights.")
bench_app = typer.Typer(no_args_is_help=True, help="Measure quality.")
app.add_typer(config_app, name="config")
app.add_typer(models_app, name="models")
app.add_typer(bench_app, name="bench")

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
StrategyName = Annotated[str | None, typer.Option("--strategy", "-s", help="Default: that of the first profile.")]


def main() -> None:
    """Entry point: a user's mistake ends in one line, not in a traceback."""
    try:
        app()
    except Cancelled:
        err.print("Stopped.")
        sys.exit(1)
    except StemsetError as error:
        err.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit


# --- separate --------------------------------------------------------------------------------------------


@app.command("separate")
def separate_command(
    song: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Any audio or video file.")],
    strategy: StrategyName = None,
    only: Annotated[str | None, typer.Option(help="Stems to make, separated by commas; default: all.")] = None,
    output_format: Annotated[AudioFormat | None, typer.Option("--format", help="Default: that of config.yaml.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder; default: SONG-stems, here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Split SONG into stems, without server or database."""
    settings = WorkerSettings()
    config = load_config(settings.config)
    plan = _strategy(config, strategy)
    wanted = _stems(plan, only)
    folder = output or Path(f"{song.stem}-stems")
    with _progress_bars(plan if wanted is None else plan.only(wanted)) as listener:
        result = separate(
            song,
            plan,
            folder,
            only=wanted,
            output_format=output_format or config.output.format,
            bit_depth=config.output.bit_depth,
            pool=ModelPool(Runtime(settings.weights_dir, settings.device)),
            listener=listener,
        )
    _print_separation(result, as_json=as_json)


def _strategy(config: Config, name: str | None) -> Strategy:
    chosen = name or config.profiles[config.default_profile].strategy
    if chosen not in config.strategies:
        raise typer.BadParameter(f"unknown strategy {chosen!r}; choose one of: {', '.join(config.strategies)}")
    return config.strategies[chosen]


def _stems(plan: Strategy, only: str | None) -> tuple[str, ...] | None:
    if only is None:
        return None
    stems = tuple(stem.strip() for stem in only.split(",") if stem.strip())
    try:
        plan.only(stems)
    except NotFound as error:
        raise typer.BadParameter(str(error)) from None
    return stems


def _print_separation(result: Separation, *, as_json: bool) -> None:
    if as_json:
        files = {name: str(stem.file) for name, stem in result.stems.items()}
        manifest = result.manifest.model_dump(mode="json")
        print(json.dumps({"stems": files, "manifest_file": str(result.manifest_file), "manifest": manifest}))  # noqa: T201
        return
    table = Table("stem", "file", "peak dB", "LUFS", box=None)
    for name, stem in result.stems.items():
        lufs = "silent" if stem.record.lufs is None else f"{stem.record.lufs:.1f}"
        table.add_row(name, str(stem.file), _decibels(stem.record.peak), lufs)
    out.print(table)
    residual = result.manifest.sum_to_mixture_db
    if residual is not None:
        off = "nothing, they sum exactly" if residual <= SILENCE_DB else f"{residual:.1f} dBFS at most"
        out.print(f"sum of the stems minus the song: {off}", highlight=False)


def _decibels(peak: float) -> str:
    return f"{20 * log10(peak):.1f}" if peak > 0 else "-inf"


class _Bars(Listener):
    """A progress bar per node."""

    def __init__(self, progress: Progress, plan: Strategy) -> None:
        self.progress = progress
        self.tasks: dict[str, TaskID] = {}
        for node in plan.nodes:
            depth = node.path.count("/")
            label = f"{'  ' * depth}{registry.card(node.model.model_filename).title}"
            self.tasks[node.path] = progress.add_task(label, total=1.0, start=False, note="waiting")

    def node_started(self, node: Node) -> None:
        self.progress.start_task(self.tasks[node.path])
        self.progress.update(self.tasks[node.path], note="")

    def node_progress(self, node: Node, fraction: float) -> None:
        self.progress.update(self.tasks[node.path], completed=fraction)

    def node_done(self, node: Node, seconds: float) -> None:
        self.progress.update(self.tasks[node.path], completed=1.0, note=f"{seconds:.1f} s")

    def stem_ready(self, stem: StemFile) -> None:
        self.progress.console.print(f"{stem.record.name} is ready: {stem.file}", highlight=False, soft_wrap=True)


@contextmanager
def _progress_bars(plan: Strategy) -> Generator[Listener]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=err) as progress:
        yield _Bars(progress, plan)


# --- what there is ---------------------------------------------------------------------------------------


@app.command("strategies")
def strategies_command(as_json: AsJson = False) -> None:
    """Draw each strategy of config.yaml as a tree."""
    config = load_config(WorkerSettings().config)
    if as_json:
        print(json.dumps({name: plan.tree for name, plan in config.strategies.items()}))  # noqa: T201
        return
    for plan in config.strategies.values():
        tree = Tree(f"[bold]{plan.name}[/] → {', '.join(plan.stems)}")
        _draw(tree, None, plan.root)
        out.print(tree)


def _draw(tree: Tree, slot: str | None, branch: Branch) -> None:
    label = f"{slot}: " if slot else ""
    match branch:
        case None:
            tree.add(f"[dim]{label}discarded[/]")
        case Leaf(stem):
            tree.add(f"{label}[green]{stem}[/]")
        case Node():
            below = tree.add(f"{label}[cyan]{branch.model.model_filename}[/]")
            for name, child in branch.branches.items():
                _draw(below, name, child)


@config_app.command("check")
def config_check() -> None:
    """Validate config.yaml; the first mistake is told with its place and the choices."""
    path = WorkerSettings().config
    config = load_config(path)
    out.print(
        f"{path}: {len(config.profiles)} profiles, {len(config.strategies)} strategies, all valid", highlight=False
    )


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    print(json.dumps(json_schema(), indent=2))  # noqa: T201


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """List the models with slots, size and published quality."""
    cards = {name: (registry.find(name), registry.card(name)) for name in registry.names()}
    if as_json:
        facts = {
            name: {
                "title": card.title,
                "architecture": card.architecture.value,
                "slots": model.output_slots,
                "size_bytes": card.size_bytes,
                "licence": card.licence,
                "scores": [{"slot": s.slot, "sdr_db": s.sdr_db, "source": s.source} for s in card.scores],
            }
            for name, (model, card) in cards.items()
        }
        print(json.dumps(facts))  # noqa: T201
        return
    table = Table(Column("model", overflow="fold", min_width=24), "slots", "size", "SDR dB", "licence", box=None)
    for name, (model, card) in cards.items():
        size = f"{card.size_bytes / 1e6:.0f} MB" if card.size_bytes else "built in"
        scores = ", ".join(f"{score.slot} {score.sdr_db:.2f}" for score in card.scores)
        table.add_row(name, ", ".join(model.output_slots), size, scores, card.licence or "not stated")
    out.print(table)


@models_app.command("download")
def models_download(names: Annotated[list[str], typer.Argument(help="Models, or strategies of config.yaml.")]) -> None:
    """Fetch the weights of models, or of all models of a strategy, into the models folder."""
    settings = WorkerSettings()
    strategies = load_config(settings.config).strategies
    models: dict[str, None] = {}
    for name in names:
        if name not in strategies and name not in registry.names():
            known = ", ".join((*strategies, *registry.names()))
            raise typer.BadParameter(f"unknown model or strategy {name!r}; choose from: {known}")
        wanted = [node.model.model_filename for node in strategies[name].nodes] if name in strategies else [name]
        models |= dict.fromkeys(wanted)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err) as progress:
        for model in models:
            task = progress.add_task(model, total=None)
            fetched = weights.download(
                model,
                settings.weights_dir,
                lambda done, whole, task=task: progress.update(task, completed=done, total=whole),
            )
            progress.update(task, total=1, completed=1)
            out.print(
                f"{model}: {len(fetched)} files fetched" if fetched else f"{model}: already there", soft_wrap=True
            )


@models_app.command("path")
def models_path() -> None:
    """Print the folder of weights; STEMSET_MODELS_DIR names another."""
    print(WorkerSettings().weights_dir.resolve())  # noqa: T201


@app.command("demo")
def demo_command(output: Annotated[Path, typer.Option("--output", "-o")] = Path("demo-song")) -> None:
    """Render the demo song and its true stems."""
    from stemset.demo import render  # noqa: PLC0415

    song = render(output)
    out.print(f"{song.mixture}, and its stems: {', '.join(song.stems)}", highlight=False, soft_wrap=True)


@bench_app.command("quality")
def bench_quality(
    reference: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Songs with their true stems.")],
    strategy: StrategyName = None,
    as_json: AsJson = False,
) -> None:
    """Separate songs whose stems are known and print SDR beside two yardsticks."""
    from stemset.bench.quality import measure  # noqa: PLC0415

    settings = WorkerSettings()
    plan = _strategy(load_config(settings.config), strategy)
    report = measure(
        reference,
        plan,
        ModelPool(Runtime(settings.weights_dir, settings.device)),
        lambda song: err.print(f"{song.song}: {song.times_real_time:.1f} × real time", highlight=False),
    )
    if as_json:
        print(report.model_dump_json())  # noqa: T201
    else:
        out.print(report.table())


# --- service ---------------------------------------------------------------------------------------------


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve API and page, and run a worker, until Ctrl-C."""
    from stemset import serve  # noqa: PLC0415

    serve.run(host, port)


@app.command("worker")
def worker_command() -> None:
    """Run jobs from the queue until Ctrl-C."""
    from stemset.worker import serve_worker  # noqa: PLC0415

    settings = WorkerSettings()
    configure_logging(settings.log_format)
    serve_worker(settings)
