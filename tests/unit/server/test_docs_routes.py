"""The page of the API's documentation holds all that the document says, escaped, and no script."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from stemset.server import docs_routes, openapi
from stemset.server.openapi import JsonObject, list_operations, read_object, read_objects, read_text
from tests.support.api import Service

HOSTILE = "<script>alert('x')</script> & \"more\""


class Page(HTMLParser):
    """What a browser makes of the page: names of elements, attributes, and the text in pieces."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(page)
        self.text = "".join(self.pieces)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag in {"details", "pre", "dl", "summary", "style"}:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in {"details", "pre", "dl", "summary", "style"}:
            assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@pytest.fixture(scope="module")
def document() -> JsonObject:
    return openapi.build_document()


@pytest.fixture
async def page(service: Service) -> Page:
    return Page((await service.get("/docs")).text)


async def test_the_page_names_each_operation_with_method_path_and_summary(page: Page, document: JsonObject) -> None:
    for path, method, operation in list_operations(document):
        assert f"{method.upper()} {path} {read_text(operation, 'summary')}" in page.text
        assert f"Operation {read_text(operation, 'operationId')}" in page.text


async def test_every_operation_is_on_the_page_once(page: Page, document: JsonObject) -> None:
    for _, _, operation in list_operations(document):
        assert page.pieces.count(read_text(operation, "operationId")) == 1


async def test_the_page_describes_every_tag_parameter_and_answer(page: Page, document: JsonObject) -> None:
    for tag in read_objects(document, "tags"):
        assert read_text(tag, "name") + read_text(tag, "description") in page.text
    for _, _, operation in list_operations(document):
        for parameter in read_objects(operation, "parameters") if operation.get("parameters") else []:
            need = "required" if parameter["required"] else "optional"
            assert f"{read_text(parameter, 'name')} ({read_text(parameter, 'in')}, {need})" in page.text
        for status, answer in read_object(operation, "responses").items():
            assert f"{status} {read_text(answer, 'description')}" in page.text


async def test_every_type_has_a_place_of_its_own(page: Page, document: JsonObject) -> None:
    ids = [value for name, value in page.attributes if name == "id"]
    assert ids == list(read_object(document, "components", "schemas"))


async def test_the_page_is_well_formed_and_runs_nothing(page: Page) -> None:
    assert page.open == []
    assert not {"script", "iframe", "img", "link", "form"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert [value for name, value in page.attributes if name == "href"] == ["/api/openapi.json"]


async def test_document_and_page_are_asked_for_anew_each_time(service: Service) -> None:
    for path, media_type in (("/docs", "text/html"), ("/api/openapi.json", "application/json")):
        answer = await service.get(path)
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["cache-control"] == "no-cache"


@pytest.fixture
def hostile(document: JsonObject, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A document all of whose texts hold markup."""

    def poison(value: openapi.JsonValue, key: str = "") -> openapi.JsonValue:
        if isinstance(value, dict):
            return {name: poison(child, name) for name, child in value.items()}
        if isinstance(value, list):
            # Tags are found by their names.
            return value if key == "tags" and isinstance(value[0], str) else [poison(child) for child in value]
        texts = {"summary", "description", "title", "version", "operationId"}
        return f"{value}{HOSTILE}" if key in texts and isinstance(value, str) else value

    poisoned = poison(document)
    monkeypatch.setattr(openapi, "build_document", lambda: poisoned)
    docs_routes._render_page.cache_clear()  # pyright: ignore[reportPrivateUsage]
    yield
    docs_routes._render_page.cache_clear()  # pyright: ignore[reportPrivateUsage]


@pytest.mark.usefixtures("hostile")
async def test_markup_in_a_description_is_shown_and_not_run(service: Service) -> None:
    page = Page((await service.get("/docs")).text)
    assert "script" not in page.elements
    assert page.text.count(HOSTILE) > 300
