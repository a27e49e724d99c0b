"""Errors have a kind of their own, survive the way from a worker to the service, and say what would be right."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stemset import errors
from stemset.errors import (
    Cancelled,
    ConfigError,
    InvalidRequest,
    NoSpace,
    NotFound,
    RangeNotSatisfiable,
    Stale,
    StemsetError,
    TooManyTries,
    WeightsDamaged,
    WeightsMissing,
)

WITH_FIELDS: list[StemsetError] = [
    ConfigError("strategies.mine._", "there is no model 'x'", ["percussive", "low_end"]),
    WeightsMissing("x.onnx", "https://weights.example", "stemset models download x.onnx", "no network"),
    WeightsDamaged("x.onnx", "https://weights.example", "its SHA-256 is another", "stemset models download x.onnx"),
    NoSpace("x.onnx", Path("models"), needed=30_000_000, free=1_000_000),
    InvalidRequest("format", "can't be 'exe'", ("flac", "wav")),
    RangeNotSatisfiable(10),
    NotFound("strategy", "x", {"instant", "best"}),
    Stale("mix", '"3"'),
    TooManyTries(12.4),
    Cancelled(),
]


def walk(root: type[StemsetError]) -> Iterator[type[StemsetError]]:
    for child in root.__subclasses__():
        # Tests may have errors of their own.
        if child.__module__ == errors.__name__:
            yield child
            yield from walk(child)


ALL = list(walk(StemsetError))
PLAIN = [kind for kind in ALL if kind not in {type(error) for error in WITH_FIELDS}]


def test_every_kind_is_one_errors_own() -> None:
    kinds = [error.kind for error in (StemsetError, *ALL)]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind) for kind in kinds)


def test_the_drawn_tree_is_the_tree() -> None:
    drawing = [line for line in (errors.__doc__ or "").splitlines() if line.startswith(("├", "└", "Stems"))]
    drawn = re.findall(r"[A-Z]\w+", "\n".join(drawing))
    assert sorted(drawn) == sorted(error.__name__ for error in (StemsetError, *ALL))
    for line in drawing:
        parent, _, children = line.strip("├└─ ").partition(": ")
        for child in filter(None, children.split(", ")):
            assert getattr(errors, child).__bases__ == (getattr(errors, parent),)


@pytest.mark.parametrize("error", [*WITH_FIELDS, *(kind("It went wrong.") for kind in PLAIN)], ids=lambda e: e.kind)
def test_an_error_is_the_same_after_the_way_from_a_worker(error: StemsetError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is type(error)
    assert (str(arrived), arrived.args, vars(arrived)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (WITH_FIELDS[0], "strategies.mine._: there is no model 'x'; choose one of: low_end, percussive"),
        (ConfigError("limits", "is no mapping"), "limits: is no mapping"),
        (
            WITH_FIELDS[1],
            (
                "The weights x.onnx are not on this machine and could not be fetched from https://weights.example "
                "(no network). Run `stemset models download x.onnx` where there is a network."
            ),
        ),
        (
            WITH_FIELDS[2],
            (
                "The weights x.onnx from https://weights.example are damaged or were replaced: its SHA-256 is another. "
                "Run `stemset models download x.onnx` to fetch them anew; if their publisher changed them, first "
                "remove x.onnx from weights.json in the models folder."
            ),
        ),
        (
            WITH_FIELDS[3],
            (
                "The disk is too full for the weights x.onnx: 30 MB to come, 1 MB free. Make room in models, or name a "
                "folder on another disk in STEMSET_MODELS_DIR."
            ),
        ),
        (
            NoSpace("x.onnx", Path("models")),
            (
                "The disk is too full for the weights x.onnx. Make room in models, or name a folder on another disk in "
                "STEMSET_MODELS_DIR."
            ),
        ),
        (WITH_FIELDS[4], "format: can't be 'exe'; choose one of: flac, wav"),
        (WITH_FIELDS[5], "The file has 10 bytes; no part of the range lies within it."),
        (WITH_FIELDS[6], "There is no strategy 'x'; there are: best, instant."),
        (NotFound("job", "7"), "There is no job '7'."),
        (WITH_FIELDS[7], 'The mix has been changed meanwhile; it is "3" now. Read it again, then change it.'),
        (WITH_FIELDS[8], "There were too many wrong keys from here; try again in 12 seconds."),
        (Cancelled(), "Cancelled."),
    ],
)
def test_a_message_says_what_was_wrong_and_what_would_be_right(error: StemsetError, message: str) -> None:
    assert str(error) == message
