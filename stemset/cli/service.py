"""`stemset serve`, `worker` and `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stemset.cli.console import out
from stemset.config import WorkerSettings
from stemset.observability.logging import configure_logging

app = typer.Typer()


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for the whole network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve API and page, and run a worker, until Ctrl-C.

    Database and queue are created or brought up to date first. A worker that dies is started again.
    """
    from stemset.server import serve  # noqa: PLC0415

    serve.run_service(host, port)


@app.command("worker")
def worker_command() -> None:
    """Run jobs from the queue until Ctrl-C.

    STEMSET_QUEUE_URL names the queue, STEMSET_CALLBACK_URL the service to report to. A job that was stopped in the
    middle is resumed by the next worker.
    """
    from stemset.worker.local import serve_worker  # noqa: PLC0415

    settings = WorkerSettings()
    configure_logging(settings.log_format)
    serve_worker(settings)


@app.command("demo")
def demo_command(output: Annotated[Path, typer.Option("--output", "-o")] = Path("demo-song")) -> None:
    """Render the demo song and its true stems."""
    from stemset.demo import render  # noqa: PLC0415

    song = render(output)
    out.print(f"{song.mixture}, and its stems: {', '.join(song.stems)}", highlight=False, soft_wrap=True)
