"""`stemset models …`: the models and their weights."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from stemset.cli.console import AsJson, err, out
from stemset.config import WorkerSettings, load_config
from stemset.models import registry
from stemset.models.card import ModelCard
from stemset.models.weights.files import FileState, download, file_states, verify

app = typer.Typer(no_args_is_help=True, help="The models and their weights.")


@app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """List the models with slots, size, what of their weights is here, published quality and licence."""
    folder = WorkerSettings().weights_dir
    cards = {name: (registry.find(name), registry.card(name)) for name in registry.names()}
    files = {name: file_states(card, folder) for name, (_, card) in cards.items()}
    if as_json:
        facts = {
            name: {
                "title": card.title,
                "architecture": card.architecture.value,
                "slots": model.output_slots,
                "size_bytes": card.size_bytes,
                "files": [{"name": file.name, "bytes": file.bytes, "present": file.present} for file in files[name]],
                "licence": card.licence,
                "scores": [{"slot": s.slot, "sdr_db": s.sdr_db, "source": s.source} for s in card.scores],
            }
            for name, (model, card) in cards.items()
        }
        print(json.dumps(facts))
        return
    table = Table(
        Column("model", overflow="fold", min_width=24), "slots", "size", "here", "SDR dB", "licence", box=None
    )
    for name, (model, card) in cards.items():
        scores = ", ".join(f"{score.slot} {score.sdr_db:.2f}" for score in card.scores)
        licence = card.licence or ("not stated" if card.weights else "as Stemset")
        slots = ", ".join(model.output_slots)
        table.add_row(name, slots, _describe_size(card, files[name]), _describe_presence(files[name]), scores, licence)
    out.print(table)


def _describe_size(card: ModelCard, files: list[FileState]) -> str:
    """Return the size of a model's files: exact once all are here, else that of its card."""
    if not files:
        return "built in"
    if all(file.present for file in files):
        return f"{sum(file.bytes or 0 for file in files) / 1e6:.1f} MB"
    return f"about {card.size_bytes / 1e6:.0f} MB"


def _describe_presence(files: list[FileState]) -> str:
    if all(file.present for file in files):
        return "yes"
    return "partly" if any(file.present or file.fetched for file in files) else "no"


@app.command("download")
def models_download(names: Annotated[list[str], typer.Argument(help="Models, or strategies of config.yaml.")]) -> None:
    """Fetch the weights of models, or of all models of a strategy, into the models folder.

    What broke off is resumed; every file is checked before it is put in its place.
    """
    settings = WorkerSettings()
    strategies = load_config(settings.config).strategies
    models: dict[str, None] = {}
    for name in names:
        if name not in strategies and name not in registry.names():
            known = ", ".join((*strategies, *registry.names()))
            raise typer.BadParameter(f"unknown model or strategy {name!r}; choose from: {known}")
        wanted = strategies[name].models if name in strategies else (name,)
        models |= dict.fromkeys(wanted)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err) as progress:
        for model in models:
            task = progress.add_task(model, total=None)
            fetched = download(
                registry.card(model),
                settings.weights_dir,
                lambda done, whole, task=task: progress.update(task, completed=done, total=whole),
                mirror=settings.weights_mirror,
            )
            progress.update(task, total=1, completed=1)
            out.print(
                f"{model}: {len(fetched)} files fetched" if fetched else f"{model}: already there", soft_wrap=True
            )


@app.command("verify")
def models_verify(as_json: AsJson = False) -> None:
    """Read all weights that are here, and check them against their published hash or that of their first download.

    Exit code 1: a file is damaged or was replaced; `stemset models download` sets it aside and fetches it anew.
    """
    found = verify(registry.cards(), WorkerSettings().weights_dir)
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        table = Table(Column("file", overflow="fold", min_width=24), "size", "sha256", "", box=None)
        for one in found:
            verdict = one.fault or ("good" if one.known else "put here by hand; nothing to check it against")
            table.add_row(one.file, f"{one.bytes / 1e6:.1f} MB", one.sha256[:16], verdict)
        out.print(table if found else "There are no weights here.")
    if any(one.fault for one in found):
        raise typer.Exit(1)


@app.command("path")
def models_path() -> None:
    """Print the folder of weights; STEMSET_MODELS_DIR names another."""
    print(WorkerSettings().weights_dir.resolve())
