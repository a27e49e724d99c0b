"""`stemset models …`: the models and their weights."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from stemset.cli.console import AsJson, err, out
from stemset.config import WorkerSettings, load_config
from stemset.models import registry, weights

app = typer.Typer(no_args_is_help=True, help="The models and their weights.")


@app.command("list")
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
        print(json.dumps(facts))
        return
    table = Table(Column("model", overflow="fold", min_width=24), "slots", "size", "SDR dB", "licence", box=None)
    for name, (model, card) in cards.items():
        size = f"{card.size_bytes / 1e6:.0f} MB" if card.size_bytes else "built in"
        scores = ", ".join(f"{score.slot} {score.sdr_db:.2f}" for score in card.scores)
        table.add_row(name, ", ".join(model.output_slots), size, scores, card.licence or "not stated")
    out.print(table)


@app.command("download")
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


@app.command("path")
def models_path() -> None:
    """Print the folder of weights; STEMSET_MODELS_DIR names another."""
    print(WorkerSettings().weights_dir.resolve())
