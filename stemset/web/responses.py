"""The `responses=` of routes for the API's documentation: a type with an example of it."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from pydantic import BaseModel, JsonValue


def json_response(value: BaseModel | Sequence[BaseModel], description: str) -> ResponseSpec:
    """Describe a JSON response of the type of `value`, which is its example; a sequence: a list of its first type."""
    if not isinstance(value, BaseModel):
        return _make_spec(list[type(value[0])], [_to_json(item) for item in value], description, "application/json")
    return _make_spec(type(value), _to_json(value), description, "application/json")


def event_stream_response(value: BaseModel, description: str) -> ResponseSpec:
    """Describe a stream of server-sent events whose `data` has the type of `value`, which is its example."""
    return _make_spec(type(value), _to_json(value), description, "text/event-stream")


def binary_response(description: str, media_type: str) -> ResponseSpec:
    """Describe a response of bytes of this media type."""
    return ResponseSpec(data_container=bytes, description=description, media_type=media_type, generate_examples=False)


def empty_response(description: str) -> ResponseSpec:
    """Describe a response without a body."""
    return ResponseSpec(data_container=None, description=description, generate_examples=False)


def _to_json(value: BaseModel) -> dict[str, JsonValue]:
    return value.model_dump(mode="json", by_alias=True)


def _make_spec(container: object, example: JsonValue, description: str, media_type: str) -> ResponseSpec:
    return ResponseSpec(
        data_container=container,  # pyright: ignore - typed for classes only
        description=description,
        media_type=media_type,
        generate_examples=False,
        examples=[Example(value=example)],
    )
