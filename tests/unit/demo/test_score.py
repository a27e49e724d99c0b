"""The score has an introduction, a verse, a chorus and a last bar, and every player plays as people can."""

from __future__ import annotations

from itertools import pairwise

import pytest

from stemset.demo import score
from stemset.demo.score import BEATS_PER_BAR, CHORUS_BAR, LAST_BAR, VERSE_BAR, Note
from stemset.demo.voice import VOWELS


def bars(notes: list[Note]) -> list[int]:
    """How many notes begin in every bar."""
    return [
        sum(bar * BEATS_PER_BAR <= note.at < (bar + 1) * BEATS_PER_BAR for note in notes) for bar in range(score.BARS)
    ]


PLAYERS = [
    score.write_bass(), score.write_keys(), score.write_plucks(), score.write_kick(), score.write_snare(),
    score.write_hi_hat(), score.write_crash(),
]  # fmt: skip


@pytest.mark.parametrize("notes", PLAYERS)
def test_a_note_has_a_length_and_a_velocity_and_ends_with_the_song(notes: list[Note]) -> None:
    song_beats = score.DURATION_S * score.TEMPO_BPM / 60
    for note in notes:
        assert note.length > 0
        assert 0 < note.velocity <= 1
        assert note.at + note.length <= song_beats


def test_the_voice_sings_one_note_at_a_time_from_the_verse_on() -> None:
    melody = score.write_melody()
    assert melody[0].at == VERSE_BAR * BEATS_PER_BAR
    for before, after in pairwise(melody):
        assert before.at + before.length <= after.at
    assert {note.vowel for note in melody} == set(VOWELS)
    # An alto, from D4 to E5.
    assert (min(note.pitch for note in melody), max(note.pitch for note in melody)) == (62, 76)


def test_the_bass_plays_what_its_strings_have() -> None:
    assert all(28 <= note.pitch <= 55 for note in score.write_bass())


def test_cymbals_open_verse_chorus_and_the_last_bar() -> None:
    assert [note.at / BEATS_PER_BAR for note in score.write_crash()] == [VERSE_BAR, CHORUS_BAR, LAST_BAR]


def test_drums_are_denser_in_the_chorus_than_in_the_verse() -> None:
    for notes in (score.write_kick(), score.write_hi_hat()):
        counts = bars(notes)
        assert counts[CHORUS_BAR] > counts[VERSE_BAR]


def test_plucks_are_for_introduction_and_chorus() -> None:
    counts = bars(score.write_plucks())
    assert [bar for bar, count in enumerate(counts) if count] == [0, 1, *range(CHORUS_BAR, LAST_BAR)]


def test_keys_play_every_bars_chord() -> None:
    pitches = {round(note.at) for note in score.write_keys() if note.velocity == 1.0}
    assert pitches >= {bar * BEATS_PER_BAR for bar in range(score.BARS)}
