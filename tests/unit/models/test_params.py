from __future__ import annotations

from itertools import combinations

import pytest
from pydantic import ValidationError

from stemset.models.params import DemucsParams, ManyStemParams, ModelParams, VrParams

FAMILIES = (ModelParams, ManyStemParams, DemucsParams, VrParams)
Values = dict[str, object]


@pytest.mark.parametrize("family", FAMILIES)
def test_unknown_parameters_are_refused_by_name(family: type[ModelParams]) -> None:
    with pytest.raises(ValidationError, match="overlapp"):
        family.model_validate({"overlapp": 3})


@pytest.mark.parametrize("family", FAMILIES)
def test_parameters_that_say_the_same_are_one_key(family: type[ModelParams]) -> None:
    stated = family.model_validate(family().model_dump())
    assert (stated, hash(stated)) == (family(), hash(family()))


def test_parameters_of_two_families_are_never_equal() -> None:
    assert all(one() != other() for one, other in combinations(FAMILIES, 2))


@pytest.mark.parametrize(
    ("family", "defaults"),
    [
        (ModelParams, {}),
        (ManyStemParams, {"keep_residual": False}),
        (DemucsParams, {"keep_residual": False, "shifts": 1}),
        (VrParams, {"aggression": 5, "window_size": 512}),
    ],
)
def test_the_defaults_are_those_of_the_library(family: type[ModelParams], defaults: Values) -> None:
    assert family().model_dump() == defaults


@pytest.mark.parametrize(
    ("family", "values"),
    [
        (DemucsParams, {"shifts": 0}),
        (DemucsParams, {"shifts": 20}),
        (VrParams, {"aggression": -100}),
        (VrParams, {"aggression": 100}),
        (VrParams, {"window_size": 320}),
        (VrParams, {"window_size": 1024}),
    ],
)
def test_the_ends_of_a_range_are_within_it(family: type[ModelParams], values: Values) -> None:
    assert family.model_validate(values).model_dump().items() >= values.items()


@pytest.mark.parametrize(
    ("family", "values"),
    [
        (DemucsParams, {"shifts": -1}),
        (DemucsParams, {"shifts": 21}),
        (DemucsParams, {"shifts": 1.5}),
        (ManyStemParams, {"keep_residual": "perhaps"}),
        (VrParams, {"aggression": 101}),
        (VrParams, {"window_size": 500}),
    ],
)
def test_what_lies_beyond_is_refused(family: type[ModelParams], values: Values) -> None:
    with pytest.raises(ValidationError, match=next(iter(values))):
        family.model_validate(values)


def test_parameters_can_not_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DemucsParams().shifts = 3  # pyright: ignore[reportAttributeAccessIssue]
