"""What the documents say is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from stemset.config import ApiSettings, WorkerSettings, load_config

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


@pytest.mark.parametrize("settings", [ApiSettings, WorkerSettings])
def test_every_setting_is_documented(settings: type[ApiSettings | WorkerSettings]) -> None:
    documented = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name, field in settings.model_fields.items():
        variable = field.validation_alias or f"STEMSET_{name.upper()}"
        assert f"| `{variable}` |" in documented
