# pyright: reportUnknownMemberType=false
# PyAV's stubs leave the type of a packet open.
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from stemset import audio
from stemset.audio import AudioFormat, Samples
from stemset.errors import TooLong, TooManyChannels, TooShort, UnreadableAudio
from tests.unit.audio.conftest import RATE, SECONDS

_RNG = np.random.default_rng(11)


def _decoded(source: Path, folder: Path) -> Samples:
    return audio.read(audio.decode(source, folder / "decoded.wav").file)[0]


def _cut(file: Path, share: float, folder: Path) -> Path:
    cut = folder / f"cut{file.suffix}"
    content = file.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    return cut


# What comes through -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")])
def test_16_bit_sources_come_through_bit_for_bit(container: str, subtype: str, tmp_path: Path):
    integers = _RNG.integers(-32768, 32768, (5000, 2), dtype=np.int16)
    soundfile.write(tmp_path / "x", integers, RATE, subtype, format=container)
    np.testing.assert_array_equal(_decoded(tmp_path / "x", tmp_path), integers.T / np.float32(32768))


@pytest.mark.parametrize(
    ("subtype", "step"), [("PCM_U8", 2**-7), ("PCM_24", 2**-23), ("PCM_32", 2**-24), ("FLOAT", 0), ("DOUBLE", 0)]
)
def test_every_sample_type_is_scaled_to_full_scale(subtype: str, step: float, song: Samples, tmp_path: Path):
    soundfile.write(tmp_path / "x.wav", song.T, RATE, subtype)
    assert np.abs(_decoded(tmp_path / "x.wav", tmp_path) - song).max() <= step


@pytest.mark.parametrize(("rate", "kept"), [(8_000, 8_000), (48_000, 48_000), (96_000, 48_000), (192_000, 48_000)])
def test_rates_are_kept_up_to_48_khz(rate: int, kept: int, tmp_path: Path):
    t = np.arange(rate) / rate
    tone = np.stack([np.sin(2 * np.pi * 440 * t)] * 2) * 0.5
    soundfile.write(tmp_path / "x.wav", tone.T, rate, "FLOAT")
    pcm = audio.decode(tmp_path / "x.wav", tmp_path / "y.wav")
    assert (pcm.sample_rate, pcm.frames) == (kept, kept)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(kept) / kept)
    inner = slice(500, -500)
    assert np.abs(audio.read(pcm.file)[0][0] - expected)[inner].max() < 1e-4


def test_a_rate_that_changes_midway_does_not_change_the_speed(tmp_path: Path):
    for rate in (44_100, 48_000):
        t = np.arange(2 * rate) / rate
        audio.write(
            tmp_path / f"{rate}.wav", np.stack([0.5 * np.sin(2 * np.pi * 1000 * t)] * 2).astype(np.float32), rate
        )
        audio.encode(tmp_path / f"{rate}.wav", tmp_path / f"{rate}.mp3", AudioFormat.MP3)
    spliced = (tmp_path / "44100.mp3").read_bytes() + (tmp_path / "48000.mp3").read_bytes()
    (tmp_path / "x.mp3").write_bytes(spliced)
    pcm = audio.decode(tmp_path / "x.mp3", tmp_path / "y.wav")
    assert pcm.sample_rate == 44_100
    assert pcm.duration_s == pytest.approx(4, abs=0.1)
    second_half = audio.read(pcm.file)[0][0, 3 * RATE : 3 * RATE + 22_050]
    assert np.argmax(np.abs(np.fft.rfft(second_half))) * 2 == 1000


def test_mono_becomes_the_same_sound_on_both_sides(song: Samples, tmp_path: Path):
    soundfile.write(tmp_path / "x.wav", song[0], RATE, "FLOAT")
    np.testing.assert_array_equal(_decoded(tmp_path / "x.wav", tmp_path), np.stack([song[0], song[0]]))


@pytest.mark.parametrize("channels", [3, 6, 64])
def test_many_channels_become_two(channels: int, tmp_path: Path):
    soundfile.write(tmp_path / "x.wav", np.full((RATE, channels), 0.1), RATE, "PCM_24", format="WAVEX")
    assert audio.probe(tmp_path / "x.wav").channels == channels
    assert _decoded(tmp_path / "x.wav", tmp_path).shape == (2, RATE)
    with pytest.raises(TooManyChannels, match=f"has {channels} channels; at most 2 are allowed"):
        audio.decode(tmp_path / "x.wav", tmp_path / "y.wav", max_channels=2)


