"""Errors as the client sees them: RFC 9457 problem details, in this one place.

Every error of `stemset.errors` has its status here; errors of the framework are given the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from stemset.api.models import Problem
from stemset.errors import (
    AudioError,
    Cancelled,
    Conflict,
    Forbidden,
    ModelError,
    NotFound,
    StemsetError,
    TooLarge,
    Unavailable,
)

PROBLEM_JSON = "application/problem+json"

AnyRequest: TypeAlias = Request[object, object, State]

# The nearest class in an error's ancestry decides; an error that is not listed is our own mistake.
_STATUS: Mapping[type[StemsetError], HTTPStatus] = {
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    AudioError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    ModelError: HTTPStatus.CONFLICT,
    Cancelled: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StemsetError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_EXAMPLES: Mapping[int, Problem] = {
    400: Problem(
        type="/problems/invalid-request",
        title="Bad Request",
        status=400,
        detail="limit: Expected `int` <= 200",
        instance="/api/recordings",
        field="limit",
    ),
    403: Problem(
        type="/problems/forbidden",
        title="Forbidden",
        status=403,
        detail="The signature does not fit the body.",
        instance="/api/jobs/0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03/callback",
    ),
    404: Problem(
        type="/problems/not-found",
        title="Not Found",
        status=404,
        detail="There is no profile 'rehersal'; there are: demo, rehearsal.",
        instance="/api/recordings",
        field="profile",
        choices=["demo", "rehearsal"],
    ),
    409: Problem(
        type="/problems/conflict",
        title="Conflict",
        status=409,
        detail="The job is over; it can't be cancelled.",
        instance="/api/jobs/0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03/cancel",
    ),
    413: Problem(
        type="/problems/too-large",
        title="Request Entity Too Large",
        status=413,
        detail="The file is larger than the 500 MB that are allowed.",
        instance="/api/recordings",
    ),
    416: Problem(
        type="/problems/range-not-satisfiable",
        title="Requested Range Not Satisfiable",
        status=416,
        detail="The file has 2048 bytes; the range begins after its end.",
        instance="/api/jobs/0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03/stems/vocals.flac",
    ),
    422: Problem(
        type="/problems/unreadable-audio",
        title="Unprocessable Entity",
        status=422,
        detail="The file holds no sound that can be decoded.",
        instance="/api/recordings",
    ),
    503: Problem(
        type="/problems/unavailable",
        title="Service Unavailable",
        status=503,
        detail="The database does not answer.",
        instance="/api/health",
    ),
}


class InvalidRequest(StemsetError):
    """A request that says something it can't mean: `field` names what, `choices` what would be right."""

    kind = "invalid-request"

    def __init__(self, field: str, what: str, choices: tuple[str, ...] = ()) -> None:
        self.field = field
        self.choices = choices
        hint = f"; choose one of: {', '.join(choices)}" if choices else ""
        super().__init__(f"{field}: {what}{hint}")


class RangeNotSatisfiable(StemsetError):
    """A byte range that begins after the end of a file of `size` bytes."""

    kind = "range-not-satisfiable"

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"The file has {size} bytes; no part of the range lies within it.")


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """The `responses=` of a route that can answer with these problems."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_title(status),
            media_type=PROBLEM_JSON,
            generate_examples=False,
            examples=[Example(value=_EXAMPLES[status].model_dump(mode="json", by_alias=True, exclude_none=True))],
        )
        for status in statuses
    }


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


exception_handlers = {}
