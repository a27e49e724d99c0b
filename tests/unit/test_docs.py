"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings
from typer.main import get_command

from stemset.cli import app
from stemset.config import ApiSettings, WorkerSettings, load_config
from stemset.config.modal import ModalSettings
from stemset.storage.settings import R2Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = {
    file.relative_to(ROOT).as_posix(): file
    for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
}
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
FOLDERS = ("stemset", "frontend", "tests", "docs", "benchmarks", "requirements", ".github", ".ci")
SOURCES = (".py", ".ts", ".tsx", ".sh", ".css", ".toml", ".yaml", ".yml")
# `make` puts them there.
BUILT = ("frontend/dist", "frontend/node_modules")


def test_the_example_in_the_readme_runs(
    noise: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "config.yaml", "config.yaml")
    # Content decides, not the name.
    shutil.copy(noise, "song.mp3")
    exec(compile(example[1], "README.md", "exec"), {})
    assert "drums.flac" in capsys.readouterr().out


def test_every_shipped_strategy_is_in_the_readme() -> None:
    for name in load_config(ROOT / "config.yaml").strategies:
        assert f"| `{name}` |" in README


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command that does something, with its options."""
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield path, {option for parameter in command.params for option in parameter.opts}
    for name, child in below.items():
        yield from _commands(child, (*path, name))


def test_the_reference_of_the_command_line_has_every_command_and_nothing_else() -> None:
    root: Any = get_command(app)
    options = dict(_commands(root))
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    shown: set[tuple[str, ...]] = set()
    for block in re.findall(r"```sh\n(.*?)```", text + README, re.DOTALL):
        for line in block.splitlines():
            program, *words = shlex.split(line, comments=True)
            if program != "stemset" or words[0].startswith("--"):
                continue
            path = tuple(words[:2]) if tuple(words[:2]) in options else tuple(words[:1])
            shown.add(path)
            unknown = {word for word in words if word.startswith("-")} - options[path]
            assert not unknown, line
    assert shown == options.keys()


@pytest.mark.parametrize("settings", [ApiSettings, WorkerSettings, R2Settings])
def test_every_setting_is_documented(settings: type[BaseSettings]) -> None:
    documented = (ROOT / "docs" / "settings.md").read_text("utf-8")
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        if field.annotation is not R2Settings:
            variable = field.validation_alias or f"{prefix}{name.upper()}"
            assert f"| `{variable}` |" in documented


def test_every_knob_of_a_deployment_is_documented() -> None:
    documented = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for name, field in ModalSettings.model_fields.items():
        variable = field.validation_alias or f"STEMSET_MODAL_{name.upper()}"
        assert f"| `{variable}` |" in documented


def _prose(file: Path) -> str:
    """What is said outside of examples."""
    return re.sub(r"^```.*?^```", "", file.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def _paths(text: str) -> Iterator[str]:
    """What stands in backticks and looks like a file or folder of this repository; also what is only half a path."""
    for quoted in re.findall(r"`([^`\s]+/[^`\s]*)`", text):
        is_name = re.fullmatch(r"[\w./@-]+", quoted) and not quoted.startswith("/")
        if is_name and (quoted.split("/")[0] in FOLDERS or quoted.endswith(SOURCES)):
            yield quoted


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name: str) -> None:
    named = [path for path in _paths(_prose(DOCUMENTS[name])) if not path.startswith(BUILT)]
    # One that ends with a slash is a folder.
    lacking = [path for path in named if not ((ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).exists())]
    assert lacking == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    file = DOCUMENTS[name]
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", _prose(file))
    lacking = [link for link in links if "://" not in link and not (file.parent / link).exists()]
    assert lacking == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_imports_can_be_imported(name: str) -> None:
    text = DOCUMENTS[name].read_text("utf-8")
    imported = [
        (module, member.strip())
        for module, members in re.findall(r"^from (stemset[\w.]*) import ([\w, ]+)$", text, re.MULTILINE)
        for member in members.split(",")
    ]
    for module, member in [*imported, *re.findall(r"\b(stemset[\w.]*):(\w+)", text)]:
        assert hasattr(import_module(module), member), f"{module}:{member}"


def _layers(lines: Iterable[str]) -> list[set[str]]:
    """The folders and modules of each layer that are there, the highest layer first."""
    there = {path.stem for path in (ROOT / "stemset").iterdir()}
    named = [{name.strip(" ()").removeprefix("stemset.") for name in re.split(r"[|:]", line)} for line in lines]
    return [names & there for names in named if names & there]


def test_the_layers_in_the_readme_are_those_that_are_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    checked = next(
        contract["layers"]
        for contract in contracts
        if contract["type"] == "layers" and contract["layers"][0] in ("cli", "stemset.cli")
    )
    told = re.search(r"^```\n(stemset\.cli\n.*?)\n\n", README, re.DOTALL | re.MULTILINE)
    assert told
    assert _layers(told[1].splitlines()) == _layers(checked)


def test_decisions_are_numbered_from_1_and_all_in_the_index() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", index, re.MULTILINE)
    titles = [file.read_text("utf-8").splitlines()[0] for file in DECISIONS]
    assert [f"# {number}. {title}" for number, title, _ in rows] == titles
    assert [name for _, _, name in rows] == [file.name for file in DECISIONS]
    assert [int(file.name[:4]) for file in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("file", DECISIONS, ids=[file.name[:4] for file in DECISIONS])
def test_a_decision_tells_its_context_what_follows_and_what_else_there_was(file: Path) -> None:
    headings = re.findall(r"^## (.+)$", file.read_text("utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
