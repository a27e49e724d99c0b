"""`--help` of every command tells what it does and names each of its options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from stemset.cli import app
from tests.support.command import Command

ROOT: Any = get_command(app)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


ALL = dict(commands(ROOT))
GROUPS = [path for path, command in ALL.items() if hasattr(command, "commands")]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_help_of_a_command_names_all_its_options_and_arguments(command: Command, path: tuple[str, ...]) -> None:
    done = command(*path, "--help")
    assert (done.code, done.err) == (0, "")
    words = set(re.findall(r"--?[a-z][a-z-]*|[A-Za-z_]+", done.out))
    for parameter in ALL[path].params:
        if not getattr(parameter, "hidden", False):
            assert set(parameter.opts) <= words or parameter.human_readable_name in words, parameter.name


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_help_of_a_command_begins_with_a_sentence(command: Command, path: tuple[str, ...]) -> None:
    help_text: str = ALL[path].help or ""
    first = help_text.splitlines()[0]
    assert re.fullmatch(r"[A-Z`].*[.;,a-z]", first)
    assert first.split()[0] in command(*path, "--help").out


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_an_unknown_option_is_wrong_use_and_named(command: Command, path: tuple[str, ...]) -> None:
    done = command(*path, "--nope")
    assert (done.code, done.out) == (2, "")
    assert "--nope" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("path", [path for path in GROUPS if path], ids=" ".join)
def test_a_group_lists_its_commands_and_without_one_it_is_wrong_use(command: Command, path: tuple[str, ...]) -> None:
    listed = command(*path, "--help").out
    assert all(re.search(rf"^\W*{name}\b", listed, re.MULTILINE) for name in ALL[path].commands)
    assert command(*path).code == 2


def test_a_document_on_stdout_is_what_the_same_option_of_every_command_asks_for() -> None:
    with_json = {path for path, command in ALL.items() if any("--json" in one.opts for one in command.params)}
    assert with_json == {
        ("separate",), ("process",), ("strategies",), ("models", "list"), ("models", "verify"), ("bench", "quality"),
        ("bench", "speed"), ("deploy", "check"), ("deploy", "costs"),
    }  # fmt: skip
