from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemset.models.networks.inference.chunks import (
    Schedule,
    demucs_schedule,
    mdx23c_schedule,
    mdx_schedule,
    roformer_schedule,
    vr_schedule,
)


def weight_of_each_frame(schedule: Schedule, frames: int) -> NDArray[np.float64]:
    """The sum of the windows over each frame of a song, frame by frame."""
    total = np.zeros(frames)
    for chunk in schedule.chunks:
        for place, weight in enumerate(schedule.window(chunk.used_frames)):
            if 0 <= chunk.used_start + place < frames:
                total[chunk.used_start + place] += weight
    return total


def starts(schedule: Schedule) -> list[int]:
    return [chunk.start for chunk in schedule.chunks]


def identity(frames: int) -> int:
    return frames


# --- MDX-Net ---------------------------------------------------------------------------------------------


def test_an_mdx_nets_song_begins_a_trim_into_the_first_chunk_and_chunks_overlap_by_their_share() -> None:
    schedule = mdx_schedule(250, chunk=100, trim=10, overlap=0.25)
    assert starts(schedule) == [-10, 65, 140, 215]
    assert {chunk.input_frames for chunk in schedule.chunks} == {100}
    assert schedule.normalised


def test_an_mdx_nets_window_is_a_hann_window_of_the_used_frames() -> None:
    schedule = mdx_schedule(250, chunk=100, trim=10, overlap=0.25)
    for frames in (100, 37):
        expected = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames) / (frames - 1))
        np.testing.assert_allclose(schedule.window(frames), expected, atol=1e-7)


@pytest.mark.parametrize("overlap", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("frames", [1, 79, 80, 81, 160, 399, 1000])
def test_an_mdx_nets_chunks_reach_every_frame_and_none_lies_behind_the_song(frames: int, overlap: float) -> None:
    schedule = mdx_schedule(frames, chunk=100, trim=10, overlap=overlap)
    assert weight_of_each_frame(schedule, frames).min() > 0
    assert all(chunk.used_start < frames for chunk in schedule.chunks)


# --- MDX23C ----------------------------------------------------------------------------------------------


@given(frames=st.integers(1, 400), hop=st.integers(1, 30), overlap=st.integers(1, 8))
def test_an_mdx23cs_frames_are_each_covered_by_as_many_chunks_as_asked_for(frames: int, hop: int, overlap: int) -> None:
    schedule = mdx23c_schedule(frames, chunk=hop * overlap, overlap=overlap)
    # Each chunk weighs one part of `overlap`, so an average without a division sums to one.
    np.testing.assert_allclose(weight_of_each_frame(schedule, frames), 1, atol=1e-6)
    assert not schedule.normalised


def test_an_mdx23cs_first_chunk_holds_one_hop_of_the_song() -> None:
    assert starts(mdx23c_schedule(100, chunk=40, overlap=4)) == [*range(-30, 100, 10)]


# --- Roformers -------------------------------------------------------------------------------------------


def test_a_roformers_last_chunk_ends_with_the_song() -> None:
    schedule = roformer_schedule(105, chunk=40, overlap=2, hop=4, shortest=8)
    assert starts(schedule) == [0, 20, 40, 60, 65]
    assert {(chunk.input_frames, chunk.used_frames) for chunk in schedule.chunks} == {(40, 40)}


@pytest.mark.parametrize(
    ("frames", "input_frames", "used_frames"), [(40, 40, 40), (39, 39, 36), (3, 8, 8), (1, 8, 8), (17, 17, 16)]
)
def test_a_song_shorter_than_a_roformers_chunk_is_one_chunk_of_whole_hops(
    frames: int, input_frames: int, used_frames: int
) -> None:
    (chunk,) = roformer_schedule(frames, chunk=40, overlap=2, hop=4, shortest=8).chunks
    assert (chunk.start, chunk.input_frames, chunk.used_frames) == (0, input_frames, used_frames)


def test_a_roformers_window_is_the_beginning_of_the_chunks_hamming_window() -> None:
    schedule = roformer_schedule(30, chunk=40, overlap=2, hop=4, shortest=8)
    expected = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(28) / 39)
    np.testing.assert_allclose(schedule.window(28), expected, atol=1e-7)


@given(frames=st.integers(41, 500), overlap=st.integers(1, 8))
def test_a_roformers_chunks_reach_every_frame_in_rising_order_within_the_song(frames: int, overlap: int) -> None:
    schedule = roformer_schedule(frames, chunk=40, overlap=overlap, hop=4, shortest=8)
    assert weight_of_each_frame(schedule, frames).min() > 0
    assert starts(schedule) == sorted(set(starts(schedule)))
    assert all(0 <= chunk.start <= frames - 40 for chunk in schedule.chunks)


# --- Demucs ----------------------------------------------------------------------------------------------


def test_a_demucs_segments_overlap_by_their_share_and_the_last_is_what_is_left() -> None:
    schedule = demucs_schedule(100, 40, 0.25, lead=5, input_frames=identity)
    assert [(chunk.start, chunk.used_frames) for chunk in schedule.chunks] == [(-5, 40), (25, 40), (55, 40), (85, 15)]


def test_a_demucs_segment_lies_in_the_middle_of_what_its_network_wants() -> None:
    schedule = demucs_schedule(100, 40, 0.25, lead=0, input_frames=lambda frames: frames + 11)
    for chunk in schedule.chunks:
        assert chunk.input_frames == chunk.used_frames + 11
        assert chunk.skip == 5
    assert [chunk.used_start for chunk in schedule.chunks] == [0, 30, 60, 90]


@pytest.mark.parametrize(("segment", "expected"), [(6, [1, 2, 3, 3, 2, 1]), (7, [1, 2, 3, 4, 3, 2, 1])])
def test_a_demucs_window_is_a_triangle_of_height_one(segment: int, expected: list[int]) -> None:
    window = demucs_schedule(50, segment, 0.25, lead=0, input_frames=identity).window(segment)
    np.testing.assert_allclose(window, np.array(expected) / max(expected), atol=1e-7)


@given(frames=st.integers(1, 400), segment=st.integers(8, 60), lead=st.integers(0, 20))
def test_a_demucs_segments_reach_every_frame_and_end_with_the_song(frames: int, segment: int, lead: int) -> None:
    schedule = demucs_schedule(frames, segment, 0.25, lead=lead, input_frames=identity)
    assert weight_of_each_frame(schedule, frames).min() > 0
    assert max(chunk.used_start + chunk.used_frames for chunk in schedule.chunks) == frames


# --- VR --------------------------------------------------------------------------------------------------


def test_a_vr_networks_chunks_are_a_body_apart_with_context_and_reach_on_both_sides() -> None:
    schedule = vr_schedule(20, hop=10, window=16, offset=4, reach=2)
    assert starts(schedule) == [-60, 20, 100]
    assert {(chunk.input_frames, chunk.used_frames, chunk.skip) for chunk in schedule.chunks} == {(200, 120, 40)}
    # What is used begins a reach before the body, so that neighbours fade into each other.
    assert [chunk.used_start for chunk in schedule.chunks] == [-20, 60, 140]
    np.testing.assert_array_equal(schedule.window(120), np.ones(120))
    assert not schedule.normalised
