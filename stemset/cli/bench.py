"""`stemset bench …`: measure."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from stemset.cli.console import AsJson, StrategyName, choose_strategy, err, out
from stemset.config import WorkerSettings, load_config
from stemset.models.pool import ModelPool

app = typer.Typer(no_args_is_help=True, help="Measure quality and speed.")


@app.command("quality")
def bench_quality(
    reference: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Songs with their true stems.")],
    strategy: StrategyName = None,
    songs: Annotated[str, typer.Option(help="Only songs whose folder fits this pattern, such as 'test/*'.")] = "*",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many of these.")] = None,
    as_json: AsJson = False,
) -> None:
    """Separate songs whose stems are known and print SDR beside two yardsticks."""
    from stemset.bench.quality import measure  # noqa: PLC0415

    settings = WorkerSettings()
    plan = choose_strategy(load_config(settings.config), strategy)
    report = measure(
        reference,
        plan,
        ModelPool(settings.runtime()),
        lambda song: err.print(f"{song.song}: {song.times_real_time:.1f} × real time", highlight=False),
        names=songs,
        limit=limit,
    )
    if as_json:
        print(report.model_dump_json())
    else:
        out.print(report.table())


@app.command("speed")
def bench_speed(
    strategy: StrategyName = None,
    song: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="What to separate; default: the demo song, 30 s.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How often, after a first run that loads the models.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Separate one song again and again and print time, memory and each model's share."""
    from stemset.bench.speed import measure  # noqa: PLC0415
    from stemset.demo import render  # noqa: PLC0415

    settings = WorkerSettings()
    plan = choose_strategy(load_config(settings.config), strategy)
    with tempfile.TemporaryDirectory(prefix="stemset-demo-") as folder:
        report = measure(
            song or render(Path(folder)).mixture,
            plan,
            ModelPool(settings.runtime()),
            runs,
            lambda run: err.print(f"{run.seconds:.2f} s", highlight=False),
        )
    if as_json:
        print(report.model_dump_json())
    else:
        out.print(report.table())
