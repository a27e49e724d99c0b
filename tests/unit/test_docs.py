"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
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
