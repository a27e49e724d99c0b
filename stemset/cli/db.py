"""`stemset db …`: the database of recordings and jobs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import typer

from stemset.cli.console import out
from stemset.config import ApiSettings
from stemset.errors import Unavailable

app = typer.Typer(no_args_is_help=True, help="The database of recordings and jobs; DATABASE_URL names another.")


@app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest migration, creating it if need be; `stemset serve` does so when it starts."""
    from stemset.database.engine import database_revision, upgrade_database  # noqa: PLC0415 - slow to import

    url = ApiSettings().database
    with _translate_database_errors(url):
        before, _ = database_revision(url)
        upgrade_database(url)
        after, _ = database_revision(url)
    how = "already the newest" if before == after else f"was {before or 'empty'}"
    out.print(f"{_hide_password(url)}: {after}, {how}", highlight=False, soft_wrap=True)


@app.command("current")
def db_current() -> None:
    """Print the migration that the database is at, and whether it is the newest; exit code 1 if it isn't."""
    from stemset.database.engine import database_revision  # noqa: PLC0415 - slow to import

    url = ApiSettings().database
    with _translate_database_errors(url):
        current, newest = database_revision(url)
    how = "the newest" if current == newest else f"the newest is {newest}: run `stemset db upgrade`"
    out.print(f"{_hide_password(url)}: {current or 'empty'}, {how}", highlight=False, soft_wrap=True)
    if current != newest:
        raise typer.Exit(1)


@contextmanager
def _translate_database_errors(url: str) -> Generator[None]:
    """Raise Unavailable in place of an error of the database driver."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"The database {_hide_password(url)} can't be used: {error.orig}") from error


def _hide_password(url: str) -> str:
    from sqlalchemy import make_url  # noqa: PLC0415

    return make_url(url).render_as_string(hide_password=True)
