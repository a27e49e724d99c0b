"""What a control plane is started with."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """root: folder of all that the control plane keeps. python: the interpreter that stands in for every image.
    secrets: name of a Secret -> its variables. environment: variables that every container has beside those of its
    image and Secrets. private_folders: folders that each container has for itself, empty at first.
    """

    model_config = ConfigDict(frozen=True)

    root: Path
    python: str
    secrets: dict[str, dict[str, str]] = {}
    environment: dict[str, str] = {}
    private_folders: tuple[str, ...] = ()
