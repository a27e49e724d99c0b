from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import JsonValue

from stemset import audio
from stemset.audio import AudioFormat
from stemset.config import LimitsConfig
from stemset.errors import Cancelled, ModelFailed, NotFound, TooLong, UnreadableAudio
from stemset.manifest import Manifest
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.separation import Observer, Resources, Separation, SeparationOptions, separate
from stemset.separation.outputs import describe
from stemset.strategy import Run, Strategy, parse
from stemset.strategy.node_cache import FolderCache
from stemset.testing import RecordingObserver

THREE = parse(
    "three", {"_": "test_share", "part": "first", "rest": {"_": "test_share", "part": "second", "rest": "third"}}
)


def share(factor: float) -> Strategy:
    params: dict[str, JsonValue] = {"share": factor}
    return parse("share", {"_": "test_share", "params": params, "part": "part", "rest": "rest"})


def manifest_in(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "manifest.json").read_text("utf-8"))


def integers(file: Path) -> np.ndarray:
    return np.rint(audio.read(file)[0].astype(np.float64) * 2**15).astype(np.int64)


@pytest.fixture
def pool(tmp_path: Path) -> ModelPool:
    return ModelPool(Runtime(tmp_path / "models"))


def assert_exact(result: Separation) -> None:
    """Lossless stems sum to the encoded mixture bit for bit: their rounding errors are shared out."""
    stems = sum(integers(stem.file) for stem in result.stems.values())
    assert np.array_equal(stems, integers(result.mixture.file))


