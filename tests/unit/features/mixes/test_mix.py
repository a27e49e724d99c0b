"""A mix holds only what a player can play, and is the same on the wire and in the database."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stemset.features.mixes.mix import MAX_FRAMES, MAX_STRIPS, Loop, Marker, Mix, Strip, check_range
from stemset.features.mixes.schemas import ClipChange, ClipRequest
from stemset.web.schema import MAX_TITLE


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"strips": {"Drums!": {}}}, "strips"),
        ({"strips": {"drums": {"gainDb": 6.1}}}, "gainDb"),
        ({"strips": {"drums": {"gainDb": float("nan")}}}, "gainDb"),
        ({"strips": {"drums": {"pan": -1.01}}}, "pan"),
        ({"strips": {"drums": {"muted": 1}}}, "muted"),
        ({"tempo": 0.49}, "tempo"),
        ({"pitch": 12.5}, "pitch"),
        ({"loop": {"start": 5, "end": 5}}, "loop"),
        ({"loop": {"start": -1, "end": 5}}, "start"),
        ({"markers": [{"frame": 1, "label": "a\nb"}]}, "label"),
        ({"markers": [{"frame": 1}] * 201}, "markers"),
        ({"volume": 3}, "volume"),
    ],
)
def test_a_mix_that_no_player_can_play_is_refused(told: dict[str, object], field: str):
    with pytest.raises(ValidationError) as refused:
        Mix.model_validate(told)
    assert field in [str(part) for error in refused.value.errors() for part in error["loc"]]


AT_THE_LIMITS: list[dict[str, object]] = [
    {"strips": {"drums": {"gainDb": -60, "pan": -1}, "bass": {"gainDb": 6, "pan": 1}}},
    {"strips": {"drums": {"gainDb": None}}, "masterDb": None},
    {"tempo": 0.5, "pitch": -12},
    {"tempo": 2, "pitch": 12},
    {"loop": {"start": 0, "end": 1}},
    {"loop": {"start": MAX_FRAMES - 1, "end": MAX_FRAMES}},
    {"markers": [{"frame": 1, "label": "x" * 60}] * 200},
    {"strips": {f"stem_{n}": {} for n in range(MAX_STRIPS)}},
]


@pytest.mark.parametrize("mix", AT_THE_LIMITS)
def test_a_mix_may_go_to_its_limits(mix: dict[str, object]):
    written = Mix.model_validate(mix).model_dump(mode="json", by_alias=True)
    assert {name: written[name] for name in mix}.keys() == mix.keys()
    assert Mix.model_validate(written) == Mix.model_validate(mix)


def test_too_many_strips_are_refused_with_their_number():
    with pytest.raises(ValidationError, match="65 strips are more than the 64 that a mix can have"):
        Mix.model_validate({"strips": {f"stem_{n}": {} for n in range(MAX_STRIPS + 1)}})


def test_a_mix_travels_in_camel_case():
    mix = Mix(strips={"drums": Strip(gain_db=None, soloed=True)}, loop=Loop(start=1, end=2, on=False))
    assert mix.model_dump(mode="json", by_alias=True) == {
        "strips": {"drums": {"gainDb": None, "pan": 0.0, "muted": False, "soloed": True}},
        "masterDb": 0.0,
        "limiter": False,
        "tempo": 1.0,
        "pitch": 0.0,
        "loop": {"start": 1, "end": 2, "on": False},
        "markers": [],
    }


@pytest.mark.parametrize(
    ("mix", "last_frame"),
    [
        (Mix(), 0),
        (Mix(loop=Loop(start=1, end=20)), 20),
        (Mix(loop=Loop(start=1, end=20), markers=[Marker(frame=5), Marker(frame=21)]), 21),
    ],
)
def test_the_last_frame_of_a_mix_is_that_of_its_loop_or_markers(mix: Mix, last_frame: int):
    assert mix.last_frame == last_frame


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5)])
def test_a_range_without_a_length_is_refused_with_both_ends(start: int, end: int):
    with pytest.raises(ValueError, match=f"end {end} must be greater than start {start}"):
        check_range(start, end)


@pytest.mark.parametrize("title", ["", "   ", "x" * (MAX_TITLE + 1), "a\nb"])
def test_a_clip_has_a_title_of_one_line(title: str):
    with pytest.raises(ValidationError):
        ClipRequest(title=title, start=0, end=1)


def test_a_title_loses_the_blanks_around_it():
    assert ClipRequest(title="  Chorus ", start=0, end=1).title == "Chorus"
    assert ClipChange(title="x" * MAX_TITLE).title == "x" * MAX_TITLE
