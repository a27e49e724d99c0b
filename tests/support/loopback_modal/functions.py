"""Apps, and the functions and classes that are deployed in them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from modal_proto import api_pb2 as pb

from tests.support.loopback_modal.journal import Journal
from tests.support.loopback_modal.rpc import Rpcs, unary

_LARGEST_VALUE_BYTES = 2 << 20


class Functions:
    """What has been deployed.

    variants: identifier of a function -> its definition for each GPU that it may run on, the most wanted first; most
    functions have one. web_urls: identifier of a function that serves HTTP -> where. open_web: makes such an address
    for an identifier.
    """

    def __init__(self, journal: Journal, open_web: Callable[[str], Awaitable[str]]) -> None:
        self.variants: dict[str, Sequence[pb.Function]] = {}
        self.web_urls: dict[str, str] = {}
        self._journal = journal
        self._open_web = open_web
        self._app_of: dict[str, str] = {}
        self._layouts: dict[str, pb.AppLayout] = {}
        self._deployed: dict[str, str] = {}

    def get(self, function_id: str) -> pb.Function:
        """Returns a function's definition, for the GPU that it wants most."""
        return self.variants[function_id][0]

    def find(self, name: str) -> str:
        """Returns the identifier of the function with this name, such as `api` or `Worker.*`."""
        return next(function_id for function_id in self.variants if self.get(function_id).function_name == name)

    def app_of(self, function_id: str) -> str:
        """Returns the identifier of the app that a function belongs to."""
        return self._app_of[function_id]

    def layout_for_container(self, function_id: str) -> pb.AppLayout:
        """Returns what a container of a function is told of its app, and of the objects that the function uses."""
        layout = pb.AppLayout()
        layout.CopyFrom(self._layouts[self._app_of[function_id]])
        for named in layout.function_ids.values():
            layout.objects.add(object_id=named, function_handle_metadata=self._handle(named))
        for named in layout.class_ids.values():
            layout.objects.add(object_id=named, class_handle_metadata=pb.ClassHandleMetadata())
        for dependency in self.get(function_id).object_dependencies:
            layout.objects.add(object_id=dependency.object_id)
        return layout

    def rpcs(self) -> Rpcs:
        """Returns the RPCs about apps, functions and classes."""
        return {
            "AppClientDisconnect": unary(lambda _: Empty()),
            "AppCreate": unary(lambda _: pb.AppCreateResponse(app_id=self._journal.new_id("ap"))),
            "AppGetByDeploymentName": unary(self._get_app),
            "AppGetLayout": unary(self._get_layout),
            "AppHeartbeat": unary(lambda _: Empty()),
            "AppPublish": unary(self._publish),
            "ClassCreate": unary(self._create_class),
            "ClassGet": unary(self._get_class),
            "FunctionCreate": unary(self._create),
            "FunctionGet": unary(self._get),
            "FunctionPrecreate": unary(self._precreate),
        }

    def _get_app(self, request: pb.AppGetByDeploymentNameRequest) -> pb.AppGetByDeploymentNameResponse:
        app_id = self._deployed.get(request.name, "")
        return pb.AppGetByDeploymentNameResponse(app_id=app_id, environment_name="main")

    def _get_layout(self, request: pb.AppGetLayoutRequest) -> pb.AppGetLayoutResponse:
        return pb.AppGetLayoutResponse(app_layout=self._layouts.get(request.app_id))

    def _publish(self, request: pb.AppPublishRequest) -> pb.AppPublishResponse:
        self._layouts[request.app_id] = pb.AppLayout(function_ids=request.function_ids, class_ids=request.class_ids)
        if request.app_state == pb.APP_STATE_DEPLOYED:
            self._deployed[request.name] = request.app_id
        return pb.AppPublishResponse(deployed_at=time.time())

    async def _precreate(self, request: pb.FunctionPrecreateRequest) -> pb.FunctionPrecreateResponse:
        function_id = request.existing_function_id or self._journal.new_id("fu")
        self._app_of[function_id] = request.app_id
        await self._ensure_web(function_id, request.webhook_config)
        handle = pb.FunctionHandleMetadata(
            function_name=request.function_name, function_type=request.function_type, app_id=request.app_id,
            function_schema=request.function_schema, web_url=self.web_urls.get(function_id, ""),
        )  # fmt: skip
        for name, method in request.method_definitions.items():
            handle.method_handle_metadata[name].CopyFrom(self._method_handle(function_id, name, method))
        return pb.FunctionPrecreateResponse(function_id=function_id, handle_metadata=handle)

    async def _create(self, request: pb.FunctionCreateRequest) -> pb.FunctionCreateResponse:
        function_id = request.existing_function_id or self._journal.new_id("fu")
        self._app_of[function_id] = request.app_id
        ranked = [variant.function for variant in request.function_data.ranked_functions]
        self.variants[function_id] = ranked or [request.function]
        await self._ensure_web(function_id, self.get(function_id).webhook_config)
        return pb.FunctionCreateResponse(
            function_id=function_id, handle_metadata=self._handle(function_id), function_data=self._data(function_id)
        )

    async def _ensure_web(self, function_id: str, config: pb.WebhookConfig) -> None:
        if config.type and function_id not in self.web_urls:
            self.web_urls[function_id] = await self._open_web(function_id)

    def _create_class(self, request: pb.ClassCreateRequest) -> pb.ClassCreateResponse:
        class_id = request.existing_class_id or self._journal.new_id("cs")
        return pb.ClassCreateResponse(class_id=class_id, handle_metadata=pb.ClassHandleMetadata())

    def _get_class(self, request: pb.ClassGetRequest) -> pb.ClassGetResponse:
        found = self._layout_of(request.app_name).class_ids.get(request.object_tag)
        if found is None:
            raise GRPCError(Status.NOT_FOUND, f"App '{request.app_name}' has no class {request.object_tag}")
        return pb.ClassGetResponse(class_id=found, handle_metadata=pb.ClassHandleMetadata())

    def _get(self, request: pb.FunctionGetRequest) -> pb.FunctionGetResponse:
        found = self._layout_of(request.app_name).function_ids.get(request.object_tag)
        if found is None:
            raise GRPCError(Status.NOT_FOUND, f"App '{request.app_name}' has no function {request.object_tag}")
        return pb.FunctionGetResponse(
            function_id=found, handle_metadata=self._handle(found), function=self._data(found)
        )

    def _layout_of(self, app: str) -> pb.AppLayout:
        if app not in self._deployed:
            raise GRPCError(Status.NOT_FOUND, f"No App with name '{app}' found in the 'main' environment")
        return self._layouts[self._deployed[app]]

    def _data(self, function_id: str) -> pb.FunctionData:
        variants = self.variants[function_id]
        return pb.FunctionData(
            function_name=variants[0].function_name,
            ranked_functions=[
                pb.FunctionData.RankedFunction(rank=rank, function=variant) for rank, variant in enumerate(variants)
            ],
        )

    def _handle(self, function_id: str) -> pb.FunctionHandleMetadata:
        """What a client has to know to call a function."""
        function = self.get(function_id)
        handle = pb.FunctionHandleMetadata(
            function_name=function.function_name, function_type=function.function_type,
            web_url=self.web_urls.get(function_id, ""), app_id=self._app_of[function_id],
            class_parameter_info=function.class_parameter_info, function_schema=function.function_schema,
            definition_id=f"de-{function_id[3:]}", max_object_size_bytes=_LARGEST_VALUE_BYTES,
            supported_input_formats=function.supported_input_formats,
            supported_output_formats=function.supported_output_formats,
        )  # fmt: skip
        for name, method in function.method_definitions.items():
            handle.method_handle_metadata[name].CopyFrom(self._method_handle(function_id, name, method))
        return handle

    def _method_handle(self, function_id: str, name: str, method: pb.MethodDefinition) -> pb.FunctionHandleMetadata:
        return pb.FunctionHandleMetadata(
            function_name=method.function_name, function_type=method.function_type, is_method=True,
            use_method_name=name, function_schema=method.function_schema, app_id=self._app_of[function_id],
            supported_input_formats=method.supported_input_formats,
            supported_output_formats=method.supported_output_formats,
        )  # fmt: skip