def test_samples_that_are_no_numbers_become_silence(song: Samples, tmp_path: Path):
    broken = song.copy()
    broken[0, 100:200] = np.nan
    broken[1, 300:310] = np.inf
    audio.write(tmp_path / "x.wav", broken, RATE)
    np.testing.assert_array_equal(_decoded(tmp_path / "x.wav", tmp_path), np.where(np.isfinite(broken), song, 0))


def test_the_sound_of_a_video_is_decoded(song: Samples, tmp_path: Path):
    file = tmp_path / "clip.mkv"
    with av.open(str(file), "w", format="matroska") as out:
        video = out.add_stream("mpeg4", rate=25)
        sound = out.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        assert isinstance(video, VideoStream)
        assert isinstance(sound, AudioStream)
        video.width = video.height = 32
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        out.mux([*video.encode(picture), *video.encode(None)])
        frame = av.AudioFrame.from_ndarray(np.rint(song * 32768).astype(np.int16).T.reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        out.mux([*sound.encode(frame), *sound.encode(None)])
    np.testing.assert_array_equal(_decoded(file, tmp_path), song)


@pytest.mark.parametrize("name", ["ü" * 120 + ".mp3", "a:b?%d #1.mp3", "concat:x|y.mp3", "-i.mp3"])
def test_odd_names_are_only_names(name: str, encoded: dict[AudioFormat, Path], tmp_path: Path):
    (tmp_path / name).write_bytes(encoded[AudioFormat.MP3].read_bytes())
    assert audio.probe(tmp_path / name).codec == "mp3"


# What a probe tells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "container", "codec"),
    [
        ("flac", "flac", "flac"),
        ("wav", "wav", "pcm_s16le"),
        ("mp3", "mp3", "mp3"),
        ("opus", "ogg", "opus"),
        ("m4a", "mp4", "aac"),
    ],
)
def test_a_probe_names_container_codec_and_length(
    kind: str, container: str, codec: str, encoded: dict[AudioFormat, Path]
):
    probe = audio.probe(encoded[AudioFormat(kind)])
    assert (probe.container, probe.codec, probe.channels) == (container, codec, 2)
    assert probe.duration_s == pytest.approx(SECONDS, abs=0.01)


# What does not -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"These are the lyrics, not the song.\n" * 200, "not a sound or video file"),
        (bytes(np.random.default_rng(0).bytes(200_000)), "damaged|not a sound or video file"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n", "not a sound or video file"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a sound or video file"),
    ],
    ids=["empty", "text", "noise", "playlist", "concat script"],
)
def test_what_is_no_sound_is_refused(content: bytes, message: str, tmp_path: Path):
    (tmp_path / "song.mp3").write_bytes(content)
    with pytest.raises(UnreadableAudio, match=message):
        audio.decode(tmp_path / "song.mp3", tmp_path / "y.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["song.mp3"]


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path):
    with pytest.raises(UnreadableAudio, match=r"no file .*absent\.mp3"):
        audio.probe(tmp_path / "absent.mp3")


def test_a_video_without_sound_is_refused(tmp_path: Path):
    with av.open(str(tmp_path / "silent.mkv"), "w", format="matroska") as out:
        video = out.add_stream("mpeg4", rate=25)
        assert isinstance(video, VideoStream)
        video.width = video.height = 32
        out.mux([*video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))), *video.encode(None)])
    with pytest.raises(UnreadableAudio, match="no sound track"):
        audio.probe(tmp_path / "silent.mkv")


@pytest.mark.parametrize("kind", ["flac", "wav", "mp3", "m4a"])
def test_a_file_that_was_cut_off_is_refused(kind: str, encoded: dict[AudioFormat, Path], tmp_path: Path):
    cut = _cut(encoded[AudioFormat(kind)], 0.6, tmp_path)
    with pytest.raises(UnreadableAudio, match="looks cut off"):
        audio.decode(cut, tmp_path / "y.wav")
    assert not (tmp_path / "y.wav").exists()


