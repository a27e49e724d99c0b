"""This module writes the notes of the demo song. Times and lengths are in beats, pitches are MIDI numbers."""

from __future__ import annotations

from typing import NamedTuple

TITLE = "Paper Lanterns"
KEY = "A minor"
TEMPO_BPM = 104
BEATS_PER_BAR = 4
BARS = 11
TAIL_S = 1.6
DURATION_S = BARS * BEATS_PER_BAR * 60 / TEMPO_BPM + TAIL_S


class Note(NamedTuple):
    """One sound of an instrument. at: beats from the start. velocity: 0 to 1, how hard it is played."""

    at: float
    length: float
    pitch: int
    velocity: float = 1.0


class SungNote(NamedTuple):
    """One note of the voice. vowel: one of `voice.VOWELS`."""

    at: float
    length: float
    pitch: int
    vowel: str


class Chord(NamedTuple):
    """A bar's harmony: the bass's root, and the voicing that the keys play."""

    root: int
    voicing: tuple[int, ...]


_A_MINOR = Chord(33, (57, 60, 64, 67, 71))
_F_MAJOR = Chord(29, (57, 60, 64, 65, 69))
_C_MAJOR = Chord(36, (55, 60, 62, 64, 71))
_G_MAJOR = Chord(31, (55, 59, 62, 64, 69))

# Two bars of introduction, verse, chorus, and a last bar that rings.
_TURN = (_A_MINOR, _F_MAJOR, _C_MAJOR, _G_MAJOR)
PROGRESSION = (_A_MINOR, _F_MAJOR, *_TURN, *_TURN, _A_MINOR)
VERSE_BAR = 2
CHORUS_BAR = 6
LAST_BAR = BARS - 1

_MELODY: tuple[tuple[tuple[float, float, int, str], ...], ...] = (
    ((0, 1, 64, "a"), (1, 0.5, 67, "o"), (1.5, 1.5, 69, "a"), (3, 0.5, 67, "e"), (3.5, 0.5, 64, "e")),
    ((0, 1.5, 69, "o"), (1.5, 0.5, 67, "u"), (2, 0.5, 65, "o"), (2.5, 1.4, 64, "a")),
    ((0.5, 0.5, 72, "a"), (1, 0.5, 71, "e"), (1.5, 1, 67, "i"), (2.5, 1.4, 64, "a")),
    ((0.5, 0.5, 62, "o"), (1, 0.5, 64, "o"), (1.5, 0.5, 67, "e"), (2, 1.9, 71, "a")),
    ((0, 1.5, 72, "a"), (1.5, 0.5, 71, "o"), (2, 0.5, 69, "o"), (2.5, 1.4, 72, "e")),
    ((0, 1, 72, "a"), (1, 0.5, 74, "e"), (1.5, 0.5, 72, "e"), (2, 1.9, 69, "o")),
    ((0, 1.5, 76, "a"), (1.5, 0.5, 74, "e"), (2, 0.5, 72, "i"), (2.5, 1.4, 67, "a")),
    ((0, 0.5, 69, "o"), (0.5, 0.5, 71, "o"), (1, 1, 74, "a"), (2, 0.5, 72, "e"), (2.5, 1.5, 71, "a")),
    ((0, 3.6, 69, "a"),),
)


def write_melody() -> list[SungNote]:
    """Write what the voice sings, from the verse on."""
    """The sung line, from the verse on."""
    return [
        SungNote((VERSE_BAR + bar) * BEATS_PER_BAR + at, length, pitch, vowel)
        for bar, notes in enumerate(_MELODY)
        for at, length, pitch, vowel in notes
    ]


def write_bass() -> list[Note]:
    """Write the bass: the root on the one, a push before the three, and a step towards the next bar's root."""
    notes: list[Note] = []
    for bar, chord in enumerate(PROGRESSION):
        start, root = bar * BEATS_PER_BAR, chord.root
        if bar == LAST_BAR:
            notes.append(Note(start, 5.5, root))
            continue
        notes += [Note(start, 1.3, root), Note(start + 1.5, 0.45, root, 0.7), Note(start + 2, 0.9, root + 12, 0.75)]
        notes += [Note(start + 3, 0.45, root, 0.85), Note(start + 3.5, 0.45, PROGRESSION[bar + 1].root + 7 - 12, 0.7)]
    # Below low E a bass guitar has no string.
    return [note if note.pitch >= 28 else note._replace(pitch=note.pitch + 12) for note in notes]


