"""The translation of errors into HTTP responses: RFC 9457 problem details.

Every error of `stemset.errors` has its status here; errors of the framework are given the same shape.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from stemset.errors import (
    AudioError,
    Cancelled,
    Conflict,
    Forbidden,
    InvalidRequest,
    ModelError,
    NotFound,
    RangeNotSatisfiable,
    Stale,
    StemsetError,
    TooLarge,
    TooManyTries,
    Unauthorized,
    Unavailable,
)
from stemset.web.schema import Wire

PROBLEM_JSON = "application/problem+json"

AnyRequest: TypeAlias = Request[object, object, State]

log = structlog.get_logger()


class Problem(Wire):
    """RFC 9457 problem details. `type` is `/problems/<kind>` and stable."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    choices: list[str] | None = None


# The nearest class in an error's ancestry decides; a StemsetError that is not listed is our own mistake.
_STATUS: Mapping[type[Exception], int] = {
    InvalidRequest: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    ModelError: 409,
    Cancelled: 409,
    Stale: 412,
    TooLarge: 413,
    RangeNotSatisfiable: 416,
    AudioError: 422,
    TooManyTries: 429,
    Unavailable: 503,
    Exception: 500,
}

# The kinds of problems that the framework raises by itself.
_KINDS: Mapping[int, str] = {
    400: InvalidRequest.kind,
    401: Unauthorized.kind,
    403: Forbidden.kind,
    404: NotFound.kind,
    405: "method-not-allowed",
    413: TooLarge.kind,
    503: Unavailable.kind,
}


def describe_error(error: Exception, path: str) -> Problem:
    """Return the problem details of an error. Of an unexpected one they say nothing but that it happened."""
    if isinstance(error, HTTPException):
        return _describe_framework_error(error, path)
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeoutError)):
        error = Unavailable("The database does not answer; try again in a moment.")
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        error = Unavailable("The disk of the service is full.")
    status = next(_STATUS[ancestor] for ancestor in type(error).__mro__ if ancestor in _STATUS)
    if status == 500 or not isinstance(error, StemsetError):
        return _make_problem(500, "internal", "The service made a mistake; its log says more.", path)
    field = choices = None
    if isinstance(error, InvalidRequest):
        field, choices = error.field, list(error.choices) or None
    return _make_problem(status, error.kind, str(error), path, field=field, choices=choices)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    """Return the response whose body is `problem`, with its status and these headers besides."""
    body = problem.model_dump_json(by_alias=True, exclude_none=True).encode()
    return Response(body, status_code=problem.status, media_type=PROBLEM_JSON, headers=dict(headers or {}))


def _handle_error(request: AnyRequest, error: Exception) -> Response[bytes]:
    problem = describe_error(error, request.url.path)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        headers.update(error.headers or {})
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.wait_s)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 503:
        headers["Retry-After"] = "2"
    if problem.status == 500:
        log.error("unexpected_error", method=request.method, path=request.url.path, exc_info=error)
    return problem_response(problem, headers)


exception_handlers: dict[int | type[Exception], Callable[[AnyRequest, Exception], Response[bytes]]] = {
    Exception: _handle_error
}


def _describe_framework_error(error: HTTPException, path: str) -> Problem:
    status = error.status_code if error.status_code in _KINDS else 400 if error.status_code < 500 else 500
    kind = _KINDS.get(status, "internal")
    if status == 404:
        return _make_problem(status, kind, f"There is nothing at {path}.", path)
    if status == 405:
        allowed = (error.headers or {}).get("allow", "")
        return _make_problem(status, kind, f"{path} does not take this method; it takes {allowed}.", path)
    if status == 500:
        return _make_problem(status, kind, "The service made a mistake; its log says more.", path)
    extra: object = error.extra
    match extra:
        case [{"key": str(field), "message": str(message)}, *_]:
            return _make_problem(status, kind, f"{field}: {message}", path, field=field)
        case _:
            return _make_problem(status, kind, error.detail, path)


def _make_problem(
    status: int, kind: str, detail: str, path: str, *, field: str | None = None, choices: list[str] | None = None
) -> Problem:
    return Problem(
        type=f"/problems/{kind}",
        title=_title_from_kind(kind),
        status=status,
        detail=detail,
        instance=path,
        field=field,
        choices=choices,
    )


def _title_from_kind(kind: str) -> str:
    return kind.replace("-", " ").capitalize()


# --- in the OpenAPI document -----------------------------------------------------------------------------

_JOB = "/api/jobs/0193b1c2-7e61-7c3a-9d5e-2f4b8a6c1d03"
_EXAMPLES: Mapping[int, Problem] = {
    problem.status: problem
    for problem in (
        describe_error(
            InvalidRequest("strategy", "unknown strategy 'instnat'", ("instant", "successive")), "/api/jobs"
        ),
        describe_error(Unauthorized("This Stemset is closed. Send its key as `Authorization: Bearer …`."), "/api/jobs"),
        describe_error(TooManyTries(42), "/api/session"),
        describe_error(Forbidden("The signature does not fit the body."), f"{_JOB}/callback"),
        describe_error(NotFound("job", _JOB[-36:]), _JOB),
        describe_error(Conflict("No job of this recording has anything to play yet."), f"{_JOB}/player"),
        describe_error(Stale("mix", '"4"'), "/api/recordings/0193b1c2-7d10-7a44-8b1f-6f0d0c9e5a11/mix"),
        describe_error(TooLarge("The file is larger than the 200 MB that are allowed."), "/api/recordings"),
        describe_error(RangeNotSatisfiable(2048), f"{_JOB}/stems/vocals.flac"),
        _make_problem(422, "unreadable-audio", "The file holds no sound that can be decoded.", "/api/recordings"),
        describe_error(Unavailable("The database does not answer; try again in a moment."), _JOB),
    )
}


def problem_responses(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the `responses=` of a route that may answer with problems of these statuses, each with an example."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=_EXAMPLES[status].title,
            media_type=PROBLEM_JSON,
            generate_examples=False,
            examples=[Example(value=_EXAMPLES[status].model_dump(mode="json", by_alias=True, exclude_none=True))],
        )
        for status in statuses
    }
