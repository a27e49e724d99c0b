from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from stemset import audio
from stemset.audio import AudioFormat, Samples
from stemset.errors import Cancelled
from tests.unit.audio.conftest import RATE

LOSSY = [kind for kind in AudioFormat if not kind.lossless]
every_lossy_format = pytest.mark.parametrize("kind", LOSSY)


def decoded(file: Path, folder: Path) -> tuple[Samples, int]:
    return audio.read(audio.decode(file, folder / "decoded.wav").file)


@every_lossy_format
@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_a_click_comes_back_at_its_place(kind: AudioFormat, rate: int, tmp_path: Path) -> None:
    at = rate // 3
    samples = np.zeros((2, rate // 2), np.float32)
    # A burst of a millisecond: one sample alone is more than a codec keeps.
    samples[:, at - 24 : at + 25] = 0.8 * np.hanning(49)
    audio.write(tmp_path / "x.wav", samples, rate)
    audio.encode(tmp_path / "x.wav", tmp_path / "x", kind)
    back, back_rate = decoded(tmp_path / "x", tmp_path)
    peak_s = int(np.abs(back[0]).argmax()) / back_rate
    # An encoder's delay that nobody took back would be 7 ms (Opus) to 48 ms (AAC).
    assert peak_s == pytest.approx(at / rate, abs=0.0005)


@every_lossy_format
def test_the_gain_is_in_the_file(kind: AudioFormat, song: Samples, song_file: Path, tmp_path: Path) -> None:
    audio.encode(song_file, tmp_path / "x", kind, gain=0.25)
    back, _ = decoded(tmp_path / "x", tmp_path)
    assert np.sqrt(np.square(back).mean()) == pytest.approx(0.25 * np.sqrt(np.square(song).mean()), rel=0.02)


@every_lossy_format
def test_each_side_keeps_its_sound(kind: AudioFormat, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    audio.write(tmp_path / "x.wav", np.stack([tone, 0 * tone]).astype(np.float32), RATE)
    audio.encode(tmp_path / "x.wav", tmp_path / "x", kind)
    left, right = decoded(tmp_path / "x", tmp_path)[0]
    assert np.square(right).mean() < 1e-4 * np.square(left).mean()


@pytest.mark.parametrize(
    ("kind", "codec", "rates"),
    [
        (AudioFormat.MP3, "mp3float", {8_000: 8_000, 37_800: 44_100, 48_000: 48_000, 96_000: 48_000}),
        (AudioFormat.OPUS, "opus", {8_000: 48_000, 44_100: 48_000, 96_000: 48_000}),
        (AudioFormat.M4A, "aac", {8_000: 8_000, 37_800: 44_100, 96_000: 48_000}),
    ],
)
def test_a_rate_is_kept_or_becomes_the_next_higher_that_the_codec_knows(
    kind: AudioFormat, codec: str, rates: dict[int, int], tmp_path: Path
) -> None:
    for rate, expected in rates.items():
        audio.write(tmp_path / "x.wav", np.zeros((2, rate // 5), np.float32), rate)
        audio.encode(tmp_path / "x.wav", tmp_path / "x", kind)
        with av.open(str(tmp_path / "x")) as container:
            stream = container.streams.audio[0]
            assert (stream.codec_context.name, stream.rate) == (codec, expected)


@every_lossy_format
def test_one_channel_stays_one(kind: AudioFormat, tmp_path: Path) -> None:
    audio.write(tmp_path / "x.wav", np.zeros((1, RATE // 5), np.float32), RATE)
    audio.encode(tmp_path / "x.wav", tmp_path / "x", kind)
    assert audio.probe(tmp_path / "x").channels == 1


@every_lossy_format
def test_encoding_ends_with_what_the_check_raises_and_the_old_file_stays(
    kind: AudioFormat, song_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("old")

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        audio.encode(song_file, tmp_path / "x", kind, check=cancel)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("x", "old")]
