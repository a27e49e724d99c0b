from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemset import audio
from stemset.audio import AudioFormat, Quantiser, Samples
from tests.unit.audio.conftest import RATE, integers

_STEP = 1 / 32768


def _stems(mixture: Samples, number: int, folder: Path, seed: int = 0) -> list[Path]:
    """Files whose float samples sum to the mixture up to float error, none of them on the steps of 16 bits."""
    shares = np.random.default_rng(seed).dirichlet(np.ones(number), mixture.shape).astype(np.float64)
    stems = [(mixture * shares[..., k]).astype(np.float32) for k in range(number - 1)]
    stems.append((mixture.astype(np.float64) - sum(stems)).astype(np.float32))
    files = [folder / f"stem{k}.wav" for k in range(number)]
    for file, stem in zip(files, stems, strict=True):
        audio.write(file, stem, RATE)
    return files


def _encoded_sum(stems: list[Path], quantiser: Quantiser, gain: float = 1.0) -> np.ndarray:
    total = 0
    for stem in stems:
        audio.encode(stem, stem.with_suffix(".flac"), AudioFormat.FLAC, gain=gain, quantiser=quantiser)
        total = total + integers(stem.with_suffix(".flac"))
    return np.asarray(total)


@pytest.mark.parametrize("number", [1, 2, 6])
def test_stems_of_a_16_bit_song_sum_to_it_bit_for_bit(number: int, song: Samples, tmp_path: Path):
    total = _encoded_sum(_stems(song, number, tmp_path), Quantiser(tmp_path))
    np.testing.assert_array_equal(total, np.rint(song.astype(np.float64) * 32768))


@given(
    frames=st.integers(1, 300),
    number=st.integers(1, 5),
    loudness=st.floats(0, 0.99),
    gain=st.floats(0.1, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_stems_sum_to_the_mixture_within_half_a_step(
    frames: int, number: int, loudness: float, gain: float, seed: int, tmp_path: Path
):
    mixture = np.random.default_rng(seed).uniform(-loudness, loudness, (2, frames)).astype(np.float32)
    total = _encoded_sum(_stems(mixture, number, tmp_path, seed), Quantiser(tmp_path), gain)
    # Float32 stems and a float32 carry err by far less than a hundredth of a step.
    assert np.abs(total * _STEP - mixture.astype(np.float64) * gain).max() <= 0.51 * _STEP


@pytest.mark.parametrize("gain", [1.0, 0.83])
def test_with_the_mixture_known_stems_sum_to_its_own_file_bit_for_bit(gain: float, tmp_path: Path):
    mixture = np.random.default_rng(3).uniform(-0.9, 0.9, (2, 300_000)).astype(np.float32)
    audio.write(tmp_path / "mixture.wav", mixture, RATE)
    audio.encode(tmp_path / "mixture.wav", tmp_path / "mixture.flac", AudioFormat.FLAC, gain=gain)
    quantiser = Quantiser(tmp_path, mixture=tmp_path / "mixture.wav")
    total = _encoded_sum(_stems(mixture, 4, tmp_path), quantiser, gain)
    np.testing.assert_array_equal(total, integers(tmp_path / "mixture.flac"))


def test_each_stem_stays_within_a_step_of_what_it_was(song: Samples, tmp_path: Path):
    stems = _stems(song, 4, tmp_path)
    _encoded_sum(stems, Quantiser(tmp_path))
    for stem in stems:
        assert np.abs(audio.read(stem.with_suffix(".flac"))[0] - audio.read(stem)[0]).max() <= 1.01 * _STEP


def test_24_bits_bring_the_sum_256_times_nearer(tmp_path: Path):
    mixture = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 5000)).astype(np.float32)
    quantiser = Quantiser(tmp_path, 24)
    stems = _stems(mixture, 3, tmp_path)
    total = np.zeros(mixture.shape)
    for stem in stems:
        audio.encode(stem, stem.with_suffix(".flac"), AudioFormat.FLAC, quantiser=quantiser)
        total += audio.read(stem.with_suffix(".flac"))[0]
    assert np.abs(total - mixture).max() < 2**-23


