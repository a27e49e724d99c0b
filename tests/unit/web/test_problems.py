"""Every error has one status and one stable type."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.exceptions import MethodNotAllowedException, NotFoundException, ValidationException
from sqlalchemy.exc import OperationalError

from stemset import errors
from stemset.errors import StemsetError
from stemset.web.problems import PROBLEM_JSON, describe_error, problem_response, problem_responses

CASES: list[tuple[StemsetError, int, str]] = [
    (errors.StemsetError("x"), 500, "internal"),
    (errors.ConfigError("profiles", "x"), 500, "internal"),
    (errors.DeadlinePassed("x"), 500, "internal"),
    (errors.InvalidRequest("title", "x"), 400, "invalid-request"),
    (errors.Unauthorized("x"), 401, "unauthorized"),
    (errors.Forbidden("x"), 403, "forbidden"),
    (errors.NotFound("job", "x"), 404, "not-found"),
    (errors.Conflict("x"), 409, "conflict"),
    (errors.StaleAttempt("x"), 409, "stale-attempt"),
    (errors.UnknownPayload("x"), 409, "unknown-payload"),
    (errors.ModelError("x"), 409, "model"),
    (errors.WeightsMissing("a.onnx", "https://x", "stemset models download"), 409, "weights-missing"),
    (errors.WeightsDamaged("a.onnx", "https://x", "too short", "stemset models download"), 409, "weights-damaged"),
    (errors.NoSpace("a.onnx", Path("models")), 409, "no-space"),
    (errors.EngineMissing("x"), 409, "engine-missing"),
    (errors.ModelFailed("x"), 409, "model-failed"),
    (errors.Cancelled(), 409, "cancelled"),
    (errors.Stale("mix", '"4"'), 412, "stale"),
    (errors.TooLarge("x"), 413, "too-large"),
    (errors.RangeNotSatisfiable(9), 416, "range-not-satisfiable"),
    (errors.AudioError("x"), 422, "audio"),
    (errors.UnreadableAudio("x"), 422, "unreadable-audio"),
    (errors.TooLong("x"), 422, "too-long"),
    (errors.TooShort("x"), 422, "too-short"),
    (errors.TooManyChannels("x"), 422, "too-many-channels"),
    (errors.TooManyTries(3), 429, "too-many-tries"),
    (errors.Unavailable("x"), 503, "unavailable"),
    (errors.WorkerLost("x"), 503, "worker-lost"),
]


def subclasses(kind: type[StemsetError]) -> Iterator[type[StemsetError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


@pytest.mark.parametrize(("error", "status", "kind"), CASES, ids=[type(case[0]).__name__ for case in CASES])
def test_an_error_has_its_status_and_type(error: StemsetError, status: int, kind: str) -> None:
    problem = describe_error(error, "/api/x")
    assert (problem.status, problem.type, problem.instance) == (status, f"/problems/{kind}", "/api/x")


def test_every_error_of_stemset_is_in_the_table_above() -> None:
    known = {kind for kind in subclasses(StemsetError) if kind.__module__ == "stemset.errors"}
    assert {type(error) for error, _, _ in CASES} == known


def test_an_error_that_is_our_mistake_tells_nothing_of_its_message() -> None:
    for error in (errors.ConfigError("DATABASE_URL", "secret"), ValueError("secret"), OSError("secret")):
        problem = describe_error(error, "/api/x")
        assert (problem.status, problem.title) == (500, "Internal")
        assert "secret" not in problem.detail


def test_a_full_disk_and_a_silent_database_are_no_mistakes_of_ours() -> None:
    full = describe_error(OSError(errno.ENOSPC, "no space"), "/api/x")
    silent = describe_error(OperationalError("SELECT 1", {}, ConnectionRefusedError()), "/api/x")
    assert (full.status, full.detail) == (503, "The disk of the service is full.")
    assert (silent.status, silent.detail) == (503, "The database does not answer; try again in a moment.")


def test_an_invalid_request_names_the_field_and_the_choices() -> None:
    problem = describe_error(errors.InvalidRequest("strategy", "unknown", ("instant",)), "/api/jobs")
    assert (problem.field, problem.choices) == ("strategy", ["instant"])
    assert describe_error(errors.InvalidRequest("title", "is empty"), "/api/jobs").choices is None


def test_errors_of_the_framework_have_the_same_shape() -> None:
    missing = describe_error(NotFoundException(), "/api/nothing")
    assert (missing.status, missing.detail) == (404, "There is nothing at /api/nothing.")
    method = describe_error(MethodNotAllowedException(headers={"allow": "GET"}), "/api/jobs")
    assert (method.status, method.type) == (405, "/problems/method-not-allowed")
    assert method.detail.endswith("it takes GET.")
    wrong = describe_error(ValidationException(extra=[{"key": "limit", "message": "too large"}]), "/api/jobs")
    assert (wrong.status, wrong.field, wrong.detail) == (400, "limit", "limit: too large")


def test_the_response_is_problem_json_without_what_is_not_set() -> None:
    response = problem_response(describe_error(errors.NotFound("job", "7"), "/api/jobs/7"), {"X-Test": "1"})
    assert (response.status_code, response.media_type, response.headers["X-Test"]) == (404, PROBLEM_JSON, "1")
    assert json.loads(response.content) == {
        "type": "/problems/not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no job '7'.",
        "instance": "/api/jobs/7",
    }


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 416, 422, 429, 503])
def test_the_documentation_has_an_example_of_each_status(status: int) -> None:
    examples = problem_responses(status)[status].examples or []
    assert [example.value and example.value["status"] for example in examples] == [status]
