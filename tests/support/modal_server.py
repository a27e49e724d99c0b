"""The loopback Modal, and what it lacks for `stemset deploy check`: Secrets that are made and changed, Volumes that
tell what is in them.

`python -m tests.support.modal_server …` takes what the tool itself takes.
"""

# The tool is no module of ours, and has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import runpy
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from google.protobuf.empty_pb2 import Empty
from grpclib.const import Handler
from modal_proto import api_grpc, api_pb2

from tests.support.modal import TOOL

Serve: TypeAlias = Callable[[Any], Awaitable[None]]

_CALL = "/modal.client.ModalClient/"
_MAKING = (
    api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING,
    api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS,
)


class _Asked:
    """A stream of which the request has been read."""

    def __init__(self, stream: Any, request: Any) -> None:
        self._request = request
        self.send_message = stream.send_message

    async def recv_message(self) -> Any:
        return self._request


async def _secret(plane: Any, serve: Serve, stream: Any) -> None:
    request = await stream.recv_message()
    name = request.deployment_name
    if name and request.object_creation_type in _MAKING and name not in plane.secret_names:
        plane.secret_names[name] = plane.id("st")
        plane.secrets[plane.secret_names[name]] = {"name": name, "env": dict(request.env_dict)}
    await serve(_Asked(stream, request))


async def _secret_update(plane: Any, stream: Any) -> None:
    request = await stream.recv_message()
    plane.secrets[request.secret_id]["env"].update({update.key: update.value for update in request.updates})
    await stream.send_message(Empty())


async def _volume_files(plane: Any, stream: Any) -> None:
    request = await stream.recv_message()
    folder = Path(plane.root) / "volumes" / request.volume_id
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    entries = [api_pb2.FileEntry(path=file.name, size=file.stat().st_size) for file in files]
    await stream.send_message(api_pb2.VolumeListFilesResponse(entries=entries))


_its_own = api_grpc.ModalClientBase.__mapping__


def _with_more(self: Any) -> dict[str, Handler]:
    handlers = _its_own(self)
    more: dict[str, Serve] = {
        "SecretGetOrCreate": partial(_secret, self.cp, handlers[f"{_CALL}SecretGetOrCreate"].func),
        "SecretUpdate": partial(_secret_update, self.cp),
        "VolumeListFiles": partial(_volume_files, self.cp),
    }
    return handlers | {f"{_CALL}{name}": handlers[f"{_CALL}{name}"]._replace(func=f) for name, f in more.items()}


if __name__ == "__main__":
    api_grpc.ModalClientBase.__mapping__ = _with_more
    runpy.run_path(str(TOOL), run_name="__main__")