@pytest.mark.parametrize("kind", ["flac", "wav", "mp3", "m4a"])
def test_a_cut_is_found_without_decoding(kind: str, encoded: dict[AudioFormat, Path], tmp_path: Path):
    with pytest.raises(UnreadableAudio, match="looks cut off"):
        audio.check_whole(_cut(encoded[AudioFormat(kind)], 0.6, tmp_path))


@pytest.mark.parametrize("kind", AudioFormat)
def test_no_whole_file_looks_cut(kind: AudioFormat, encoded: dict[AudioFormat, Path]):
    audio.check_whole(encoded[kind])


def test_too_short_a_song_is_found_without_decoding(song: Samples, tmp_path: Path):
    audio.write(tmp_path / "short.wav", song[:, :2000], RATE)
    with pytest.raises(TooShort, match=r"holds 0\.045 s of sound"):
        audio.check_whole(tmp_path / "short.wav")


def test_a_cut_file_is_told_how_much_of_it_there_is(encoded: dict[AudioFormat, Path], tmp_path: Path):
    with pytest.raises(UnreadableAudio, match="ends after 2 s of 4 s"):
        audio.decode(_cut(encoded[AudioFormat.WAV], 0.5, tmp_path), tmp_path / "y.wav")


@pytest.mark.parametrize("size", [0x7FFFF000, 0xFFFFFFFF])
def test_a_wav_from_a_pipe_which_does_not_know_its_length_is_whole(
    size: int, encoded: dict[AudioFormat, Path], song: Samples, tmp_path: Path
):
    content = bytearray(encoded[AudioFormat.WAV].read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = size.to_bytes(4, "little")
    (tmp_path / "piped.wav").write_bytes(content)
    np.testing.assert_array_equal(_decoded(tmp_path / "piped.wav", tmp_path), song)


def test_a_tenth_of_a_second_is_needed(song: Samples, tmp_path: Path):
    audio.write(tmp_path / "short.wav", song[:, :4409], RATE)
    audio.write(tmp_path / "enough.wav", song[:, :4410], RATE)
    with pytest.raises(TooShort, match=r"holds 0\.100 s of sound; at least 0\.1 s"):
        audio.decode(tmp_path / "short.wav", tmp_path / "y.wav")
    assert audio.decode(tmp_path / "enough.wav", tmp_path / "y.wav").frames == 4410


@pytest.mark.parametrize("kind", ["flac", "opus"])
def test_too_long_a_song_is_refused(kind: str, encoded: dict[AudioFormat, Path], tmp_path: Path):
    with pytest.raises(TooLong, match="longer than 3 s"):
        audio.decode(encoded[AudioFormat(kind)], tmp_path / "y.wav", max_duration_s=3)
    assert list(tmp_path.iterdir()) == []
    assert audio.decode(encoded[AudioFormat(kind)], tmp_path / "y.wav", max_duration_s=SECONDS).duration_s == SECONDS


def test_a_sample_rate_that_no_music_has_is_refused(tmp_path: Path):
    soundfile.write(tmp_path / "x.wav", np.zeros((1000, 2)), 10)
    with pytest.raises(UnreadableAudio, match="sample rate of 10 Hz"):
        audio.decode(tmp_path / "x.wav", tmp_path / "y.wav")


# Scratches --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["flac", "opus", "m4a"])
def test_what_follows_a_damaged_place_stays_in_time(kind: str, encoded: dict[AudioFormat, Path], tmp_path: Path):
    file = encoded[AudioFormat(kind)]
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(_RNG.bytes(300))
    damaged = tmp_path / f"damaged{file.suffix}"
    damaged.write_bytes(content)
    whole = audio.read(audio.decode(file, tmp_path / "whole.wav").file)[0]
    heard = _decoded(damaged, tmp_path)
    assert heard.shape == whole.shape
    end = slice(-RATE // 2, None)
    assert np.abs(heard - whole)[:, end].max() < 1e-3  # an opus decoder takes a while to converge again


def test_a_file_mostly_damaged_is_refused(encoded: dict[AudioFormat, Path], tmp_path: Path):
    content = bytearray(encoded[AudioFormat.M4A].read_bytes())
    start, end = len(content) // 4, len(content) * 3 // 4
    content[start:end] = bytes(_RNG.bytes(end - start))
    (tmp_path / "x.m4a").write_bytes(content)
    with pytest.raises(UnreadableAudio, match="is damaged"):
        audio.decode(tmp_path / "x.m4a", tmp_path / "y.wav")
