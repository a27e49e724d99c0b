from __future__ import annotations

from pathlib import Path

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
