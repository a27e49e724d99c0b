"""Starts the process of a container: Modal's own entry point, with the files and variables of its image."""

from __future__ import annotations

import asyncio
import os
import shlex
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.functions import Functions
from tests.support.loopback_modal.images import Images
from tests.support.loopback_modal.secret_store import SecretStore
from tests.support.loopback_modal.settings import Settings
from tests.support.loopback_modal.volumes import Volumes

_SEEN_BY_CONTAINERS = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TMPDIR")
_HOME = "root"  # the working directory, where Modal puts an app's Python files


@dataclass(frozen=True)
class Launcher:
    """Turns a function's definition into a process."""

    settings: Settings
    functions: Functions
    images: Images
    volumes: Volumes
    secrets: SecretStore

    async def start(self, container_id: str, function_id: str, folder: Path, control_plane: Path) -> Process:
        """Starts a container in a session of its own.

        folder: becomes the container's; control_plane: the Unix socket where it finds its control plane. What it
        writes to its output goes to ours.
        """
        function = self.functions.get(function_id)
        self._place_files(function, folder)
        arguments = folder / "container-arguments.bin"
        arguments.write_bytes(self._arguments(container_id, function_id).SerializeToString())
        home = folder / _HOME
        home.mkdir(exist_ok=True)
        environment = self._environment(function) | {
            "MODAL_CONFIG_PATH": "/dev/null", "MODAL_CONTAINER_ARGUMENTS_PATH": str(arguments),
            "MODAL_ENVIRONMENT": "main", "MODAL_IMAGE_ID": function.image_id, "MODAL_IS_REMOTE": "1",
            "MODAL_SERVER_URL": f"unix://{control_plane}", "MODAL_TASK_ID": container_id,
            "PYTHONPATH": str(home), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        command = self._command(self._folders(function, folder))
        return await asyncio.create_subprocess_exec(*command, cwd=home, env=environment, start_new_session=True)

    def _place_files(self, function: pb.Function, folder: Path) -> None:
        for mount_id in function.mount_ids:
            for path, sha256 in self.images.mounts.get(mount_id, {}).items():
                file = folder / path.lstrip("/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self.images.content(sha256))

    def _arguments(self, container_id: str, function_id: str) -> pb.ContainerArguments:
        return pb.ContainerArguments(
            task_id=container_id, function_id=function_id, app_id=self.functions.app_of(function_id),
            function_def=self.functions.get(function_id), environment_name="main",
            app_layout=self.functions.layout_for_container(function_id),
        )  # fmt: skip

    def _environment(self, function: pb.Function) -> dict[str, str]:
        environment = {name: os.environ[name] for name in _SEEN_BY_CONTAINERS if name in os.environ}
        environment |= self.settings.environment | self.images.environment(function.image_id)
        for secret_id in function.secret_ids:
            environment |= self.secrets.variables[secret_id]
        return environment

    def _folders(self, function: pb.Function, folder: Path) -> dict[str, Path]:
        """Which folders the container sees in the place of the machine's: path there -> folder here."""
        folders = {f"/{top.name}": top for top in folder.iterdir() if top.is_dir() and top.name != _HOME}
        for volume in function.volume_mounts:
            folders[volume.mount_path] = self.volumes.folder(volume.volume_id)
        for number, path in enumerate(self.settings.private_folders):
            folders[path] = folder / f"private-{number}"
            folders[path].mkdir()
        return folders

    def _command(self, folders: dict[str, Path]) -> list[str]:
        """The command of a container in a mount namespace of its own."""
        binds = [
            f"mkdir -p {shlex.quote(path)}; mount --bind {shlex.quote(str(source))} {shlex.quote(path)};"
            for path, source in folders.items()
        ]
        entry_point = shlex.join([self.settings.python, "-m", "modal._container_entrypoint"])
        return ["unshare", "--mount", "sh", "-c", " ".join(["set -e;", *binds, "exec", entry_point])]
