"""The OpenAPI document, for the generated clients: `python -m stemset.server.openapi > openapi.json`.

It needs neither configuration nor database, and is the same on every machine.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import TypeAlias

from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import License, Server, Tag
from litestar.plugins.pydantic import PydanticPlugin
from litestar.routes import HTTPRoute
from pydantic import BaseModel, JsonValue

from stemset import __version__, manifest
from stemset.features.accounts import routes as account_routes
from stemset.features.accounts import schemas as account_schemas
from stemset.features.accounts.gate import COOKIE, PUBLIC
from stemset.features.catalogue import routes as catalogue_routes
from stemset.features.catalogue import schemas as catalogue_schemas
from stemset.features.downloads import routes as download_routes
from stemset.features.jobs import routes as job_routes
from stemset.features.jobs import schemas as job_schemas
from stemset.features.library import recording_routes, upload_routes
from stemset.features.library import schemas as library_schemas
from stemset.features.mixes import clip_routes, mix, mix_routes, share_routes
from stemset.features.mixes import schemas as mix_schemas
from stemset.features.player import routes as player_routes
from stemset.features.player import schemas as player_schemas
from stemset.server import health, schemas
from stemset.server.services import service_dependencies
from stemset.web import problems
from stemset.web.problems import PROBLEM_JSON, exception_handlers, problem_responses

JsonObject: TypeAlias = dict[str, JsonValue]

_BINARY = ("audio/", "application/octet-stream", "application/zip")

_SCHEMAS = (
    schemas,
    account_schemas,
    catalogue_schemas,
    job_schemas,
    library_schemas,
    mix,
    mix_schemas,
    player_schemas,
    problems,
    manifest,
)
"""The modules whose types the document names; their docstrings describe them there."""

pydantic_plugin = PydanticPlugin(prefer_alias=True)


def api_router() -> Router:
    """Make the router of every route under /api."""
    return Router(
        path="/api",
        route_handlers=[
            health.router,
            catalogue_routes.router,
            account_routes.router,
            recording_routes.router,
            upload_routes.router,
            job_routes.router,
            player_routes.router,
            mix_routes.router,
            share_routes.router,
            clip_routes.router,
            download_routes.router,
        ],
    )


def openapi_config() -> OpenAPIConfig:
    """Make what the document says of the API as a whole: title, licence, tags."""
    return OpenAPIConfig(
        title="Stemset",
        version=__version__,
        description="A song goes in, every instrument comes out on its own fader.",
        license=License(name="MIT", identifier="MIT"),
        servers=[Server(url="/")],
        use_handler_docstrings=True,
        tags=[
            Tag(name="service", description="What the service is and offers."),
            Tag(name="session", description="The key of a closed service, for browsers."),
            Tag(name="recordings", description="Songs, as they were uploaded."),
            Tag(name="uploads", description="Songs on their way in, in three steps."),
            Tag(name="jobs", description="One strategy run on one recording."),
            Tag(name="player", description="What the player plays and draws."),
            Tag(name="mixes", description="What listeners set: the mix of a recording, links to it, clips."),
            Tag(name="downloads", description="Stems as files to keep."),
            Tag(name="worker", description="What workers tell the service."),
        ],
    )


def build_document() -> JsonObject:
    """Make the OpenAPI 3.1 document, as plain JSON values."""
    app = Litestar(
        route_handlers=[api_router()],
        dependencies=service_dependencies(),
        openapi_config=openapi_config(),
        plugins=[pydantic_plugin],
        exception_handlers=exception_handlers,
    )
    document: JsonObject = app.openapi_schema.to_schema()
    _describe_types(document)
    _describe_access(document)
    handlers = {
        handler.operation_id: handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
    }
    for _, _, operation in list_operations(document):
        handler = handlers[read_text(operation, "operationId")]
        _complete_access(operation, is_public=bool(handler.opt.get(PUBLIC)))
        _complete_responses(operation, handler)
    # A default may be a tuple.
    return json.loads(json.dumps(document))


def list_operations(document: JsonObject) -> list[tuple[str, str, JsonObject]]:
    """List path, method and description of every operation, in the document's order."""
    return [
        (path, method, read_object(operation))
        for path, methods in read_object(document, "paths").items()
        for method, operation in read_object(methods).items()
    ]


def read_object(value: JsonValue, *path: str) -> JsonObject:
    """Return the object at `path` below `value`. Raises KeyError where there is nothing, TypeError for another type."""
    for name in path:
        value = read_object(value)[name]
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {value!r}")
    return value


def read_objects(value: JsonValue, *path: str) -> list[JsonObject]:
    """Return the list of objects at `path` below `value`; raises as `read_object`."""
    *parents, name = path
    items = read_object(value, *parents)[name]
    if not isinstance(items, list):
        raise TypeError(f"expected a list, found {items!r}")
    return [read_object(item) for item in items]


def read_text(value: JsonValue, *path: str) -> str:
    """Return the text at `path` below `value`; raises as `read_object`."""
    *parents, name = path
    text = read_object(value, *parents)[name]
    if not isinstance(text, str):
        raise TypeError(f"expected a text, found {text!r}")
    return text


def _describe_types(document: JsonObject) -> None:
    """Describe each type by the docstring of its class."""
    types = _wire_types()
    for name, schema in read_object(document, "components", "schemas").items():
        if name in types:
            read_object(schema)["description"] = inspect.cleandoc(types[name].__doc__ or "")


def _describe_access(document: JsonObject) -> None:
    """List the three ways to send the key of a closed service; an open one asks for none."""
    read_object(document, "components")["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "The key of this Stemset."},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Made by `signIn`."},
    }
    document["security"] = [{"bearer": []}, {"apiKey": []}, {"session": []}]


def _complete_access(operation: JsonObject, *, is_public: bool) -> None:
    """State that a public route needs no key, or that another one may refuse a request for its key."""
    if is_public:
        operation["security"] = []
    else:
        read_object(operation, "responses").update({str(status): _refusal(status) for status in (401, 429)})


def _refusal(status: int) -> JsonObject:
    """Describe the response of the gate to a request without the key."""
    spec = problem_responses(status)[status]
    examples: JsonObject = {f"{status}-example-1": {"value": example.value} for example in spec.examples or ()}
    content: JsonObject = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": spec.description, "content": {PROBLEM_JSON: content}}


def _complete_responses(operation: JsonObject, handler: HTTPRouteHandler) -> None:
    """Add to the responses what Litestar leaves out: nulls inside examples, and that an audio file is no text."""
    for status, spec in (handler.responses or {}).items():
        response = read_object(operation, "responses", str(status))
        if "content" in response:
            for media_type, content in read_object(response, "content").items():
                _complete_content(read_object(content), media_type, spec)


def _complete_content(content: JsonObject, media_type: str, spec: ResponseSpec) -> None:
    if media_type.startswith(_BINARY):
        content["schema"] = {"type": "string", "format": "binary", "contentMediaType": media_type}
    if "examples" in content:
        examples = read_object(content, "examples").values()
        for example, original in zip(examples, spec.examples or (), strict=True):
            read_object(example)["value"] = original.value


def _wire_types() -> dict[str, type[BaseModel]]:
    """Return the named types of the document that have a docstring, by name."""
    return {
        name: value
        for module in _SCHEMAS
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__doc__
    }


def main() -> None:
    """Write the document to stdout, keys sorted."""
    json.dump(build_document(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
