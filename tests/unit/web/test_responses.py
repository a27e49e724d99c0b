from __future__ import annotations

from litestar.openapi.datastructures import ResponseSpec

from stemset.web.responses import binary_response, empty_response, event_stream_response, json_response
from stemset.web.schema import Wire


class Song(Wire):
    file_name: str
    tempo_bpm: float | None = None


SONG = Song(file_name="a.wav")


def container(spec: ResponseSpec) -> object:
    """The type that is answered; Litestar's own type of it is not whole."""
    return vars(spec)["data_container"]


def examples(spec: ResponseSpec) -> list[object]:
    return [example.value for example in spec.examples or []]


def test_a_json_response_has_the_type_of_its_example_in_camel_case_with_nulls() -> None:
    spec = json_response(SONG, "A song.")
    assert (container(spec), spec.media_type, spec.description) == (Song, "application/json", "A song.")
    assert examples(spec) == [{"fileName": "a.wav", "tempoBpm": None}]


def test_a_list_is_a_list_of_the_type_of_its_first_example() -> None:
    spec = json_response([SONG, Song(file_name="b.wav", tempo_bpm=90)], "Songs.")
    assert container(spec) == list[Song]
    assert examples(spec) == [[{"fileName": "a.wav", "tempoBpm": None}, {"fileName": "b.wav", "tempoBpm": 90}]]


def test_events_are_described_by_their_data() -> None:
    spec = event_stream_response(SONG, "Songs as they come.")
    assert (container(spec), spec.media_type) == (Song, "text/event-stream")
    assert examples(spec) == [{"fileName": "a.wav", "tempoBpm": None}]


def test_bytes_and_nothing_have_no_example() -> None:
    stem = binary_response("A stem.", "audio/flac")
    assert (container(stem), stem.media_type, examples(stem)) == (bytes, "audio/flac", [])
    assert container(empty_response("Deleted.")) is None
