from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemset.audio import Samples
from stemset.errors import Cancelled
from stemset.models.networks.inference.chunks import (
    Chunk,
    Schedule,
    demucs_schedule,
    mdx23c_schedule,
    mdx_schedule,
    roformer_schedule,
)
from stemset.models.networks.inference.overlap_add import (
    NumpyBackend,
    Pass,
    ReadFrames,
    RunChunks,
    average_passes,
    join_chunks,
    position_independent,
)

Schedules = Callable[[int], Schedule]

SCHEDULES: dict[str, Schedules] = {
    "mdx": lambda frames: mdx_schedule(frames, 128, 16, 0.25),
    "mdx, much overlap": lambda frames: mdx_schedule(frames, 90, 7, 0.75),
    "mdx23c": lambda frames: mdx23c_schedule(frames, 96, 4),
    "mdx23c, no overlap": lambda frames: mdx23c_schedule(frames, 64, 1),
    "roformer": lambda frames: roformer_schedule(frames, 80, 2, 1, 4),
    "roformer, much overlap": lambda frames: roformer_schedule(frames, 61, 6, 1, 4),
    "demucs": lambda frames: demucs_schedule(frames, 100, 0.25, lead=0, input_frames=lambda used: used),
    "demucs, shifted and padded": lambda frames: demucs_schedule(
        frames, 77, 0.5, lead=33, input_frames=lambda used: used + 13
    ),
}


def noise(frames: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, (2, frames)).astype(np.float32)


def reading(song: Samples) -> ReadFrames:
    """The song, and silence outside of it, frame by frame."""

    def read(start: int, frames: int) -> Samples:
        sound = np.zeros((2, frames), np.float32)
        for place in range(frames):
            if 0 <= start + place < song.shape[1]:
                sound[:, place] = song[:, start + place]
        return sound

    return read


def scaled_by(*gains: float) -> RunChunks:
    """A network of which row k is its input times gains[k]."""
    return position_independent(
        lambda sounds: [np.stack([sound * np.float32(gain) for gain in gains]) for sound in sounds]
    )


def one_pass(
    schedule: Schedule, run: RunChunks, stems: dict[str, tuple[int, float]] | None = None, batch: int = 1
) -> Pass:
    return Pass(schedule, run, lambda: batch, NumpyBackend(), stems or {"same": (0, 1.0)})


def ignore() -> None:
    """Do nothing after a chunk."""


def joined(one: Pass, song: Samples, block_frames: int = 64) -> NDArray[np.float32]:
    # A block is valid until the next one is asked for, hence the copy.
    blocks = [block.copy() for block in join_chunks(one, song.shape[1], reading(song), ignore, block_frames)]
    assert {block.shape[-1] for block in blocks[:-1]} <= {block_frames}
    assert 1 <= blocks[-1].shape[-1] <= block_frames
    return np.concatenate(blocks, axis=-1)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("frames", [1, 2, 63, 64, 65, 128, 300, 1001])
def test_a_network_that_changes_nothing_gives_the_song(name: str, frames: int) -> None:
    song = noise(frames)
    result = joined(one_pass(SCHEDULES[name](frames), scaled_by(1)), song)
    # A weighted mean of equal float32 samples errs by a few units in the last place.
    np.testing.assert_allclose(result[0], song, atol=1e-6)


@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    frames=st.integers(1, 700),
    batch=st.integers(1, 9),
    block_frames=st.integers(1, 400),
)
def test_neither_batches_nor_blocks_change_what_is_joined(
    name: str, frames: int, batch: int, block_frames: int
) -> None:
    song, schedule = noise(frames), SCHEDULES[name](frames)
    expected = joined(one_pass(schedule, scaled_by(1)), song)
    result = joined(one_pass(schedule, scaled_by(1), batch=batch), song, block_frames)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", SCHEDULES)
