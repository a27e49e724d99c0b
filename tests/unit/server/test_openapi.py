"""What is put into the OpenAPI document beside what the routes say themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemset.server.openapi import (
    JsonObject,
    build_document,
    list_operations,
    read_object,
    read_objects,
    read_text,
)

ROOT = Path(__file__).parents[3]
VALUE: JsonObject = {"a": {"b": "text", "c": [{"d": 1}], "e": [1]}}


@pytest.fixture(scope="module")
def document() -> JsonObject:
    return build_document()


@pytest.fixture(scope="module")
def operations(document: JsonObject) -> dict[str, JsonObject]:
    return {read_text(operation, "operationId"): operation for _, _, operation in list_operations(document)}


def test_the_page_s_client_is_generated_from_this_document(document: JsonObject) -> None:
    assert document == json.loads((ROOT / "frontend" / "openapi.json").read_text("utf-8"))


def test_types_are_described_by_the_docstrings_of_their_classes(document: JsonObject) -> None:
    assert read_text(document, "components", "schemas", "Health", "description").startswith("Whether the parts")


def test_a_public_route_needs_no_key_and_any_other_may_refuse_one(operations: dict[str, JsonObject]) -> None:
    for name, operation in operations.items():
        refusals = {"401", "429"} & set(read_object(operation, "responses"))
        if operation.get("security") == []:
            assert name in {"getHealth", "getSession", "signIn", "signOut", "reportJob"} or "hared" in name
        else:
            assert refusals == {"401", "429"}, name


def test_audio_is_bytes_not_text(operations: dict[str, JsonObject]) -> None:
    content = read_object(operations["getStemFile"], "responses", "200", "content")
    assert {media_type: read_object(described, "schema") for media_type, described in content.items()} == {
        "audio/flac": {"type": "string", "format": "binary", "contentMediaType": "audio/flac"}
    }


def test_an_example_shows_what_is_null(operations: dict[str, JsonObject]) -> None:
    content = read_object(operations["getJob"], "responses", "200", "content", "application/json")
    (example,) = read_object(content, "examples").values()
    assert None in read_object(read_object(example), "value").values()


def test_a_path_is_read_with_the_type_that_is_expected() -> None:
    assert read_text(VALUE, "a", "b") == "text"
    assert read_objects(VALUE, "a", "c") == [{"d": 1}]
    assert read_object(VALUE, "a")["e"] == [1]


def test_another_type_or_nothing_is_an_error() -> None:
    with pytest.raises(TypeError, match="expected an object, found 'text'"):
        read_object(VALUE, "a", "b")
    with pytest.raises(TypeError, match="expected a text"):
        read_text(VALUE, "a", "c")
    with pytest.raises(TypeError, match="expected a list"):
        read_objects(VALUE, "a", "b")
    with pytest.raises(TypeError, match="expected an object, found 1"):
        read_objects(VALUE, "a", "e")
    with pytest.raises(KeyError):
        read_object(VALUE, "z")
