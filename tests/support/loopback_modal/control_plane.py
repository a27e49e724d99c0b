"""The control plane: what `modal deploy` talks to, and what runs the functions that it deploys."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping

import grpclib.server
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.admin import Admin
from tests.support.loopback_modal.calls import Calls
from tests.support.loopback_modal.containers import Containers
from tests.support.loopback_modal.functions import Functions
from tests.support.loopback_modal.gateway import Gateway, address_of, serve_http
from tests.support.loopback_modal.images import Images
from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.launcher import Launcher
from tests.support.loopback_modal.rpc import Endpoint, Rpcs, Serve, unary
from tests.support.loopback_modal.secret_store import SecretStore
from tests.support.loopback_modal.settings import Settings
from tests.support.loopback_modal.volumes import Volumes

READY = "READY "
"""Begins the line of the log that tells the addresses, as JSON: `address` for clients of Modal, `admin` for tests."""

_IMAGE_BUILDER = "2025.06"
_TOKEN_LIFE_S = 36_000
_GRACE_AT_THE_END_S = 3.0


class ControlPlane:
    """One Modal of one workspace with one environment, `main`; gone when its process ends."""

    def __init__(self, settings: Settings) -> None:
        self._journal = Journal()
        self._unimplemented: Counter[str] = Counter()
        images = Images(self._journal)
        volumes = Volumes(self._journal, settings.root / "volumes")
        secrets = SecretStore(self._journal, settings.secrets)
        functions = Functions(self._journal, self._open_web)
        calls = Calls(self._journal, functions)
        self._gateway = Gateway(calls)
        launcher = Launcher(settings, functions, images, volumes, secrets)
        root = settings.root / "containers"
        self._containers = Containers(self._journal, calls, functions, launcher, root, self._unimplemented)
        parts = (images, volumes, secrets, functions, calls, self._containers)
        self._rpcs: Rpcs = _workspace_rpcs() | {name: serve for part in parts for name, serve in part.rpcs().items()}
        self._containers.shared_rpcs = self._rpcs
        self._admin = Admin(
            self._journal, functions, images, volumes, secrets, calls, self._containers, self._unimplemented
        )

    async def run(self) -> None:
        """Serves until the process is sent SIGTERM or SIGINT, then ends every container."""
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        admin = await serve_http(self._admin.app())
        listener = socket.create_server(("127.0.0.1", 0))
        server = grpclib.server.Server([Endpoint(self._rpcs, self._unimplemented)])
        await server.start(sock=listener)
        self._journal.write(READY + json.dumps({"address": address_of(listener), "admin": admin}))
        await stopped.wait()
        await self._containers.close(_GRACE_AT_THE_END_S)
        server.close()

    async def _open_web(self, function_id: str) -> str:
        return await self._gateway.open(function_id)


def _workspace_rpcs() -> dict[str, Serve]:
    """The RPCs about the client itself and its workspace."""
    settings = pb.EnvironmentSettings(image_builder_version=_IMAGE_BUILDER)
    metadata = pb.EnvironmentMetadata(name="main", settings=settings)
    return {
        "AuthTokenGet": unary(lambda _: pb.AuthTokenGetResponse(token=_new_token())),
        "ClientHello": unary(lambda _: pb.ClientHelloResponse(image_builder_version=_IMAGE_BUILDER)),
        "EnvironmentGetOrCreate": unary(
            lambda _: pb.EnvironmentGetOrCreateResponse(environment_id="en-1", metadata=metadata)
        ),
    }


def _new_token() -> str:
    """An unsigned JSON Web Token that is valid for some hours: clients look at when it expires."""

    def encode(part: Mapping[str, object]) -> str:
        return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()

    return f"{encode({'alg': 'none'})}.{encode({'exp': int(time.time()) + _TOKEN_LIFE_S})}.unsigned"
