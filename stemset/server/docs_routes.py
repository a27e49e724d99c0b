"""The routes of the API's documentation: the OpenAPI document, and a page made from it without any script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape

from litestar import Response, Router, get
from pydantic import JsonValue

from stemset.server import openapi
from stemset.server.openapi import JsonObject, list_operations, read_object, read_objects, read_text

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; padding: .35rem 0 } summary:focus-visible { outline: 2px solid Highlight }
code, pre { font: 13px/1.5 ui-monospace, monospace } pre { overflow: auto; padding: .75rem; border-radius: 6px;
background: color-mix(in srgb, currentColor 7%, transparent) }
.method { display: inline-block; min-width: 3.2rem; font-weight: 700 } details details { margin-left: 1.5rem }
dt { font-weight: 600 } dd { margin: 0 0 .4rem 1.5rem }
"""


@get("/api/openapi.json", include_in_schema=False, media_type="application/json")
async def show_openapi_document() -> Response[bytes]:
    return Response(_render_document(), headers={"Cache-Control": "no-cache"}, media_type="application/json")


@get("/docs", include_in_schema=False, media_type="text/html")
async def show_docs() -> Response[bytes]:
    return Response(_render_page(), headers={"Cache-Control": "no-cache"}, media_type="text/html")


router = Router(path="/", route_handlers=[show_openapi_document, show_docs])


@cache
def _render_document() -> bytes:
    return json.dumps(openapi.build_document(), sort_keys=True).encode()


@cache
def _render_page() -> bytes:
    document = openapi.build_document()
    title, version, about = (escape(read_text(document, "info", key)) for key in ("title", "version", "description"))
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title} API</title><style>{_STYLE}</style><body>"
        f"<h1>{title} API {version}</h1><p>{about} "
        f"<a href='/api/openapi.json'>OpenAPI document</a></p>"
    )
    operations = list_operations(document)
    sections = [_render_section(tag, operations) for tag in read_objects(document, "tags")]
    types = [_render_type(name, schema) for name, schema in read_object(document, "components", "schemas").items()]
    return "".join([head, *sections, "<h2>Types</h2>", *types, "</body></html>"]).encode()


def _render_section(tag: JsonObject, operations: Sequence[tuple[str, str, JsonObject]]) -> str:
    """Render a tag with the operations that have it. operations: path, method and description of each."""
    name = read_text(tag, "name")
    rendered = [_render_operation(*operation) for operation in operations if name in _tags(operation[2])]
    return f"<h2>{escape(name)}</h2><p>{escape(read_text(tag, 'description'))}</p>{''.join(rendered)}"


def _tags(operation: JsonObject) -> list[JsonValue]:
    tags = operation["tags"]
    return tags if isinstance(tags, list) else []


def _render_type(name: str, schema: JsonValue) -> str:
    described = f"<p>{_escape_optional(read_object(schema), 'description')}</p>{_render_json(schema)}"
    return f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{described}</details>"


def _render_operation(path: str, method: str, operation: JsonObject) -> str:
    summary = escape(read_text(operation, "summary"))
    head = f"<span class=method>{method.upper()}</span> <code>{escape(path)}</code> {summary}"
    body = [f"<p>Operation <code>{escape(read_text(operation, 'operationId'))}</code></p>"]
    if operation.get("parameters"):
        body.append("<h4>Parameters</h4><dl>")
        body.extend(map(_render_parameter, read_objects(operation, "parameters")))
        body.append("</dl>")
    if "requestBody" in operation:
        body.append("<h4>Body</h4>")
        body.extend(
            f"<p><code>{escape(kind)}</code></p>{_render_json(read_object(content)['schema'])}"
            for kind, content in read_object(operation, "requestBody", "content").items()
        )
    body.append("<h4>Answers</h4>")
    body.extend(
        _render_response(status, read_object(response))
        for status, response in read_object(operation, "responses").items()
    )
    return f"<details><summary>{head}</summary>{''.join(body)}</details>"


def _render_parameter(parameter: JsonObject) -> str:
    need = "required" if parameter.get("required") else "optional"
    name = escape(read_text(parameter, "name"))
    return (
        f"<dt><code>{name}</code> ({read_text(parameter, 'in')}, {need})</dt>"
        f"<dd>{_escape_optional(parameter, 'description')}</dd>"
    )


def _render_response(status: str, response: JsonObject) -> str:
    contents = read_object(response, "content") if "content" in response else {}
    examples = [
        _render_json(read_object(example)["value"])
        for content in map(read_object, contents.values())
        if "examples" in content
        for example in read_object(content, "examples").values()
    ]
    return (
        f"<details><summary><code>{status}</code> {escape(read_text(response, 'description'))}</summary>"
        f"{''.join(examples)}</details>"
    )


def _escape_optional(described: JsonObject, key: str) -> str:
    return escape(read_text(described, key)) if described.get(key) else ""


def _render_json(value: JsonValue) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
