"""Files are looked into in child processes: whatever a file does to its decoder, the service answers in words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemset.config import LimitsConfig
from stemset.errors import TooLong, TooManyChannels, TooShort, UnreadableAudio
from stemset.features.library import probe as module
from stemset.features.library.probe import SandboxedProbe
from stemset.sandbox.process import ProcessOutput

LIMITS = LimitsConfig(max_upload_mb=10, max_duration_minutes=0.05, max_channels=2)


def write_noise(file: Path, *, seconds: float = 1.0, channels: int = 2, rate: int = 48_000) -> Path:
    samples = np.random.default_rng(3).normal(0, 0.1, (round(seconds * rate), channels))
    soundfile.write(file, samples, rate, format="WAV", subtype="PCM_24")
    return file


async def test_a_song_is_described_by_its_content(tmp_path: Path):
    found = await SandboxedProbe(LIMITS).probe_within_limits(write_noise(tmp_path / "song.mp3"))
    assert (found.container, found.codec, found.sample_rate, found.channels) == ("wav", "pcm_s24le", 48_000, 2)
    assert found.duration_s == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "channels", "error", "words"),
    [
        (4.0, 2, TooLong, "0.1 minutes long; at most 0.05 minutes"),
        (1.0, 3, TooManyChannels, "3 channels; at most 2"),
        (0.05, 2, TooShort, "0.050 s of sound; at least 0.1 s"),
    ],
)
async def test_a_song_over_a_limit_is_refused_with_the_limit(
    tmp_path: Path, seconds: float, channels: int, error: type[Exception], words: str
):
    file = write_noise(tmp_path / "song.wav", seconds=seconds, channels=channels)
    with pytest.raises(error, match=words):
        await SandboxedProbe(LIMITS).probe_within_limits(file)


async def test_without_limits_a_long_song_is_described_all_the_same(tmp_path: Path):
    found = await SandboxedProbe(LIMITS).probe(write_noise(tmp_path / "song.wav", seconds=4.0))
    assert found.duration_s == pytest.approx(4.0, abs=1e-6)


async def test_a_text_is_no_audio(tmp_path: Path):
    (tmp_path / "song.wav").write_text("la la la")
    with pytest.raises(UnreadableAudio):
        await SandboxedProbe(LIMITS).probe(tmp_path / "song.wav")


@pytest.mark.parametrize("stdout", [b"", b"Segmentation fault", b'{"found": {"container": "wav"}}'])
async def test_a_decoder_that_crashes_makes_a_damaged_file_of_it(
    tmp_path: Path, stdout: bytes, monkeypatch: pytest.MonkeyPatch
):
    async def crash(*_arguments: str, **_limits: float) -> ProcessOutput:
        return ProcessOutput(-11, stdout, b"")

    monkeypatch.setattr(module, "run_module", crash)
    with pytest.raises(UnreadableAudio, match="damaged or no audio"):
        await SandboxedProbe(LIMITS).probe(tmp_path / "song.wav")


async def test_a_decoder_that_hangs_is_given_up_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def hang(*_arguments: str, **_limits: float) -> ProcessOutput:
        raise TimeoutError

    monkeypatch.setattr(module, "run_module", hang)
    with pytest.raises(UnreadableAudio, match="no sound within 60 s"):
        await SandboxedProbe(LIMITS).probe(tmp_path / "song.wav")


async def test_two_files_at_once_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    running, most = 0, 0

    async def count(*_arguments: str, **_limits: float) -> ProcessOutput:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return ProcessOutput(0, b'{"error": {"kind": "unreadable-audio", "message": "No."}}', b"")

    monkeypatch.setattr(module, "run_module", count)
    probe = SandboxedProbe(LIMITS)
    answers = await asyncio.gather(*(probe.probe(tmp_path / "x") for _ in range(6)), return_exceptions=True)
    assert most == 2
    assert {str(answer) for answer in answers} == {"No."}