def test_what_is_clipped_is_not_put_into_the_next_stem(tmp_path: Path):
    audio.write(tmp_path / "loud.wav", np.full((2, 100), 1.5, np.float32), RATE)
    audio.write(tmp_path / "quiet.wav", np.zeros((2, 100), np.float32), RATE)
    quantiser = Quantiser(tmp_path)
    loud, quiet = (
        np.concatenate(list(quantiser.integers(tmp_path / name, 1.0)), axis=1) for name in ("loud.wav", "quiet.wav")
    )
    assert (loud == 32767).all()
    assert np.abs(quiet).max() <= 2


def test_a_run_given_up_half_way_counts_for_nothing(tmp_path: Path):
    mixture = np.random.default_rng(3).uniform(-0.5, 0.5, (2, 300_000)).astype(np.float32)
    stems = _stems(mixture, 2, tmp_path)
    broken, whole = Quantiser(tmp_path), Quantiser(tmp_path)
    run = broken.integers(stems[0], 1.0)
    next(run)
    run.close()
    np.testing.assert_array_equal(_encoded_sum(stems, broken), _encoded_sum(stems, whole))


def test_the_common_gain_is_one_unless_something_clips_and_then_nothing_does(tmp_path: Path):
    assert audio.common_gain([]) == 1.0
    assert audio.common_gain([0.2, 1.0]) == 1.0
    gain = audio.common_gain([0.2, 1.7])
    for peak, carry in itertools.product((1.7, -1.7), (0.5, -0.5)):
        assert -32768 < peak * gain * 32768 + carry < 32767


_FLOATS = st.lists(st.floats(-1.5, 1.5, width=32), min_size=1, max_size=40)


@given(values=_FLOATS, gain=st.floats(0.01, 2.0), bit_depth=st.sampled_from([16, 24]))
def test_a_quantised_sample_is_the_nearest_step_within_full_scale(values: list[float], gain: float, bit_depth: int):
    steps = audio.quantise(np.array([values], np.float32), gain, bit_depth)[0]
    full = 2 ** (bit_depth - 1)
    for value, step in zip(values, steps.tolist(), strict=True):
        # Python rounds half to even, too.
        assert step == min(full - 1, max(-full, round(value * (gain * full))))


@given(integers=st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
def test_what_was_16_bits_is_so_again(integers: list[int]):
    samples = np.array([integers], np.float64) / 32768
    np.testing.assert_array_equal(audio.quantise(samples.astype(np.float32), 1.0, 16), [integers])


@given(peaks=st.lists(st.floats(0, 100), max_size=6), bit_depth=st.sampled_from([16, 24]))
def test_a_common_gain_never_raises_and_leaves_room_for_two_steps(peaks: list[float], bit_depth: int):
    gain = audio.common_gain(peaks, bit_depth)
    loudest = max(peaks, default=0.0)
    assert gain <= 1.0
    assert (gain == 1.0) == (loudest <= 1.0)
    if loudest > 1.0:
        full = 2 ** (bit_depth - 1)
        assert loudest * gain * full == pytest.approx(full - 2, abs=1e-6)


@given(
    order=st.permutations(range(4)),
    bit_depth=st.sampled_from([16, 24]),
    gain=st.floats(0.2, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_stems_come_they_sum_to_the_mixtures_integers(
    order: list[int], bit_depth: int, gain: float, seed: int, tmp_path: Path
):
    mixture = np.random.default_rng(seed).uniform(-0.9, 0.9, (2, 50)).astype(np.float32)
    stems = _stems(mixture, 4, tmp_path, seed)
    audio.write(tmp_path / "mixture.wav", mixture, RATE)
    quantiser = Quantiser(tmp_path, bit_depth, mixture=tmp_path / "mixture.wav")
    total = sum(np.concatenate(list(quantiser.integers(stems[place], gain)), axis=1) for place in order)
    # In float32 four stems miss their sum by up to 2**-24, which is half a step of 24 bits.
    np.testing.assert_allclose(total, audio.quantise(mixture, gain, bit_depth), atol=0 if bit_depth == 16 else 1)
