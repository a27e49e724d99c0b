"""The consoles that all commands print to, and the options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from stemset.config import Config
from stemset.strategy import Strategy

out = Console()
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
StrategyName = Annotated[str | None, typer.Option("--strategy", "-s", help="Default: that of the first profile.")]


def choose_strategy(config: Config, name: str | None) -> Strategy:
    """Return the strategy of that name, or that of the first profile. Raises BadParameter with the choices."""
    chosen = name or config.profiles[config.default_profile].strategy
    if chosen not in config.strategies:
        raise typer.BadParameter(f"unknown strategy {chosen!r}; choose one of: {', '.join(config.strategies)}")
    return config.strategies[chosen]
