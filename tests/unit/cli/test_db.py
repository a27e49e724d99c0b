from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.unit.cli.test_cli import stemset


def test_the_database_is_created_and_then_stays_as_it_is(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'mine.db'}"
    before = stemset("db", "current", folder=tmp_path, DATABASE_URL=database)
    assert before.returncode == 1
    assert "run `stemset db upgrade`" in before.stdout
    assert "was empty" in stemset("db", "upgrade", folder=tmp_path, DATABASE_URL=database).stdout
    assert "already the newest" in stemset("db", "upgrade", folder=tmp_path, DATABASE_URL=database).stdout
    after = stemset("db", "current", folder=tmp_path, DATABASE_URL=database)
    assert (after.returncode, after.stdout.strip().endswith("the newest")) == (0, True)


def test_a_database_that_can_not_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to be taken for something else" * 20)
    done = stemset("db", "upgrade", folder=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'text.db'}")
    assert done.returncode == 1
    assert "can't be used: file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_database_is_told_to_be_upgraded_and_not_created_by_asking(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'mine.db'}")
    done = command("db", "current")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith(f"sqlite:///{tmp_path / 'mine.db'}: empty, the newest is ")
    with sqlite3.connect(tmp_path / "mine.db") as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_without_a_url_it_is_the_database_of_the_data_folder(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMSET_DATA_DIR", str(tmp_path / "deep" / "data"))
    done = command("db", "upgrade")
    assert done.code == 0
    with sqlite3.connect(tmp_path / "deep" / "data" / "stemset.db") as database:
        ((revision,),) = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert done.out.endswith(f"{revision}, was empty\n")


@pytest.mark.parametrize("action", ["upgrade", "current"])
def test_a_password_is_never_printed(command: Command, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:pass-word@127.0.0.1:1/none")
    done = command("db", action)
    assert (done.code, done.out) == (1, "")
    assert "me:***@127.0.0.1:1/none can't be used" in done.err
    assert "pass-word" not in done.err
    assert "Traceback" not in done.err
