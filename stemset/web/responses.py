"""What a route may answer, for the API's documentation: the type with an example of it."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from pydantic import BaseModel, JsonValue


def json_response(value: BaseModel | Sequence[BaseModel], description: str) -> ResponseSpec:
    """The ResponseSpec of a route that answers with something like `value`, as JSON."""
    if not isinstance(value, BaseModel):
        return _spec(list[type(value[0])], [_wire(item) for item in value], description, "application/json")
    return _spec(type(value), _wire(value), description, "application/json")


def event_stream_response(value: BaseModel, description: str) -> ResponseSpec:
    """The ResponseSpec of a stream of server-sent events whose `data` is like `value`."""
    return _spec(type(value), _wire(value), description, "text/event-stream")


def binary_response(description: str, media_type: str) -> ResponseSpec:
    """The ResponseSpec of bytes that are no JSON."""
    return ResponseSpec(data_container=bytes, description=description, media_type=media_type, generate_examples=False)


def empty_response(description: str) -> ResponseSpec:
    """The ResponseSpec of an answer without a body."""
    return ResponseSpec(data_container=None, description=description, generate_examples=False)


def _wire(value: BaseModel) -> dict[str, JsonValue]:
    return value.model_dump(mode="json", by_alias=True)


def _spec(container: object, example: JsonValue, description: str, media_type: str) -> ResponseSpec:
    return ResponseSpec(
        data_container=container,  # pyright: ignore - typed for classes only
        description=description,
        media_type=media_type,
        generate_examples=False,
        examples=[Example(value=example)],
    )
