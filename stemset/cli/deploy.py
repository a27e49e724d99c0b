"""`stemset deploy …`: a Stemset on Modal."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values
from rich.table import Column, Table

from stemset.cli.console import AsJson, out
from stemset.config import WorkerSettings, load_config
from stemset.config.modal import ModalSettings

app = typer.Typer(no_args_is_help=True, help="A Stemset on Modal; docs/deploy.md goes through it.")

EnvFile = Annotated[
    Path, typer.Option(help="Your copy of what the Secrets hold, as NAME=value lines; the environment counts as well.")
]


@app.command("check")
def deploy_check(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended from here.")] = False,
    env_file: EnvFile = Path("deploy.env"),
    as_json: AsJson = False,
) -> None:
    """Tell what a deployment lacks, and the command that mends it; exit code 1 where something is wrong.

    Looks at keys, the database and its migrations, Modal's Secrets, the service and its callback address, the bucket
    with its CORS and lifecycle rules, and the weights.
    """
    from stemset.deploy.checks import Checks, all_passed  # noqa: PLC0415 - slow to import
    from stemset.deploy.modal_cloud import ModalCloud  # noqa: PLC0415

    knobs = ModalSettings()
    values = {name: value for name, value in dotenv_values(env_file).items() if value} | dict(os.environ)
    checks = Checks(knobs, load_config(WorkerSettings().config), ModalCloud(knobs), values, env_file, fix=fix)
    findings = checks.run()
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        table = Table(
            "", "what", Column("what is wrong", overflow="fold"), Column("what mends it", overflow="fold"), box=None
        )
        for one in findings:
            bad = one.problem is not None
            table.add_row(
                "[red]✗[/]" if bad else "[green]✓[/]",
                one.subject,
                one.problem or "",
                (one.command or "") if bad else "",
            )
        out.print(table)
    if not all_passed(findings):
        raise typer.Exit(1)


@app.command("costs")
def deploy_costs(
    minutes: Annotated[float, typer.Option(min=0.1, help="Length of the song.")] = 4.0,
    every_gpu: Annotated[bool, typer.Option("--every-gpu", help="Not only those of STEMSET_MODAL_GPU.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compute what a song costs on which GPU, for every strategy of config.yaml with a network.

    The seconds follow from the work on the models' cards and a GPU's peak; prices are those of mid 2026.
    """
    from stemset.deploy.costs import estimate_costs  # noqa: PLC0415

    knobs = ModalSettings()
    strategies = load_config(WorkerSettings().config).strategies
    found = [
        cost
        for cost in estimate_costs(list(strategies.values()), knobs, minutes * 60)
        if every_gpu or cost.gpu in knobs.gpu
    ]
    if as_json:
        print(json.dumps([asdict(cost) for cost in found]))
        return
    figures = [Column(name, justify="right") for name in ("seconds", "next song", "lone song")]
    table = Table("strategy", "GPU", *figures, box=None)
    for cost in found:
        cents = (f"{100 * dollars:.2f} ¢" for dollars in (cost.next_song, cost.lone_song))
        table.add_row(cost.strategy, cost.gpu, f"{cost.compute_s:.0f}", *cents)
    out.print(table)
    out.print(
        f"Lone song: with the start of a container, and {knobs.gpu_scaledown_s} s in which it waits for a next one.",
        highlight=False,
    )
