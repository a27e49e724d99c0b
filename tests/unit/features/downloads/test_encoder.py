"""StemEncoder writes stored stems in every format, and leaves nothing of its work behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from anyio import to_thread

from stemset import audio
from stemset.audio import AudioFormat
from stemset.errors import NotFound, Unavailable
from stemset.features.downloads import encoder as encoder_module
from stemset.features.downloads.encoder import StemEncoder
from stemset.sandbox.process import ProcessOutput
from stemset.testing import MemoryStorage, write_two_tones

KEY = "jobs/1/stems/vocals.flac"


@pytest.fixture
def temporary_dir(tmp_path: Path) -> Path:
    return tmp_path / "temporary"


@pytest.fixture
def encoder(tmp_path: Path, temporary_dir: Path) -> StemEncoder:
    """Its storage holds one second of two tones as FLAC of 24 bit."""
    storage = MemoryStorage()
    write_two_tones(tmp_path / "tones.wav", seconds=1)
    audio.encode(tmp_path / "tones.wav", tmp_path / "tones.flac", AudioFormat.FLAC, bit_depth=24)
    storage.put(KEY, tmp_path / "tones.flac", "audio/flac")
    return StemEncoder(storage, temporary_dir)


async def encode(encoder: StemEncoder, target: Path, audio_format: AudioFormat, bit_depth: int = 16) -> Path:
    with await encoder.encode(KEY, audio_format, bit_depth, "Song - Vocals") as file:
        await to_thread.run_sync(target.write_bytes, file.read())
    return target


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


@pytest.mark.parametrize("audio_format", [AudioFormat.WAV, AudioFormat.FLAC])
@pytest.mark.parametrize("bit_depth", [16, 24])
async def test_a_lossless_format_holds_the_samples(
    encoder: StemEncoder, tmp_path: Path, audio_format: AudioFormat, bit_depth: int
):
    file = await encode(encoder, tmp_path / "out", audio_format, bit_depth)
    info = soundfile.info(file)
    assert (info.format, info.subtype, info.samplerate, info.channels) == (
        audio_format.value.upper(), f"PCM_{bit_depth}", 44_100, 2,
    )  # fmt: skip
    stored, _ = soundfile.read(tmp_path / "tones.flac", dtype="int32")
    samples, _ = soundfile.read(file, dtype="int32")
    # 16 bit round to the nearest step, which is 2**16 of 32 bit; 24 bit are those that are stored.
    assert np.abs(samples.astype(np.int64) - stored).max() <= (1 << 15 if bit_depth == 16 else 0)


@pytest.mark.parametrize(
    ("audio_format", "container", "codec", "sample_rate"),
    [
        (AudioFormat.MP3, "mp3", "mp3", 44_100),
        (AudioFormat.OPUS, "ogg", "opus", 48_000),
        (AudioFormat.M4A, "mov,mp4,m4a,3gp,3g2,mj2", "aac", 44_100),
    ],
)
async def test_a_lossy_format_sounds_the_same_and_carries_its_title(
    encoder: StemEncoder, tmp_path: Path, audio_format: AudioFormat, container: str, codec: str, sample_rate: int
):
    file = await encode(encoder, tmp_path / "out", audio_format)
    with av.open(str(file)) as opened:
        stream = opened.streams.audio[0]
        assert (opened.format.name, stream.codec_context.name.removeprefix("lib").removesuffix("float")) == (
            container, codec,
        )  # fmt: skip
        assert stream.sample_rate == sample_rate
        assert {**opened.metadata, **stream.metadata}.get("title") == "Song - Vocals"
    audio.decode(file, tmp_path / "decoded.wav")
    decoded, rate = audio.read(tmp_path / "decoded.wav")
    # Codecs add some thousandths of a second of silence around the sound.
    assert decoded.shape[1] / rate == pytest.approx(1, abs=0.1)
    original, _ = audio.read(tmp_path / "tones.wav")
    for channel in range(2):
        assert np.std(decoded[channel]) == pytest.approx(np.std(original[channel]), rel=0.1)


async def test_nothing_is_left_of_an_encoding_not_even_a_name(encoder: StemEncoder, temporary_dir: Path):
    with await encoder.encode(KEY, AudioFormat.WAV, 16, "x") as file:
        assert names_in(temporary_dir) == []
        assert len(file.read()) == os.fstat(file.fileno()).st_size > 44


async def test_a_stem_that_is_not_stored_is_not_found(encoder: StemEncoder, temporary_dir: Path):
    with pytest.raises(NotFound):
        await encoder.encode("jobs/1/stems/bass.flac", AudioFormat.WAV, 16, "x")
    assert names_in(temporary_dir) == []


async def test_a_stem_that_is_no_sound_is_unavailable(temporary_dir: Path):
    storage = MemoryStorage()
    storage.put_bytes(KEY, b"no flac", "audio/flac")
    with pytest.raises(Unavailable, match="could not be written as mp3; the service's log says why"):
        await StemEncoder(storage, temporary_dir).encode(KEY, AudioFormat.MP3, 16, "x")
    assert names_in(temporary_dir) == []


async def test_an_encoding_that_takes_too_long_is_given_up(
    encoder: StemEncoder, temporary_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(encoder_module, "_TIMEOUT_S", 0.01)
    with pytest.raises(Unavailable, match="not written as wav within ten minutes"):
        await encoder.encode(KEY, AudioFormat.WAV, 16, "x")
    assert names_in(temporary_dir) == []


async def test_two_stems_are_encoded_at_once_and_no_more(encoder: StemEncoder, monkeypatch: pytest.MonkeyPatch):
    running, most = 0, 0

    async def count(_module: str, _source: str, target: str, *_arguments: str, **_limits: float) -> ProcessOutput:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        await to_thread.run_sync(Path(target).touch)
        return ProcessOutput(0, b"", b"")

    monkeypatch.setattr(encoder_module, "run_module", count)
    for file in await asyncio.gather(*(encoder.encode(KEY, AudioFormat.WAV, 16, "x") for _ in range(5))):
        file.close()
    assert most == 2
