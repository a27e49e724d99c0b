"""What `stemset deploy` tells an operator."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from stemset.cli import app
from stemset.config import Config, parse_config
from stemset.config.modal import ModalSettings
from stemset.deploy import checks
from stemset.deploy.checks import Checks, Finding, all_passed
from stemset.deploy.costs import estimate_costs
from stemset.errors import Unavailable
from stemset.models import registry

CONFIG = """
profiles: {songs: {title: Songs, strategy: s}}
strategies:
  s: {_: kuielab_b_drums.onnx, drums: drums, not_drums: other}
  built_in: {_: percussive, drums: drums, not_drums: other}
"""
GOOD = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none",
    "STEMSET_ACCESS_KEY": "a-key-of-some-length",
    "STEMSET_CALLBACK_SECRET": "whsec_c2VjcmV0",
}


@dataclass
class FakeCloud:
    """A workspace in memory."""

    secrets: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    url: str | None = None
    files: frozenset[str] = frozenset()
    away: bool = False

    def find_secret_fault(self, name: str, keys: Collection[str]) -> str | None:
        self.reach()
        if name not in self.secrets:
            return "is not on Modal"
        lacking = [key for key in keys if key not in self.secrets[name]]
        return f"lacks {', '.join(lacking)}" if lacking else None

    def set_secret(self, name: str, values: Mapping[str, str]) -> None:
        self.secrets.setdefault(name, {}).update(values)

    def get_web_url(self) -> str | None:
        self.reach()
        return self.url

    def list_weight_files(self) -> frozenset[str]:
        self.reach()
        return self.files

    def reach(self) -> None:
        if self.away:
            raise Unavailable("refuses the token: none is set")


@pytest.fixture
def config() -> Config:
    return parse_config(CONFIG)


def run(
    config: Config, cloud: FakeCloud, folder: Path, values: Mapping[str, str] = GOOD, *, fix: bool = False
) -> dict[str, Finding]:
    found = Checks(ModalSettings(), config, cloud, values, folder / "deploy.env", fix=fix).run()
    assert all(one.command for one in found if one.problem), found
    return {one.subject: one for one in found}


def test_every_key_that_is_missing_is_named_with_what_mends_it(config: Config, tmp_path: Path):
    found = run(config, FakeCloud(), tmp_path, {})
    assert found["DATABASE_URL"].problem == "is not set"
    assert "deploy.env" in (found["R2_BUCKET"].command or "")
    assert found["STEMSET_ACCESS_KEY"].command == checks.FIX
    assert found["secret stemset-database"].problem == "is not on Modal"
    assert found["service"].command == checks.DEPLOY
    assert "kuielab_b_drums.onnx" in (found["weights"].problem or "")


def test_keys_are_made_kept_and_put_into_secrets(config: Config, tmp_path: Path):
    cloud = FakeCloud()
    found = run(config, cloud, tmp_path, {}, fix=True)
    assert found["STEMSET_ACCESS_KEY"].problem is None
    assert found["STEMSET_CALLBACK_SECRET"].problem is None
    file = tmp_path / "deploy.env"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert cloud.secrets["stemset-access"] == {"STEMSET_ACCESS_KEY": kept["STEMSET_ACCESS_KEY"]}
    assert cloud.secrets["stemset-callback"] == {"STEMSET_CALLBACK_SECRET": kept["STEMSET_CALLBACK_SECRET"]}
    # What nobody has told can't be put anywhere.
    assert "stemset-database" not in cloud.secrets
    again = run(config, cloud, tmp_path, kept, fix=True)
    assert again["secret stemset-access"].problem is None
    assert len(file.read_text().splitlines()) == 2


def test_the_region_of_a_bucket_goes_along_where_it_is_told(config: Config, tmp_path: Path):
    bucket = {"R2_BUCKET": "b", "R2_ENDPOINT_URL": "http://127.0.0.1:1", "R2_ACCESS_KEY_ID": "i",
              "R2_SECRET_ACCESS_KEY": "s"}  # fmt: skip
    cloud = FakeCloud()
    run(config, cloud, tmp_path, GOOD | bucket, fix=True)
    assert cloud.secrets["stemset-storage"] == bucket
    lacking = run(config, cloud, tmp_path, GOOD | bucket | {"R2_REGION": "eu-central-1"})
    assert lacking["secret stemset-storage"].problem == "lacks R2_REGION"
    run(config, cloud, tmp_path, GOOD | bucket | {"R2_REGION": "eu-central-1"}, fix=True)
    assert cloud.secrets["stemset-storage"]["R2_REGION"] == "eu-central-1"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STEMSET_ACCESS_KEY", "short", "guessed"),
        ("STEMSET_CALLBACK_SECRET", "plain", "no signing key"),
        ("DATABASE_URL", "sqlite:///stemset.db", "no PostgreSQL"),
        ("DATABASE_URL", "not a url", "no URL"),
    ],
)
def test_a_wrong_value_is_told(config: Config, tmp_path: Path, name: str, value: str, words: str):
    found = run(config, FakeCloud(), tmp_path, GOOD | {name: value})
    assert any(words in (one.problem or "") for one in found.values()), found


def test_a_database_that_is_away_is_told_without_its_password(config: Config, tmp_path: Path):
    secret = "postgresql://u:pass-word@127.0.0.1:1/none"
    problem = run(config, FakeCloud(), tmp_path, GOOD | {"DATABASE_URL": secret})["database"].problem
    assert problem
    assert "can't be reached" in problem
    assert "pass-word" not in problem


def test_a_token_that_modal_refuses_is_told_once(config: Config, tmp_path: Path):
    found = run(config, FakeCloud(away=True), tmp_path)
    assert found["Modal"].command == "modal setup"
    assert not any(subject.startswith(("secret", "service", "weights")) for subject in found)


def test_weights_that_are_there_are_well(config: Config, tmp_path: Path):
    files = frozenset(registry.card("kuielab_b_drums.onnx").weights)
    assert run(config, FakeCloud(files=files), tmp_path)["weights"].problem is None


def test_the_service_is_asked_for_its_health(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told = {"database": True, "storage": False}

    def answer(_url: str, **_options: object) -> httpx.Response:
        return httpx.Response(503, json=told)

    monkeypatch.setattr(httpx, "get", answer)
    found = run(config, FakeCloud(url="https://stemset.example"), tmp_path)
    assert found["service"].problem == "https://stemset.example has no storage"
    told["storage"] = True
    found = run(config, FakeCloud(url="https://stemset.example"), tmp_path)
    assert found["service"].problem is None
    assert found["callback address"].problem is None


def test_all_is_well_only_if_nothing_is_wrong():
    assert all_passed([Finding("a"), Finding("b")])
    assert not all_passed([Finding("a"), Finding("b", "is wrong", "mend it")])


def test_a_song_costs_more_alone_and_with_more_work(config: Config):
    found = {cost.gpu: cost for cost in estimate_costs(list(config.strategies.values()), ModalSettings())}
    assert {cost.strategy for cost in found.values()} == {"s"}
    l4 = found["L4"]
    assert 0 < l4.next_song < l4.lone_song
    longer = next(c for c in estimate_costs(list(config.strategies.values()), ModalSettings(), 480) if c.gpu == "L4")
    assert longer.compute_s == pytest.approx(2 * l4.compute_s, abs=0.2)
    patient = ModalSettings(gpu_scaledown_s=600)
    assert (
        next(c for c in estimate_costs(list(config.strategies.values()), patient) if c.gpu == "L4").lone_song
        > l4.lone_song
    )


def test_the_commands_print_tables():
    printed = CliRunner().invoke(app, ["deploy", "costs"])
    assert printed.exit_code == 0
    assert "htdemucs_ft" in printed.stdout
    assert "instant" not in printed.stdout
    assert {cost.gpu for cost in estimate_costs([], ModalSettings())} == set()


def test_settings_of_a_deployment_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STEMSET_MODAL_GPU", " T4 ,L4")
    monkeypatch.setenv("STEMSET_MODAL_APP", "mine")
    knobs = ModalSettings()
    assert knobs.gpu == ("T4", "L4")
    assert set(knobs.required_secret_keys) == {"mine-database", "mine-access", "mine-callback", "mine-storage"}
    monkeypatch.setenv("STEMSET_MODAL_GPU", " , ")
    with pytest.raises(ValueError, match="at least one GPU"):
        ModalSettings()


R2 = {"R2_BUCKET": "b", "R2_ENDPOINT_URL": "http://127.0.0.1:1", "R2_ACCESS_KEY_ID": "i", "R2_SECRET_ACCESS_KEY": "s"}


def test_findings_come_in_the_order_in_which_they_are_mended(config: Config, tmp_path: Path):
    assert list(run(config, FakeCloud(), tmp_path, {})) == [
        "DATABASE_URL", "STEMSET_ACCESS_KEY", "STEMSET_CALLBACK_SECRET", *R2,
        "secret stemset-database", "secret stemset-access", "secret stemset-callback", "secret stemset-storage",
        "service", "weights",
    ]  # fmt: skip


def test_a_check_alone_changes_nothing(config: Config, tmp_path: Path):
    cloud = FakeCloud()
    run(config, cloud, tmp_path, GOOD)
    assert cloud.secrets == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("STEMSET_ACCESS_KEY", "x" * 15, False),
        ("STEMSET_ACCESS_KEY", "x" * 16, True),
        ("STEMSET_CALLBACK_SECRET", "WHSEC_c2VjcmV0", False),
        ("STEMSET_CALLBACK_SECRET", "whsec_c2VjcmV0", True),
    ],
)
def test_a_key_is_judged_and_never_repeated(config: Config, tmp_path: Path, name: str, value: str, good: bool):
    found = run(config, FakeCloud(), tmp_path, GOOD | {name: value})
    assert (found[name].problem is None) is good
    assert not [one for one in found.values() if value in f"{one.problem} {one.command}"]


def test_a_secret_is_made_by_hand_without_a_value_in_the_history_of_a_shell(config: Config, tmp_path: Path):
    found = run(config, FakeCloud(), tmp_path)
    command = found["secret stemset-access"].command or ""
    assert command.endswith('modal secret create stemset-access STEMSET_ACCESS_KEY="$STEMSET_ACCESS_KEY"')
    assert GOOD["STEMSET_ACCESS_KEY"] not in command


def test_a_secret_is_set_only_when_all_of_it_is_known(config: Config, tmp_path: Path):
    cloud = FakeCloud()
    run(config, cloud, tmp_path, GOOD | {"R2_BUCKET": "b"}, fix=True)
    assert cloud.secrets.keys() == {"stemset-database", "stemset-access", "stemset-callback"}


def test_a_secret_that_is_complete_is_left_as_it_is(config: Config, tmp_path: Path):
    cloud = FakeCloud(secrets={"stemset-access": {"STEMSET_ACCESS_KEY": "another key"}})
    found = run(config, cloud, tmp_path, fix=True)
    assert found["secret stemset-access"].problem is None
    assert cloud.secrets["stemset-access"] == {"STEMSET_ACCESS_KEY": "another key"}


def test_a_model_of_which_a_file_lacks_is_named_with_what_fetches_it(config: Config, tmp_path: Path):
    wanted = sorted(registry.card("kuielab_b_drums.onnx").weights)
    assert len(wanted) == 2
    for there in ([], wanted[:1], wanted[1:]):
        found = run(config, FakeCloud(files=frozenset(there)), tmp_path)["weights"]
        assert "kuielab_b_drums.onnx" in (found.problem or "")
        assert "percussive" not in (found.problem or "")
        assert found.command == "modal run modal_app.py::download_models"


def test_a_service_that_does_not_answer_is_told_with_its_address_and_logs(config: Config, tmp_path: Path):
    found = run(config, FakeCloud(url="http://127.0.0.1:1"), tmp_path)["service"]
    assert (found.problem or "").startswith("http://127.0.0.1:1 does not answer: ")
    assert (found.command or "").endswith("modal app logs stemset")
