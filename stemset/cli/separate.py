"""`stemset separate`: one song into stems, without server or database."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from math import log10
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from stemset.audio import AudioFormat
from stemset.cli.console import AsJson, StrategyName, choose_strategy, err, out
from stemset.config import WorkerSettings, load_config
from stemset.errors import NotFound
from stemset.models import registry
from stemset.models.pool import ModelPool
from stemset.separation import (
    SILENCE_DB,
    Observer,
    Resources,
    Separation,
    SeparationOptions,
    StemFile,
    separate,
)
from stemset.strategy import Run, Strategy

app = typer.Typer()


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
    plan = choose_strategy(config, strategy)
    plan = plan if only is None else _reduce_to_stems(plan, only)
    folder = output or Path(f"{song.stem}-stems")
    options = SeparationOptions(output_format or config.output.format, config.output.bit_depth)
    with _show_progress(plan) as observer:
        resources = Resources(ModelPool(settings.runtime()))
        result = separate(song, plan, folder, options, resources=resources, observer=observer)
    _print_separation(result, as_json=as_json)


def _reduce_to_stems(plan: Strategy, only: str) -> Strategy:
    """Return the strategy with these stems only. only: names of stems, separated by commas."""
    try:
        return plan.only([stem.strip() for stem in only.split(",") if stem.strip()])
    except NotFound as error:
        raise typer.BadParameter(str(error)) from None


def _print_separation(result: Separation, *, as_json: bool) -> None:
    if as_json:
        files = {name: str(stem.file) for name, stem in result.stems.items()}
        manifest = result.manifest.model_dump(mode="json")
        print(json.dumps({"stems": files, "manifest_file": str(result.manifest_file), "manifest": manifest}))
        return
    table = Table("stem", "file", "peak dB", "LUFS", box=None)
    for name, stem in result.stems.items():
        lufs = "silent" if stem.record.lufs is None else f"{stem.record.lufs:.1f}"
        table.add_row(name, str(stem.file), _format_decibels(stem.record.peak), lufs)
    out.print(table)
    residual = result.manifest.sum_to_mixture_db
    if residual is not None:
        off = "nothing, they sum exactly" if residual <= SILENCE_DB else f"{residual:.1f} dBFS at most"
        out.print(f"sum of the stems minus the song: {off}", highlight=False)


def _format_decibels(peak: float) -> str:
    return f"{20 * log10(peak):.1f}" if peak > 0 else "-inf"


class _Bars(Observer):
    """Shows a progress bar for each node."""

    def __init__(self, progress: Progress, plan: Strategy) -> None:
        self.progress = progress
        self.tasks: dict[str, TaskID] = {}
        for run in plan.runs:
            depth = run.path.count("/")
            label = f"{'  ' * depth}{registry.card(run.model.model_filename).title}"
            self.tasks[run.path] = progress.add_task(label, total=1.0, start=False, note="waiting")

    def node_started(self, run: Run) -> None:
        self.progress.start_task(self.tasks[run.path])
        self.progress.update(self.tasks[run.path], note="")

    def node_progress(self, run: Run, fraction: float) -> None:
        self.progress.update(self.tasks[run.path], completed=fraction)

    def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:
        note = "from cache" if cached else f"{seconds:.1f} s"
        self.progress.update(self.tasks[run.path], completed=1.0, note=note)

    def stem_ready(self, stem: StemFile) -> None:
        self.progress.console.print(f"{stem.record.name} is ready: {stem.file}", highlight=False, soft_wrap=True)


@contextmanager
def _show_progress(plan: Strategy) -> Generator[Observer]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=err) as progress:
        yield _Bars(progress, plan)
