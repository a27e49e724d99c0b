"""The API's documentation: the OpenAPI document, and a page made from it that needs no network and no script."""

from __future__ import annotations

import json
from functools import cache
from html import escape

from litestar import Response, Router, get

from stemset.server import openapi
from stemset.server.openapi import Json

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
async def openapi_json() -> Response[bytes]:
    return Response(_document(), headers={"Cache-Control": "no-cache"}, media_type="application/json")


@get("/docs", include_in_schema=False, media_type="text/html")
async def docs() -> Response[bytes]:
    return Response(_page(), headers={"Cache-Control": "no-cache"}, media_type="text/html")


router = Router(path="/", route_handlers=[openapi_json, docs])


@cache
def _document() -> bytes:
    return json.dumps(openapi.document(), sort_keys=True).encode()


@cache
def _page() -> bytes:
    document: Json = openapi.document()
    info = document["info"]
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    parts = [
        (
            f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style><body>"
            f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])} "
            f"<a href='/api/openapi.json'>OpenAPI document</a></p>"
        )
    ]
    for tag in document["tags"]:
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
        parts.extend(
            _operation(path, method, operation)
            for path, method, operation in operations
            if tag["name"] in operation["tags"]
        )
    parts.append("<h2>Types</h2>")
    for name, schema in document["components"]["schemas"].items():
        described = f"<p>{escape(schema.get('description', ''))}</p>{_json(schema)}"
        parts.append(
            f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{described}</details>"
        )
    return "".join([*parts, "</body></html>"]).encode()


def _operation(path: str, method: str, operation: Json) -> str:
    head = f"<span class=method>{method.upper()}</span> <code>{escape(path)}</code> {escape(operation['summary'])}"
    body = [f"<p>Operation <code>{escape(operation['operationId'])}</code></p>"]
    if parameters := operation.get("parameters"):
        body.append("<h4>Parameters</h4><dl>")
        for parameter in parameters:
            need = "required" if parameter.get("required") else "optional"
            body.append(f"<dt><code>{escape(parameter['name'])}</code> ({parameter['in']}, {need})</dt>")
            body.append(f"<dd>{escape(parameter.get('description') or '')}</dd>")
        body.append("</dl>")
    if request := operation.get("requestBody"):
        body.append("<h4>Body</h4>")
        body.extend(
            f"<p><code>{escape(kind)}</code></p>{_json(content['schema'])}"
            for kind, content in request["content"].items()
        )
    body.append("<h4>Answers</h4>")
    for status, response in operation["responses"].items():
        examples = [
            _json(example["value"])
            for content in response.get("content", {}).values()
            for example in content.get("examples", {}).values()
        ]
        body.append(
            f"<details><summary><code>{status}</code> {escape(response['description'])}</summary>"
            f"{''.join(examples)}</details>"
        )
    return f"<details><summary>{head}</summary>{''.join(body)}</details>"


def _json(value: Json) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