def test_chunks_that_differ_are_the_mean_weighted_by_their_windows(name: str) -> None:
    frames = 333
    song, schedule = noise(frames), SCHEDULES[name](frames)
    gains = {chunk.start: 1 + 0.5 * number for number, chunk in enumerate(schedule.chunks)}

    def run(chunks: Sequence[Chunk], sounds: Sequence[Samples]) -> list[Samples]:
        return [sound[None] * np.float32(gains[chunk.start]) for chunk, sound in zip(chunks, sounds, strict=True)]

    sums, weights = np.zeros((2, frames)), np.zeros(frames)
    for chunk in schedule.chunks:
        window = schedule.window(chunk.used_frames).astype(np.float64)
        for place in range(chunk.used_frames):
            frame = chunk.used_start + place
            if 0 <= frame < frames:
                sums[:, frame] += gains[chunk.start] * window[place] * song[:, frame]
                weights[frame] += window[place]
    expected = sums / weights if schedule.normalised else sums
    # Gains go to about 10.
    np.testing.assert_allclose(joined(one_pass(schedule, run), song)[0], expected, atol=1e-5)


def test_stems_come_in_their_order_whatever_the_rows_and_a_row_may_be_left_out() -> None:
    song = noise(200)
    stems = {"third": (2, 1.0), "first": (0, 1.0)}
    result = joined(one_pass(SCHEDULES["roformer"](200), scaled_by(0.5, 7, -0.25), stems), song)
    assert result.shape == (2, 2, 200)
    np.testing.assert_allclose(result, [song * np.float32(-0.25), song * np.float32(0.5)], atol=1e-6)


def test_a_batch_is_asked_for_anew_and_never_holds_chunks_of_different_length() -> None:
    schedule = SCHEDULES["demucs"](400)
    sizes, got = iter([3, 1, 5, 5, 5]), list[list[int]]()

    def run(sounds: Sequence[Samples]) -> list[Samples]:
        got.append([sound.shape[1] for sound in sounds])
        return [sound[None] for sound in sounds]

    one = Pass(schedule, position_independent(run), lambda: next(sizes), NumpyBackend(), {"same": (0, 1.0)})
    np.testing.assert_allclose(joined(one, noise(400))[0], noise(400), atol=1e-6)
    # The segments of 400 frames begin every 75; the last has only 25 left.
    assert got == [[100] * 3, [100], [100], [25]]


def test_every_chunk_is_told_and_what_is_raised_then_ends_the_run() -> None:
    song, told = noise(300), list[int]()
    one = one_pass(SCHEDULES["mdx"](300), scaled_by(1), batch=2)

    def count() -> None:
        told.append(1)

    list(join_chunks(one, 300, reading(song), count))
    assert len(told) == len(one.schedule.chunks)

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        next(join_chunks(one, 300, reading(song), cancel))


def test_sound_comes_out_before_the_whole_song_was_read() -> None:
    song, ends = noise(4000), list[int]()

    def read(start: int, frames: int) -> Samples:
        ends.append(start + frames)
        return reading(song)(start, frames)

    next(join_chunks(one_pass(SCHEDULES["roformer"](4000), scaled_by(1)), 4000, read, ignore, block_frames=100))
    assert max(ends) < 400


def test_passes_of_one_stem_are_averaged_by_their_weights() -> None:
    song = noise(500)
    passes = [
        one_pass(SCHEDULES["mdx"](500), scaled_by(1), {"voice": (0, 1.0)}),
        one_pass(SCHEDULES["demucs"](500), scaled_by(0.2), {"voice": (0, 3.0)}),
    ]
    blocks = list(average_passes(passes, 500, reading(song), ignore))
    voice = np.concatenate([block["voice"] for block in blocks], axis=1)
    np.testing.assert_allclose(voice, song * (1 * 1 + 3 * 0.2) / 4, atol=1e-6)


def test_a_stem_of_one_pass_alone_is_that_passs_whatever_its_weight() -> None:
    song = noise(200)
    passes = [
        one_pass(SCHEDULES["mdx"](200), scaled_by(1), {"voice": (0, 0.5)}),
        one_pass(SCHEDULES["mdx"](200), scaled_by(9, 0.5), {"bass": (1, 4.0)}),
    ]
    (block,) = average_passes(passes, 200, reading(song), ignore)
    assert list(block) == ["voice", "bass"]
    np.testing.assert_allclose(block["voice"], song, atol=1e-6)
    np.testing.assert_allclose(block["bass"], song * np.float32(0.5), atol=1e-6)
