"""What all commands share: where they print, and options that mean the same everywhere."""

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


def chosen_strategy(config: Config, name: str | None) -> Strategy:
    """The strategy of that name, or the first profile's."""
    chosen = name or config.profiles[config.default_profile].strategy
    if chosen not in config.strategies:
        raise typer.BadParameter(f"unknown strategy {chosen!r}; choose one of: {', '.join(config.strategies)}")
    return config.strategies[chosen]
