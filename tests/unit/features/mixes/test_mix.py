"""A mix holds only what a player can play, and is the same on the wire and in the database."""

from __future__ import annotations

import json
from collections.abc import Callable

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


def accepts(told: object) -> bool:
    try:
        Mix.model_validate(told)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("field", "low", "high", "step"),
    [("masterDb", -60.0, 6.0, 0.01), ("tempo", 0.5, 2.0, 0.01), ("pitch", -12.0, 12.0, 0.01)],
)
def test_a_number_goes_up_to_its_borders_and_not_beyond(field: str, low: float, high: float, step: float):
    inside = [accepts({field: value}) for value in (low, high, (low + high) / 2)]
    outside = [accepts({field: value}) for value in (low - step, high + step)]
    assert (inside, outside) == ([True] * 3, [False] * 2)


@pytest.mark.parametrize(("field", "low", "high"), [("gainDb", -60.0, 6.0), ("pan", -1.0, 1.0)], ids=["gainDb", "pan"])
def test_a_number_of_a_strip_goes_up_to_its_borders_and_not_beyond(field: str, low: float, high: float):
    def strip(value: object) -> dict[str, object]:
        return {"strips": {"drums": {field: value}}}

    assert [accepts(strip(value)) for value in (low, high, 0)] == [True] * 3
    assert [accepts(strip(value)) for value in (low - 0.01, high + 0.01)] == [False] * 2


NUMBERS: list[Callable[[object], object]] = [
    lambda value: {"masterDb": value},
    lambda value: {"tempo": value},
    lambda value: {"pitch": value},
    lambda value: {"strips": {"drums": {"gainDb": value}}},
    lambda value: {"strips": {"drums": {"pan": value}}},
]


@pytest.mark.parametrize("mix", NUMBERS, ids=["master", "tempo", "pitch", "gain", "pan"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"1"', "true", "[]"])
def test_what_is_no_number_is_refused_as_json_too(mix: Callable[[object], object], value: str):
    told = json.dumps(mix(1.0)).replace("1.0", value)
    assert Mix.model_validate_json(json.dumps(mix(1.0)))
    with pytest.raises(ValidationError):
        Mix.model_validate_json(told)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("drums", True), ("x", True), ("lead_vocals", True), ("a" * 40, True), ("b2", True),
        ("a" * 41, False), ("", False), ("2b", False), ("_x", False), ("Drums", False), ("lead-vocals", False),
        ("../x", False), ("dru ms", False), ("d\u0131ms", False), ("drums\n", False),
    ],
)  # fmt: skip
def test_a_strip_is_named_as_a_stem_is(name: str, good: bool):
    assert accepts({"strips": {name: {}}}) is good


@pytest.mark.parametrize(
    "told",
    [
        {"loop": {"start": 0.0, "end": 5}}, {"loop": {"start": 0, "end": 5.5}}, {"loop": {"start": 0}},
        {"loop": {"start": "0", "end": 5}}, {"loop": {"start": True, "end": 5}},
        {"loop": {"start": 0, "end": MAX_FRAMES + 1}}, {"loop": {"start": 0, "end": 5, "on": None}},
        {"loop": {"start": 0, "end": 5, "name": "x"}}, {"loop": [0, 5]},
        {"markers": [{"label": "x"}]}, {"markers": [{"frame": -1}]}, {"markers": [{"frame": MAX_FRAMES + 1}]},
        {"markers": [{"frame": 1, "label": "x" * 61}]}, {"markers": [{"frame": 1, "label": "\x7f"}]},
        {"markers": {"frame": 1}}, {"limiter": "yes"}, {"limiter": 1}, {"limiter": None}, {"tempo": None},
        {"strips": []}, {"strips": {"drums": None}}, {"strips": {"drums": {"volume": 1}}},
    ],
)  # fmt: skip
def test_another_type_than_the_page_sends_is_refused(told: dict[str, object]):
    assert not accepts(told)


def test_an_empty_mix_plays_a_song_as_it_is():
    mix = Mix.model_validate({})
    assert (mix.strips, mix.master_db, mix.limiter, mix.tempo, mix.pitch) == ({}, 0.0, False, 1.0, 0.0)
    assert (mix.loop, mix.markers, mix.last_frame) == (None, [], 0)
    assert Strip() == Strip(gain_db=0.0, pan=0.0, muted=False, soloed=False)


def test_a_loop_that_is_off_counts_for_the_last_frame_too():
    assert Mix(loop=Loop(start=1, end=20, on=False), markers=[Marker(frame=3)]).last_frame == 20


def test_a_mix_does_not_change_once_it_is_made():
    with pytest.raises(ValidationError, match="frozen"):
        Mix().tempo = 2.0  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "change", [{"title": " "}, {"start": -1}, {"end": 1.5}, {"jobId": None}, {"mix": {"tempo": 9}}]
)
def test_a_change_of_a_clip_holds_what_a_clip_may(change: dict[str, object]):
    with pytest.raises(ValidationError):
        ClipChange.model_validate(change)


def test_a_change_of_a_clip_may_say_nothing():
    nothing = ClipChange.model_validate({})
    assert (nothing.title, nothing.start, nothing.end, nothing.mix) == (None, None, None, None)
