"""`stemset config …` and `stemset strategies`: check and print config.yaml."""

from __future__ import annotations

import json

import typer
from rich.tree import Tree

from stemset.cli.console import AsJson, out
from stemset.config import WorkerSettings, build_json_schema, load_config
from stemset.strategy import Branch, Leaf, Node

app = typer.Typer(no_args_is_help=True, help="Check config.yaml.")
top = typer.Typer()


@top.command("strategies")
def strategies_command(as_json: AsJson = False) -> None:
    """Draw each strategy of config.yaml as a tree."""
    config = load_config(WorkerSettings().config)
    if as_json:
        print(json.dumps({name: plan.tree for name, plan in config.strategies.items()}))
        return
    for plan in config.strategies.values():
        tree = Tree(f"[bold]{plan.name}[/] → {', '.join(plan.stems)}")
        _draw_branch(tree, None, plan.root)
        out.print(tree)


def _draw_branch(tree: Tree, slot: str | None, branch: Branch) -> None:
    label = f"{slot}: " if slot else ""
    match branch:
        case None:
            tree.add(f"[dim]{label}discarded[/]")
        case Leaf(stem):
            tree.add(f"{label}[green]{stem}[/]")
        case Node():
            models = " + ".join(f"[cyan]{run.model.model_filename}[/]" for run in branch.runs)
            below = tree.add(f"{label}{models}{f' [dim]({branch.blend})[/]' if branch.blend else ''}")
            for name, child in branch.branches.items():
                _draw_branch(below, name, child)


@app.command("check")
def config_check() -> None:
    """Validate config.yaml; the first mistake is told with its place and the choices."""
    path = WorkerSettings().config
    config = load_config(path)
    counts = f"{len(config.profiles)} profiles, {len(config.strategies)} strategies"
    out.print(f"{path}: {counts}, all valid", highlight=False, soft_wrap=True)


@app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of config.yaml, for editors."""
    print(json.dumps(build_json_schema(), indent=2))
