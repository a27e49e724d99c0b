"""Reading config.yaml into frozen types.

Everything is validated here, when it is read: a mistake names its YAML path, the culprit and the choices.
`${NAME}` in a value is replaced from the environment, `${NAME:-default}` with a default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError, field_validator

from stemset import strategy
from stemset.audio import AudioFormat
from stemset.errors import ConfigError
from stemset.models import registry
from stemset.models.card import Architecture
from stemset.strategy import Strategy

YamlValue: TypeAlias = "dict[Hashable, YamlValue] | list[YamlValue] | str | int | float | bool | date | None"
"""What YAML may hold."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Section(BaseModel):
    """A section of the file: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProfileConfig(Section):
    """A named collection of recordings with its defaults."""

    title: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=400)
    strategy: str = Field(description="the strategy of new recordings in this profile")
    source: Path | None = Field(
        default=None,
        description="the folder that `stemset process` takes songs from; relative to where that runs, ~ is the home",
    )

    @field_validator("source")
    @classmethod
    def _check_source(cls, source: Path | None) -> Path | None:
        if source is None:
            return None
        # Path("") is the folder we are in, which nobody means by writing nothing.
        if source == Path() or "\0" in str(source):
            raise ValueError("not the path of a folder")
        return source.expanduser()


class LimitsConfig(Section):
    """What an upload may be."""

    max_upload_mb: float = Field(default=200, gt=0, description="megabytes of 1,000,000 bytes")
    max_duration_minutes: float = Field(default=30, gt=0)
    max_channels: int = Field(default=8, ge=1, le=64)

    @property
    def max_bytes(self) -> int:
        """The largest upload in bytes."""
        return int(self.max_upload_mb * 1_000_000)

    @property
    def max_duration_s(self) -> float:
        """The longest song in seconds."""
        return self.max_duration_minutes * 60


class OutputConfig(Section):
    """The encoding of final stems. format: that of the command line; the player's stems are always FLAC."""

    format: AudioFormat = AudioFormat.FLAC
    bit_depth: Literal[16, 24] = 16


class ConfigFile(Section):
    """The content of config.yaml. The trees of strategies are checked against the models besides."""

    profiles: dict[Name, ProfileConfig] = Field(min_length=1)
    strategies: dict[Name, dict[str, JsonValue]] = Field(min_length=1)
    limits: LimitsConfig = LimitsConfig()
    output: OutputConfig = OutputConfig()


@dataclass(frozen=True)
class Config:
    """The validated content of config.yaml."""

    profiles: dict[str, ProfileConfig]
    strategies: dict[str, Strategy]
    limits: LimitsConfig
    output: OutputConfig

    @property
    def default_profile(self) -> str:
        """The profile that the page opens with: the first in the file."""
        return next(iter(self.profiles))


def find_config_file() -> Path:
    """Return config.yaml in the working folder if there is one, else the one shipped with the package."""
    package = Path(__file__).parents[1]
    places = (Path("config.yaml"), package / "config.yaml", package.parent / "config.yaml")
    return next((place for place in places if place.is_file()), places[0])


def load_config(path: Path) -> Config:
    """Read and validate config.yaml; ConfigError names the YAML path, the culprit and the choices."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "there is no such file; STEMSET_CONFIG names another") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"can't be read: {error}") from None
    return parse_config(text)


def parse_config(text: str) -> Config:
    """Validate the text of a config.yaml; see load_config."""
    try:
        sections: YamlValue = yaml.load(text, _UniqueKeysLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError("config", f"not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(sections, dict):
        raise ConfigError("config", "expected the sections as a mapping", ConfigFile.model_fields)
    # Trees come first: their errors say more than those of the file's outline.
    trees = sections.get("strategies")
    strategies: dict[str, Strategy] = {}
    if isinstance(trees, dict):
        for name, tree in trees.items():
            strategies[str(name)] = strategy.parse(str(name), tree)
    file = _validate_file(_substitute_variables(sections, "config"))
    for name, profile in file.profiles.items():
        if profile.strategy not in strategies:
            raise ConfigError(f"profiles.{name}.strategy", f"unknown strategy {profile.strategy!r}", strategies)
    return Config(file.profiles, strategies, file.limits, file.output)


def _validate_file(raw: YamlValue) -> ConfigFile:
    try:
        return ConfigFile.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        *parents, last = [str(part) for part in first["loc"] if part != "[key]"] or ["config"]
        where = ".".join([*parents, last])
        if first["type"] == "extra_forbidden":
            section = {"limits": LimitsConfig, "output": OutputConfig, "profiles": ProfileConfig}
            known = section.get(parents[0], ConfigFile) if parents else ConfigFile
            raise ConfigError(where, f"unknown key {last!r}", known.model_fields) from None
        raise ConfigError(where, f"{first['msg']}, found {first['input']!r}") from None


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def _substitute_variables(value: YamlValue, where: str, above: tuple[int, ...] = ()) -> YamlValue:
    """Return the value with every `${NAME}` in its texts replaced from the environment.

    where: its YAML path, for errors. above: ids of the collections that it lies in. Raises ConfigError.
    """
    if id(value) in above:
        raise ConfigError(where, "a YAML alias leads back to itself")
    above = (*above, id(value))
    if isinstance(value, dict):
        return {key: _substitute_variables(item, f"{where}.{key}", above) for key, item in value.items()}
    if isinstance(value, list):
        return [_substitute_variables(item, f"{where}[{n}]", above) for n, item in enumerate(value)]
    if isinstance(value, str):
        return _VARIABLE.sub(_make_replacer(where), value)
    return value


def _make_replacer(where: str) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in os.environ:
            return os.environ[name]
        if match.group(2) is None:
            raise ConfigError(where, f"${{{name}}} is not set; set it, or write ${{{name}:-default}}")
        return match.group(2)

    return replace


class _UniqueKeysLoader(yaml.SafeLoader):
    """YAML lets a later key replace an earlier one in silence, so that a stem would vanish; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise ConfigError(f"line {key.start_mark.line + 1}", f"the key {key.value!r} stands twice")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def build_json_schema() -> dict[str, JsonValue]:
    """Make the JSON Schema of config.yaml, with every model, slot and parameter, for editors."""
    schema = ConfigFile.model_json_schema()
    schema["$defs"].update(strategy.definitions())
    nodes = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/Node"}}
    schema["properties"]["strategies"] = nodes
    return schema


def is_built_in(strategy: Strategy) -> bool:
    """Tell whether a strategy runs without weights and without torch."""
    return all(registry.card(model).architecture is Architecture.SPECTRAL for model in strategy.models)


def find_fallback_strategy(config: Config) -> str | None:
    """Return the name of the first strategy that runs without weights and torch; None: there is none."""
    return next((name for name, strategy in config.strategies.items() if is_built_in(strategy)), None)
