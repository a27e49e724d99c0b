from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from pydantic import JsonValue

from stemset.config import CommonSettings, build_json_schema, load_config, parse_config
from stemset.errors import ConfigError

ROOT = Path(__file__).parents[3]
SHIPPED = [
    "instant",
    "successive",
    "htdemucs_ft",
    "htdemucs_6s",
    "vocals_then_ft",
    "vocals_ensemble",
    "six_stems",
    "karaoke",
    "drum_kit",
]

VALID = """
profiles:
  band: {title: Band, strategy: half}
strategies:
  half: {_: test_share, part: a, rest: b}
"""


def test_the_shipped_config_is_valid_and_offers_the_shipped_strategies() -> None:
    config = load_config(ROOT / "config.yaml")
    assert list(config.strategies) == SHIPPED
    assert config.profiles["demo"].strategy == "instant"
    assert config.strategies["successive"].tree == {
        "_": "vocals_mel_band_roformer.ckpt",
        "vocals": "vocals",
        "not_vocals": {
            "_": "kuielab_b_drums.onnx",
            "drums": "drums",
            "not_drums": {"_": "kuielab_a_bass.onnx", "bass": "bass", "not_bass": "other"},
        },
    }


def test_every_shipped_strategy_accounts_for_the_whole_mixture() -> None:
    assert all(plan.complete for plan in load_config(ROOT / "config.yaml").strategies.values())


def test_limits_and_output_have_defaults() -> None:
    config = parse_config(VALID)
    assert (config.limits.max_bytes, config.limits.max_duration_s) == (200_000_000, 1800)
    assert config.output.bit_depth == 16
    assert config.default_profile == "band"


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "config", "expected the sections"),
        ("profiles: [", "config", "not valid YAML"),
        (VALID.replace("strategy: half", "strategy: hlaf"), "profiles.band.strategy", "choose one of: half"),
        (VALID + "limit: {}", "limit", "choose one of: limits, output, profiles, strategies"),
        (VALID + "limits: {max_upload_gb: 1}", "limits.max_upload_gb", "max_upload_mb"),
        (VALID + "limits: {max_upload_mb: lots}", "limits.max_upload_mb", "found 'lots'"),
        (VALID + "output: {bit_depth: 12}", "output.bit_depth", "16 or 24"),
        (VALID.replace("title: Band", "name: Band"), "profiles.band.title", "required"),
        (
            VALID.replace("strategy: half", "strategy: half, source: ''"),
            "profiles.band.source",
            "not the path of a folder",
        ),
        (VALID.replace("strategy: half", "strategy: half, source: 3"), "profiles.band.source", "path"),
        (VALID.replace("part: a, rest: b", "part: a, rest: b, part: c"), "line 5", "'part' stands twice"),
        (VALID.replace("band:", "'Band 1':"), "profiles.Band 1", "match"),
        (VALID + "limits: &a {max_channels: *a}", "config.limits.max_channels", "leads back to itself"),
        (VALID.replace("_: test_share", "_: nope"), "strategies.half._", "unknown model 'nope'"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, where: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    assert caught.value.where == where
    assert says in str(caught.value)


def test_values_of_a_deployment_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITLE", "Our band")
    text = VALID.replace("title: Band", "title: '${TITLE}', description: '${NOTHING:-none}'")
    profile = parse_config(text).profiles["band"]
    assert (profile.title, profile.description) == ("Our band", "none")


def test_a_source_folder_may_lie_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, "/home/anna")
    profile = parse_config(VALID.replace("strategy: half", "strategy: half, source: ~/Music")).profiles["band"]
    assert profile.source == Path("/home/anna/Music")


def test_an_unset_variable_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"config.profiles.band.title: \$\{UNSET_TITLE\} is not set"):
        parse_config(VALID.replace("title: Band", "title: '${UNSET_TITLE}'"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; STEMSET_CONFIG names another"):
        load_config(tmp_path / "config.yaml")


def test_the_schema_names_every_slot_of_a_model() -> None:
    nodes = json.dumps(build_json_schema())
    assert '"const": "test_share"' in nodes
    assert '"required": ["_", "part", "rest"]' in nodes
    assert '"required": ["_", "low", "mid", "high", "residual"]' in nodes


def test_the_signing_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = CommonSettings(data_dir=tmp_path / "data")
    secret = settings.signing_secret()
    assert secret.startswith("whsec_")
    assert settings.signing_secret() == secret
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "data" / "callback.key").stat().st_mode) == 0o600
    assert secret not in repr(settings)


def test_an_editor_accepts_the_shipped_strategies_and_ensembles_by_the_schema_and_refuses_what_is_wrong() -> None:
    valid = jsonschema_rs.validator_for(build_json_schema()).is_valid
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    assert valid(shipped)

    def with_blend(models: JsonValue, **more: JsonValue) -> JsonValue:
        return {**shipped, "strategies": {"one": {"_": models, "part": "a", "rest": "b", **more}}}

    quarter: JsonValue = {"_": "test_share", "params": {"share": 0.25}}
    assert valid(with_blend(["test_share", quarter]))
    assert valid(with_blend(["test_share", quarter], blend="median"))
    assert valid(with_blend(["test_share", quarter], blend={"domain": "spectrum", "weights": [2, 1]}))
    assert not valid(with_blend(["test_share"]))
    assert not valid(with_blend(["test_share", "test_bands"]))
    assert not valid(with_blend(["test_share", quarter], blend="mean"))
    assert not valid(with_blend("test_share", blend="max"))
