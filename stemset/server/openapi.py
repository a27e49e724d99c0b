"""The OpenAPI document, for the generated clients: `python -m stemset.server.openapi > openapi.json`.

It needs neither configuration nor database, and is the same on every machine.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any, TypeAlias

from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License, Server, Tag
from litestar.plugins.pydantic import PydanticPlugin
from litestar.routes import HTTPRoute
from pydantic import BaseModel

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

Json: TypeAlias = Any
"""A part of the document, which is plain JSON: what is read from it is of any type."""

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
    """Every route under /api."""
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
    """What the document says of the whole."""
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


def document() -> Json:
    """The OpenAPI 3.1 document as plain JSON values."""
    app = Litestar(
        route_handlers=[api_router()],
        dependencies=service_dependencies(),
        openapi_config=openapi_config(),
        plugins=[pydantic_plugin],
        exception_handlers=exception_handlers,
    )
    schema = app.openapi_schema.to_schema()
    _describe_types(schema)
    _describe_access(schema)
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                _complete_responses(handler, schema)
    # A default may be a tuple.
    return json.loads(json.dumps(schema))


def _describe_types(schema: Json) -> None:
    types = _wire_types()
    for name, described in schema["components"]["schemas"].items():
        if name in types:
            described["description"] = inspect.cleandoc(types[name].__doc__ or "")


def _describe_access(schema: Json) -> None:
    """A closed service wants one of these; where it is open, nobody asks."""
    schema["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "The key of this Stemset."},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "Made by `signIn`."},
    }
    schema["security"] = [{"bearer": []}, {"apiKey": []}, {"session": []}]


def _closed(status: int) -> Json:
    """What any route behind the gate may answer to a stranger."""
    spec = problem_responses(status)[status]
    examples = {f"{status}-example-1": {"value": example.value} for example in spec.examples or ()}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    return {"description": spec.description, "content": {PROBLEM_JSON: content}}


def _complete_responses(handler: HTTPRouteHandler, schema: Json) -> None:
    """Put back what Litestar leaves out: nulls inside examples, and that an audio file is no text."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            if operation["operationId"] != handler.operation_id:
                continue
            if handler.opt.get(PUBLIC):
                operation["security"] = []
            else:
                operation["responses"] |= {str(status): _closed(status) for status in (401, 429)}
            for status, spec in (handler.responses or {}).items():
                for media_type, content in operation["responses"][str(status)].get("content", {}).items():
                    if media_type.startswith(_BINARY):
                        content["schema"] = {"type": "string", "format": "binary", "contentMediaType": media_type}
                    for example, told in zip(content.get("examples", {}).values(), spec.examples or (), strict=True):
                        example["value"] = told.value


def _wire_types() -> dict[str, type[BaseModel]]:
    """The named types of the document, whose docstrings describe them."""
    return {
        name: value
        for module in _SCHEMAS
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__doc__
    }


def main() -> None:
    """Write the document to stdout, keys sorted."""
    json.dump(document(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
