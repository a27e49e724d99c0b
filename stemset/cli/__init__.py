"""The command line.

Exit code 2: the command was used wrongly. 1: it failed. Results go to stdout, all else to stderr.
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from stemset import __version__
from stemset.cli import bench, config, db, deploy, models, process, separate, service
from stemset.cli.console import err, out
from stemset.errors import Cancelled, StemsetError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Separate songs into stems.")
app.add_typer(separate.app)
app.add_typer(process.app)
app.add_typer(config.top)
app.add_typer(config.app, name="config")
app.add_typer(models.app, name="models")
app.add_typer(bench.app, name="bench")
app.add_typer(service.app)
app.add_typer(db.app, name="db")
app.add_typer(deploy.app, name="deploy")


def main() -> None:
    """Run the command line. A StemsetError ends in one line on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Windows gives pipes an encoding that lacks most letters: a song's name is worth a question mark there.
            stream.reconfigure(errors="replace")
    match sys.argv[1:]:
        case ["--show-completion", shell]:
            # Typer prints that of the shell it finds itself in, whichever is named.
            os.environ["_STEMSET_COMPLETE"] = f"source_{shell}"
        case _:
            pass
    try:
        app(prog_name="stemset")
    except Cancelled:
        err.print("Stopped.")
        sys.exit(1)
    except StemsetError as error:
        err.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def _print_version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit
