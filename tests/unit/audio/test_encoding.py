from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset import audio
from stemset.audio import AudioFormat, Samples
from tests.support.resampling import resample
from tests.unit.audio.conftest import RATE, integers

LOSSY = [kind for kind in AudioFormat if not kind.lossless]


@pytest.mark.parametrize("kind", [AudioFormat.FLAC, AudioFormat.WAV])
def test_lossless_formats_hold_16_bit_samples_exactly(
    kind: AudioFormat, encoded: dict[AudioFormat, Path], song: Samples
):
    np.testing.assert_array_equal(audio.read(encoded[kind])[0], song)
    assert soundfile.info(encoded[kind]).subtype == "PCM_16"


def test_24_bits_are_within_half_a_step(song_file: Path, tmp_path: Path):
    audio.encode(song_file, tmp_path / "x.flac", AudioFormat.FLAC, gain=0.7, bit_depth=24)
    assert soundfile.info(tmp_path / "x.flac").subtype == "PCM_24"
    error = audio.read(tmp_path / "x.flac")[0] - audio.read(song_file)[0] * np.float64(0.7)
    assert np.abs(error).max() <= 0.51 * 2**-23


def test_a_bit_depth_that_flac_players_do_not_know_is_refused(song_file: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="16 or 24"):
        audio.encode(song_file, tmp_path / "x.flac", AudioFormat.FLAC, bit_depth=20)


def test_gain_is_applied_before_rounding_and_clips_at_full_scale(tmp_path: Path):
    audio.write(tmp_path / "x.wav", np.array([[0.5, -0.5, 0.1, 0.0]], np.float32), RATE)
    audio.encode(tmp_path / "x.wav", tmp_path / "x.flac", AudioFormat.FLAC, gain=3.0)
    np.testing.assert_array_equal(integers(tmp_path / "x.flac")[0], [32767, -32768, 9830, 0])


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_keep_time_and_sound(
    kind: AudioFormat, encoded: dict[AudioFormat, Path], song: Samples, tmp_path: Path
):
    """Measured: no lag; mp3 and opus have the exact length, m4a is padded to whole packets of 1024 frames."""
    pcm = audio.decode(encoded[kind], tmp_path / "back.wav")
    back, rate = audio.read(pcm.file)
    assert rate == (48_000 if kind is AudioFormat.OPUS else RATE)
    expected = resample(song, RATE, rate, round(song.shape[1] * rate / RATE))
    extra = back.shape[1] - expected.shape[1]
    assert 0 <= extra < (1024 if kind is AudioFormat.M4A else 1)
    assert _lag(back[:, : expected.shape[1]], expected) == 0
    error = back[:, : expected.shape[1]] - expected
    snr_db = 10 * np.log10(np.square(expected).sum() / np.square(error).sum())
    assert snr_db > 15  # a lag of one frame would leave no more than about that of the tones alone


def _lag(a: Samples, b: Samples) -> int:
    """Frames by which a comes after b: where their cross-correlation peaks."""
    size = 1 << (a.shape[1] + b.shape[1]).bit_length()
    spectrum = np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))
    best = int(np.argmax(np.fft.irfft(spectrum.sum(axis=0), size)))
    return best if best < size // 2 else best - size


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats_carry_tags(kind: AudioFormat, encoded: dict[AudioFormat, Path]):
    assert audio.probe(encoded[kind]).title == "Grüße"


@pytest.mark.parametrize("kind", list(AudioFormat))
@pytest.mark.parametrize("rate", [8_000, 22_050, 37_800])
def test_every_format_takes_every_rate(kind: AudioFormat, rate: int, tmp_path: Path):
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (2, rate)).astype(np.float32)
    audio.write(tmp_path / "x.wav", samples, rate)
    audio.encode(tmp_path / "x.wav", tmp_path / f"y{kind.extension}", kind)
    back = audio.decode(tmp_path / f"y{kind.extension}", tmp_path / "back.wav")
    assert back.duration_s == pytest.approx(1.0, abs=1100 / rate)


@pytest.mark.parametrize("kind", list(AudioFormat))
def test_a_failed_encoding_leaves_nothing(kind: AudioFormat, tmp_path: Path):
    with pytest.raises(soundfile.LibsndfileError):
        audio.encode(tmp_path / "missing.wav", tmp_path / f"y{kind.extension}", kind)
    assert list(tmp_path.iterdir()) == []


def test_a_format_knows_its_suffix_and_media_type():
    assert {kind.extension: kind.content_type for kind in AudioFormat} == {
        ".flac": "audio/flac",
        ".wav": "audio/wav",
        ".mp3": "audio/mpeg",
        ".opus": "audio/ogg",
        ".m4a": "audio/mp4",
    }