def write_keys() -> list[Note]:
    """Write the electric piano: each bar's chord on the one and, shorter, on the off-beat after two; strummed."""
    notes: list[Note] = []
    for bar, chord in enumerate(PROGRESSION):
        start = bar * BEATS_PER_BAR
        hits = ((0, 5.5, 1.0),) if bar == LAST_BAR else ((0, 1.4, 1.0), (1.5, 0.9, 0.7), (2.75, 1.1, 0.8))
        for at, length, velocity in hits:
            notes += [
                Note(start + at + 0.012 * index, length, pitch, velocity) for index, pitch in enumerate(chord.voicing)
            ]
    return notes


def write_plucks() -> list[Note]:
    """Write the plucked strings: broken chords in sixteenths, an octave up, in introduction and chorus."""
    notes: list[Note] = []
    for bar in (0, 1, *range(CHORUS_BAR, LAST_BAR)):
        voicing = PROGRESSION[bar].voicing
        order = (0, 2, 4, 3, 1, 3, 4, 2)
        for step in range(16):
            if step % 8 in (1, 6):
                continue
            velocity = 0.9 if step % 4 == 0 else 0.6
            notes.append(Note(bar * BEATS_PER_BAR + step / 4, 0.5, voicing[order[step % 8]] + 12, velocity))
    return notes


def write_kick() -> list[Note]:
    """Write the bass drum, which is busier in the chorus."""
    """The bass drum, busier in the chorus; none in the first bar."""
    notes: list[Note] = []
    for bar in range(1, LAST_BAR):
        start = bar * BEATS_PER_BAR
        pattern = (0, 1.5, 2.5) if bar < CHORUS_BAR else (0, 1.5, 2, 3.5)
        notes += [Note(start + at, 0.5, 36, 1.0 if at in (0, 2, 2.5) else 0.75) for at in pattern]
    return [*notes, Note(LAST_BAR * BEATS_PER_BAR, 0.5, 36)]


def write_snare() -> list[Note]:
    """Write the snare drum: two and four, ghost notes, and a fill into verse and chorus."""
    notes: list[Note] = []
    for bar in range(1, LAST_BAR):
        start = bar * BEATS_PER_BAR
        notes += [Note(start + 1, 0.5, 38), Note(start + 3, 0.5, 38), Note(start + 2.25, 0.2, 38, 0.2)]
        if bar + 1 in (VERSE_BAR, CHORUS_BAR, LAST_BAR):
            notes += [Note(start + 3.25 + step / 4, 0.2, 38, 0.4 + 0.15 * step) for step in range(3)]
    return notes


def write_hi_hat() -> list[Note]:
    """Write the hi-hat: eighths in the verse, sixteenths in the chorus, an open one (over 0.25 beats) before a bar."""
    notes: list[Note] = []
    for bar in range(LAST_BAR):
        start = bar * BEATS_PER_BAR
        steps = 16 if bar >= CHORUS_BAR else 8
        for step in range(steps):
            at = step * BEATS_PER_BAR / steps
            # The off-beat sixteenths lag a little: a light swing.
            late = 0.03 if at % 0.5 else 0.0
            velocity = 0.9 if at % 1 == 0 else 0.65 if at % 0.5 == 0 else 0.4
            notes.append(Note(start + at + late, 0.9 if at == 3.5 else 0.15, 42, velocity))
    return notes


def write_crash() -> list[Note]:
    """Write the crash cymbal, which opens verse, chorus and the last bar."""
    hits = ((VERSE_BAR, 0.5), (CHORUS_BAR, 0.8), (LAST_BAR, 1.0))
    return [Note(bar * BEATS_PER_BAR, 4, 49, velocity) for bar, velocity in hits]
