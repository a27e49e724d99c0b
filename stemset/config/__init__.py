"""What a Stemset offers (config.yaml), and the settings that belong to a machine or a deployment."""

from stemset.config.file import (
    Config,
    ConfigFile,
    LimitsConfig,
    OutputConfig,
    ProfileConfig,
    json_schema,
    load_config,
    nearest_config,
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
    "json_schema",
    "load_config",
    "nearest_config",
    "parse_config",
]
