"""config.yaml, which says what a Stemset offers, and the settings of a machine or a deployment."""

from stemset.config.file import (
    Config,
    ConfigFile,
    LimitsConfig,
    OutputConfig,
    ProfileConfig,
    build_json_schema,
    find_config_file,
    load_config,
    parse_config,
)
from stemset.config.settings import ApiSettings, CommonSettings, WorkerSettings

__all__ = [
    "ApiSettings",
    "CommonSettings",
    "Config",
    "ConfigFile",
    "LimitsConfig",
    "OutputConfig",
    "ProfileConfig",
    "WorkerSettings",
    "build_json_schema",
    "find_config_file",
    "load_config",
    "parse_config",
]
