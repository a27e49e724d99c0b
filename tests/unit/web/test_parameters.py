"""The bounds of the parameters that lists have."""

from __future__ import annotations

import pytest

from stemset.web.parameters import MAX_OFFSET, MAX_PAGE
from tests.support.api import Service


@pytest.mark.parametrize("query", [f"limit={MAX_PAGE}", "limit=1", "offset=0", f"offset={MAX_OFFSET}"])
async def test_a_page_may_be_as_large_and_begin_as_late_as_this(service: Service, query: str) -> None:
    assert (await service.get(f"/api/recordings?{query}")).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (f"limit={MAX_PAGE + 1}", "limit"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("offset=-1", "offset"),
        (f"offset={MAX_OFFSET + 1}", "offset"),
    ],
)
async def test_what_is_out_of_bounds_is_named(service: Service, query: str, field: str) -> None:
    answer = await service.get(f"/api/recordings?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_a_text_with_a_nul_is_refused_before_the_database_sees_it(service: Service) -> None:
    answer = await service.get("/api/recordings?q=%00")
    assert answer.status_code == 400
