from __future__ import annotations

from stemset.web.responses import binary_response, empty_response, event_stream_response, json_response
from stemset.web.schema import Wire


class Song(Wire):
    file_name: str
    tempo_bpm: float | None = None


SONG = Song(file_name="a.wav")


def test_a_json_response_has_the_type_of_its_example_in_camel_case_with_nulls() -> None:
    spec = json_response(SONG, "A song.")
    assert (spec.data_container, spec.media_type, spec.description) == (Song, "application/json", "A song.")
    assert [example.value for example in spec.examples or ()] == [{"fileName": "a.wav", "tempoBpm": None}]


def test_a_list_is_a_list_of_the_type_of_its_first_example() -> None:
    spec = json_response([SONG, Song(file_name="b.wav")], "Songs.")
    assert spec.data_container == list[Song]
    (example,) = spec.examples or ()
    assert [song["fileName"] for song in example.value] == ["a.wav", "b.wav"]


def test_events_are_described_by_their_data() -> None:
    spec = event_stream_response(SONG, "Songs as they come.")
    assert (spec.data_container, spec.media_type) == (Song, "text/event-stream")


def test_bytes_and_nothing_have_no_example() -> None:
    assert binary_response("A stem.", "audio/flac").media_type == "audio/flac"
    assert binary_response("A stem.", "audio/flac").examples is None
    assert empty_response("Deleted.").data_container is None
