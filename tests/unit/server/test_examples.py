"""Every example of the OpenAPI document is a value of the type beside it, and stands there in full."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema_rs
import pytest
from pydantic import BaseModel, JsonValue

from stemset.features.accounts import schemas as accounts
from stemset.features.catalogue import schemas as catalogue
from stemset.features.jobs import schemas as jobs
from stemset.features.library import schemas as library
from stemset.features.mixes import schemas as mixes
from stemset.features.player import schemas as player
from stemset.server import schemas as server
from stemset.server.openapi import JsonObject, build_document, list_operations, read_object

MODULES = (accounts, catalogue, jobs, library, mixes, player, server)
EXAMPLES = {
    f"{module.__name__.split('.')[-2]}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, BaseModel)
}
DOCUMENT = build_document()


def examples(document: JsonObject) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    """Operation and status, schema and value of every example of an answer."""
    for _, _, operation in list_operations(document):
        for status, response in read_object(operation, "responses").items():
            contents = read_object(response).get("content", {})
            for content in read_object(contents).values():
                for example in read_object(read_object(content).get("examples", {})).values():
                    name = f"{operation['operationId']}-{status}"
                    yield name, read_object(content)["schema"], read_object(example)["value"]


SHOWN = list(examples(DOCUMENT))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_read_by_its_type_as_it_is_written(example: BaseModel) -> None:
    written = example.model_dump_json(by_alias=True)
    assert type(example).model_validate_json(written) == example
    assert json.loads(written) == example.model_dump(mode="json", by_alias=True)


@pytest.mark.parametrize(("schema", "value"), [case[1:] for case in SHOWN], ids=[case[0] for case in SHOWN])
def test_an_example_in_the_document_fits_the_schema_beside_it(schema: JsonValue, value: JsonValue) -> None:
    whole = {**read_object(schema), "components": DOCUMENT["components"]}
    assert [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)] == []


def test_every_answer_in_json_has_an_example() -> None:
    shown = {name for name, _, _ in SHOWN}
    for _, _, operation in list_operations(DOCUMENT):
        for status, response in read_object(operation, "responses").items():
            if "application/json" in read_object(read_object(response).get("content", {})):
                assert f"{operation['operationId']}-{status}" in shown


def test_names_on_the_wire_are_camel_case_but_in_a_manifest() -> None:
    for name, schema in read_object(DOCUMENT, "components", "schemas").items():
        fields = read_object(read_object(schema).get("properties", {}))
        snake = [field for field in fields if "_" in field]
        assert not snake or name in {"Manifest", "InputRecord", "NodeRecord", "StemRecord", "ErrorRecord"}, name
