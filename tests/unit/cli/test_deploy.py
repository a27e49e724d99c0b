"""`stemset deploy`: what it prints and the exit code; what it finds is tested with stemset.deploy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemset.deploy import checks
from stemset.deploy.checks import Checks, Finding
from tests.support.command import Command

GOOD, BAD = Finding("bucket"), Finding("service", "is not deployed yet", "modal deploy modal_app.py")


def find(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    def run(_checks: Checks) -> list[Finding]:
        return list(findings)

    monkeypatch.setattr(checks.Checks, "run", run)


def test_a_deployment_that_lacks_something_has_exit_code_1_and_the_command_that_mends_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    find(monkeypatch, GOOD, BAD)
    done = command("deploy", "check")
    assert done.code == 1
    good, bad = done.out.splitlines()[-2:]
    assert good.split() == ["✓", "bucket"]
    assert bad.split("  ")[-1].strip() == "modal deploy modal_app.py"
    assert "is not deployed yet" in bad


def test_a_deployment_that_lacks_nothing_has_exit_code_0(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    find(monkeypatch, GOOD)
    assert command("deploy", "check").code == 0


def test_findings_as_json_name_subject_problem_and_command(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    find(monkeypatch, GOOD, BAD)
    done = command("deploy", "check", "--json")
    assert done.code == 1
    assert json.loads(done.out) == [
        {"subject": "bucket", "problem": None, "command": None},
        {"subject": "service", "problem": "is not deployed yet", "command": "modal deploy modal_app.py"},
    ]


def test_values_come_from_the_file_and_the_environment_which_wins(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[dict[str, str]] = []

    class Spy:
        def __init__(
            self, _knobs: object, _config: object, _cloud: object, values: dict[str, str], *_: object, fix: bool
        ):
            assert not fix
            seen.append(values)

        def run(self) -> list[Finding]:
            return []

    monkeypatch.setattr(checks, "Checks", Spy)
    (tmp_path / "deploy.env").write_text("R2_BUCKET=from-file\nR2_REGION=from-file\nR2_ENDPOINT_URL=\n")
    monkeypatch.setenv("R2_REGION", "from-environment")
    command("deploy", "check")
    (values,) = seen
    assert (values["R2_BUCKET"], values["R2_REGION"]) == ("from-file", "from-environment")
    assert "R2_ENDPOINT_URL" not in values


def test_costs_are_those_of_the_chosen_gpus_unless_all_are_asked_for(command: Command) -> None:
    chosen = json.loads(command("deploy", "costs", "--json").out)
    assert {cost["gpu"] for cost in chosen} == {"L4", "A10"}
    every = json.loads(command("deploy", "costs", "--json", "--every-gpu").out)
    assert {"T4", "H100"} < {cost["gpu"] for cost in every}


def test_a_longer_song_takes_longer(command: Command) -> None:
    short, long = (
        json.loads(command("deploy", "costs", "--json", "--minutes", minutes).out)[0]["compute_s"]
        for minutes in ("2", "4")
    )
    assert long == pytest.approx(2 * short, abs=0.2)