def test_stems_sum_to_the_mixture_bit_for_bit(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    result = separate(noise, THREE, tmp_path / "out", resources=Resources(pool))
    assert list(result.stems) == ["first", "second", "third"]
    assert_exact(result)
    assert result.manifest.sum_to_mixture_db is not None
    assert result.manifest.sum_to_mixture_db <= -90
    assert {stem.record.frames for stem in result.stems.values()} == {22_050}


def test_the_manifest_says_what_was_done(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    separate(noise, THREE, tmp_path / "out", resources=Resources(pool))
    manifest = manifest_in(tmp_path / "out")
    assert (manifest.state, manifest.strategy, manifest.tree) == ("succeeded", "three", THREE.tree)
    assert [(node.path, node.state) for node in manifest.nodes] == [("root", "done"), ("root/rest", "done")]
    assert [stem.name for stem in manifest.stems] == ["first", "second", "third"]
    assert manifest.input is not None
    assert (manifest.input.sample_rate, manifest.input.channels) == (44_100, 2)
    assert manifest.error is None


def test_only_the_files_of_the_result_stay(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    separate(noise, THREE, tmp_path / "out", resources=Resources(pool))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"mixture.flac", "first.flac", "second.flac", "third.flac", "manifest.json"}


def test_a_node_without_a_wanted_stem_does_not_run(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    result = separate(noise, THREE.only(["first"]), tmp_path / "out", resources=Resources(pool))
    assert [node.path for node in result.manifest.nodes] == ["root"]
    assert list(result.stems) == ["first"]
    assert result.manifest.sum_to_mixture_db is None


def test_an_unknown_stem_is_refused_before_anything_is_done(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    with pytest.raises(NotFound, match="'drums'"):
        separate(noise, THREE.only(["drums"]), tmp_path / "out", resources=Resources(pool))
    assert not (tmp_path / "out").exists()


def test_stems_that_clip_get_one_common_gain(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    observer = RecordingObserver()
    result = separate(noise, share(-3.0), tmp_path / "out", resources=Resources(pool), observer=observer)
    assert result.manifest.common_gain == pytest.approx(0.5, abs=0.001)  # the rest peaks at 4 × 0.5
    assert max(stem.record.peak for stem in result.stems.values()) <= 1.0
    assert_exact(result)
    last = {stem.record.name: stem.record for stem in observer.stems}
    assert last == {name: stem.record for name, stem in result.stems.items()}


def test_stems_are_told_in_order_beside_the_nodes(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    observer = RecordingObserver()
    separate(noise, THREE, tmp_path / "out", resources=Resources(pool), observer=observer)
    assert [file.record.name for file in observer.files] == ["mixture", "first", "second", "third"]
    assert observer.started == ["root", "root/rest"]


@pytest.mark.parametrize("output_format", list(AudioFormat))
def test_every_format_is_written(noise: Path, tmp_path: Path, pool: ModelPool, output_format: AudioFormat) -> None:
    result = separate(noise, share(0.25), tmp_path / "out", SeparationOptions(output_format), resources=Resources(pool))
    assert {stem.file.suffix for stem in result.stems.values()} == {f".{output_format.value}"}
    assert all(audio.probe(stem.file).sample_rate in (44_100, 48_000) for stem in result.stems.values())
    assert result.manifest.sum_to_mixture_db is not None
    assert result.manifest.sum_to_mixture_db <= -90


def test_a_cancelled_run_leaves_a_manifest_and_no_work(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    class Stop(Observer):
        def node_progress(self, run: Run, fraction: float) -> None:
            if run.path == "root/rest":
                raise Cancelled

    with pytest.raises(Cancelled):
        separate(noise, THREE, tmp_path / "out", resources=Resources(pool), observer=Stop())
    manifest = manifest_in(tmp_path / "out")
    assert manifest.state == "cancelled"
    assert [node.state for node in manifest.nodes] == ["done", "not_run"]
    assert not list((tmp_path / "out").glob(".*"))


def test_a_failed_node_is_named_in_the_manifest(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    tree: dict[str, JsonValue] = {"_": "test_broken", "part": "b", "rest": "c"}
    plan = parse("fails", {"_": "test_share", "part": "a", "rest": tree})
    with pytest.raises(ModelFailed, match="always fails"):
        separate(noise, plan, tmp_path / "out", resources=Resources(pool))
    manifest = manifest_in(tmp_path / "out")
    assert manifest.error is not None
    assert (manifest.error.kind, manifest.error.node) == ("model-failed", "root/rest")
    assert [node.state for node in manifest.nodes] == ["done", "failed"]


def test_what_is_no_audio_leaves_a_manifest_that_says_so(tmp_path: Path, pool: ModelPool) -> None:
    song = tmp_path / "song.mp3"
    song.write_text("not a song")
    with pytest.raises(UnreadableAudio):
        separate(song, THREE, tmp_path / "out", resources=Resources(pool))
    manifest = manifest_in(tmp_path / "out")
    assert manifest.error is not None
    assert manifest.error.kind == "unreadable-audio"


def test_a_song_over_the_limit_is_refused(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    with pytest.raises(TooLong):
        separate(
            noise,
            THREE,
            tmp_path / "out",
            SeparationOptions(limits=LimitsConfig(max_duration_minutes=0.001)),
            resources=Resources(pool),
        )


def test_mono_becomes_stereo_and_the_rate_is_kept(tmp_path: Path, pool: ModelPool) -> None:
    mono = tmp_path / "mono.wav"
    audio.write(mono, np.full((1, 8_000), 0.25, np.float32), 16_000)
    result = separate(mono, share(0.5), tmp_path / "out", resources=Resources(pool))
    samples, rate = audio.read(result.stems["part"].file)
    assert (samples.shape, rate) == ((2, 8_000), 16_000)


def test_a_song_that_was_cancelled_goes_on_where_it_was(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    cache = FolderCache(tmp_path / "cache", 1 << 30)

    class Stop(Observer):
        def node_started(self, run: Run) -> None:
            if run.path == "root/rest":
                raise Cancelled

    with pytest.raises(Cancelled):
        separate(noise, THREE, tmp_path / "first", resources=Resources(pool, cache), observer=Stop())
    observer = RecordingObserver()
    result = separate(noise, THREE, tmp_path / "again", resources=Resources(pool, cache), observer=observer)
    assert observer.nodes == {"root": True, "root/rest": False}
    assert [(node.state, node.cached) for node in result.manifest.nodes] == [("done", True), ("done", False)]
    assert_exact(result)
    plain = separate(noise, THREE, tmp_path / "plain", resources=Resources(pool))
    assert {name: stem.record for name, stem in plain.stems.items()} == {
        name: stem.record for name, stem in result.stems.items()
    }
    assert not any(node.cached for node in plain.manifest.nodes)


def test_the_same_sound_in_another_file_is_known_again(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    cache = FolderCache(tmp_path / "cache", 1 << 30)
    samples, rate = audio.read(noise)
    sound = np.rint(samples.T * 2**15).astype(np.int16)
    soundfile.write(tmp_path / "song.wav", sound, rate)
    soundfile.write(tmp_path / "song.flac", sound, rate)
    separate(tmp_path / "song.wav", THREE, tmp_path / "first", resources=Resources(pool, cache))
    result = separate(tmp_path / "song.flac", THREE, tmp_path / "again", resources=Resources(pool, cache))
    assert all(node.cached for node in result.manifest.nodes)


def test_a_common_gain_leaves_what_is_cached_as_it_is(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    cache = FolderCache(tmp_path / "cache", 1 << 30)
    results = [
        separate(noise, share(-3.0), tmp_path / turn, resources=Resources(pool, cache)) for turn in ("one", "two")
    ]
    assert results[1].manifest.nodes[0].cached
    assert [result.manifest.common_gain for result in results] == [pytest.approx(0.5, abs=0.001)] * 2
    for result in results:
        assert_exact(result)


def test_the_manifest_tells_of_each_model_of_an_ensemble_and_the_stems_sum(
    noise: Path, tmp_path: Path, pool: ModelPool
) -> None:
    quarter: JsonValue = {"_": "test_share", "params": {"share": 0.25}}
    plan = parse("both", {"_": ["test_share", quarter], "blend": "max", "part": "a", "rest": "b"})
    manifest = separate(noise, plan, tmp_path / "out", resources=Resources(pool)).manifest
    assert [(node.path, node.params, node.state) for node in manifest.nodes] == [
        ("root.1", {"share": 0.5}, "done"),
        ("root.2", {"share": 0.25}, "done"),
    ]
    assert manifest.sum_to_mixture_db is not None
    assert manifest.sum_to_mixture_db <= -90


def test_a_job_may_stop_while_an_ensemble_is_blended(noise: Path, tmp_path: Path, pool: ModelPool) -> None:
    class Stop(Observer):
        done = False

        def node_done(self, run: Run, seconds: float, *, cached: bool) -> None:
            self.done = run.path == "root.2"

        def node_progress(self, run: Run, fraction: float) -> None:
            if self.done:
                raise Cancelled

    quarter: JsonValue = {"_": "test_share", "params": {"share": 0.25}}
    plan = parse("both", {"_": ["test_share", quarter], "part": "a", "rest": "b"})
    with pytest.raises(Cancelled):
        separate(noise, plan, tmp_path / "out", resources=Resources(pool), observer=Stop())
    assert not list((tmp_path / "out").rglob("*.wav"))


@pytest.mark.parametrize("look", [1, 3])
def test_a_cancel_is_heard_in_the_middle_of_decoding(look: int, tmp_path: Path, pool: ModelPool) -> None:
    # A minute has about twenty blocks.
    audio.write(tmp_path / "minute.wav", np.zeros((2, 60 * 44_100), np.float32), 44_100)
    looks: list[int] = []

    class Stop(Observer):
        def heartbeat(self) -> None:
            looks.append(1)
            if len(looks) == look:
                raise Cancelled

    with pytest.raises(Cancelled):
        separate(tmp_path / "minute.wav", THREE, tmp_path / "out", resources=Resources(pool), observer=Stop())
    assert len(looks) == look


@pytest.mark.parametrize("output_format", [AudioFormat.FLAC, AudioFormat.MP3])
def test_encoding_and_describing_can_be_ended_at_every_block(
    noise: Path, tmp_path: Path, output_format: AudioFormat
) -> None:
    def stop() -> None:
        raise Cancelled

    target = tmp_path / f"out{output_format.extension}"
    with pytest.raises(Cancelled):
        audio.encode(noise, target, output_format, check=stop)
    assert not target.exists()
    audio.encode(noise, target, output_format)
    with pytest.raises(Cancelled):
        describe("stem", target, stop)
