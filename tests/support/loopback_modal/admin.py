"""What tests ask of the control plane, and make happen in it, over HTTP.

GET /dump        everything that was deployed, without the values of Secrets
GET /calls       the calls of functions, oldest first, without HTTP requests
GET /events      what has happened, in order
POST /preempt    ?fn=NAME&grace=SECONDS: a function's containers lose their machines
POST /schedule   ?fn=NAME: a scheduled function runs now; answers when it has ended
POST /expire     ?call=ID: the result of a call is forgotten
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.calls import Calls
from tests.support.loopback_modal.containers import Containers
from tests.support.loopback_modal.functions import Functions
from tests.support.loopback_modal.images import Images
from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.secret_store import SecretStore
from tests.support.loopback_modal.volumes import Volumes


@dataclass(frozen=True)
class Admin:
    """The parts of a control plane that tests may look into."""

    journal: Journal
    functions: Functions
    images: Images
    volumes: Volumes
    secrets: SecretStore
    calls: Calls
    containers: Containers
    unimplemented: Counter[str]

    def app(self) -> web.Application:
        """Returns the HTTP interface."""
        app = web.Application()
        app.router.add_get("/dump", self._dump)
        app.router.add_get("/calls", self._list_calls)
        app.router.add_get("/events", self._list_events)
        app.router.add_post("/preempt", self._preempt)
        app.router.add_post("/schedule", self._run_schedule)
        app.router.add_post("/expire", self._expire)
        return app

    async def _dump(self, _request: web.Request) -> web.Response:
        functions = {
            variants[0].function_name: self._describe(function_id, variants)
            for function_id, variants in self.functions.variants.items()
        }
        images = {
            image_id: {
                "base": [base.image_id for base in image.base_images],
                "dockerfile": [*image.dockerfile_commands],
            }
            for image_id, image in self.images.definitions.items()
        }
        secrets = {self._secret_name(secret_id): sorted(keys) for secret_id, keys in self.secrets.variables.items()}
        told = {"functions": functions, "images": images, "secrets": secrets, "unimplemented": self.unimplemented}
        return web.json_response(told)

    def _describe(self, function_id: str, variants: Sequence[pb.Function]) -> dict[str, Any]:
        function = variants[0]
        gpus = [variant.resources.gpu_config for variant in variants]
        return {
            "image": function.image_id,
            "files": sorted(path for mount in function.mount_ids for path in self.images.mounts.get(mount, {})),
            "secrets": [self._secret_name(secret_id) for secret_id in function.secret_ids],
            "volumes": {
                mount.mount_path: [self.volumes.names[mount.volume_id], "ro" if mount.read_only else "rw"]
                for mount in function.volume_mounts
            },
            "gpus": [(gpu.gpu_type, gpu.count) for gpu in gpus if gpu.count],
            "methods": sorted(function.method_definitions),
            "timeout": function.timeout_secs,
            "startup_timeout": function.startup_timeout_secs,
            "concurrency": [function.max_concurrent_inputs, function.target_concurrent_inputs],
            "snapshot": function.checkpointing_enabled,
            "retries": as_json(function.retry_policy),
            "autoscaler": as_json(function.autoscaler_settings),
            "schedule": as_json(function.schedule),
            "webhook": as_json(function.webhook_config),
            "web_url": self.functions.web_urls.get(function_id),
        }

    def _secret_name(self, secret_id: str) -> str:
        return self.secrets.names.get(secret_id, secret_id)

    async def _list_calls(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [
                {
                    "id": call.id, "fn": self.functions.get(call.function_id).function_name, "state": call.state,
                    "deliveries": call.deliveries, "retries": call.retries,
                }
                for call in self.calls.all()
                if not call.by_web
            ]
        )  # fmt: skip

    async def _list_events(self, _request: web.Request) -> web.Response:
        return web.json_response(self.journal.events)

    async def _preempt(self, request: web.Request) -> web.Response:
        function_id = self.functions.find(request.query["fn"])
        return web.json_response({"preempted": self.containers.preempt(function_id, float(request.query["grace"]))})

    async def _run_schedule(self, request: web.Request) -> web.Response:
        nothing = pb.FunctionInput(args=pickle.dumps(((), {})), data_format=pb.DATA_FORMAT_PICKLE)
        call = self.calls.add(self.functions.find(request.query["fn"]), nothing)
        await call.done.wait()
        return web.json_response({"call": call.id, "status": call.state, "exc": call.result.exception})

    async def _expire(self, request: web.Request) -> web.Response:
        self.calls.get(request.query["call"]).expired = True
        return web.json_response({})


def as_json(message: Message) -> Mapping[str, Any]:
    """The fields of a message that are set."""
    return MessageToDict(message)
