"""`stemset bench …`: measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stemset.cli.console import AsJson, StrategyName, chosen_strategy, err, out
from stemset.config import WorkerSettings, load_config
from stemset.models.pool import ModelPool

app = typer.Typer(no_args_is_help=True, help="Measure quality.")


@app.command("quality")
def bench_quality(
    reference: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Songs with their true stems.")],
    strategy: StrategyName = None,
    as_json: AsJson = False,
) -> None:
    """Separate songs whose stems are known and print SDR beside two yardsticks."""
    from stemset.bench.quality import measure  # noqa: PLC0415

    settings = WorkerSettings()
    plan = chosen_strategy(load_config(settings.config), strategy)
    report = measure(
        reference,
        plan,
        ModelPool(settings.runtime()),
        lambda song: err.print(f"{song.song}: {song.times_real_time:.1f} × real time", highlight=False),
    )
    if as_json:
        print(report.model_dump_json())
    else:
        out.print(report.table())
