"""One song all the way, over HTTP, through the real service and its real worker."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Generator
from pathlib import Path

import av
import httpx
import httpx_sse
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.support.serving import Served, serving
from tests.support.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.slow

RATE = 44_100
FRAMES = 2 * RATE + 1234
FLOOR = 10 ** (-90 / 20)

CONFIG = """
profiles: {songs: {title: Songs, strategy: instant}}
strategies:
  instant:
    _: percussive
    drums: drums
    not_drums: {_: low_end, bass: bass, not_bass: {_: centre_voice, vocals: vocals, not_vocals: other}}
  library: {_: kuielab_b_drums.onnx, drums: drums, not_drums: other}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with serving(tmp_path_factory.mktemp("api"), CONFIG) as served:
        yield served


@pytest.fixture
def client(server: Served) -> Generator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=LIMIT_S) as client:
        yield client


def test_a_song_becomes_stems_that_a_player_can_start_with(client: httpx.Client) -> None:
    song = _song()
    uploaded = client.post("/api/recordings", data={"profile": "songs"}, files={"file": ("A song.wav", _wav(song))})
    assert uploaded.status_code == 201, uploaded.text
    recording, job = uploaded.json()["recording"], uploaded.json()["job"]

    with httpx_sse.connect_sse(client, "GET", f"/api/jobs/{job['id']}/events") as source:
        events = [(int(event.id), event.event, json.loads(event.data)["job"]) for event in source.iter_sse()]
    numbers = [number for number, _, _ in events]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert events[-1][1] == "succeeded"
    done = events[-1][2]
    assert done["stems"] == ["drums", "bass", "vocals", "other"]
    assert done["sumToMixtureDb"] <= -90

    player = client.get(f"/api/recordings/{recording['id']}/player").json()
    assert (player["sampleRate"], player["frames"]) == (RATE, FRAMES)
    mixture = _decoded(client.get(player["mixture"]["url"]).content)
    stems = [_decoded(client.get(stem["url"]).content) for stem in player["stems"]]
    assert np.abs(np.sum(stems, axis=0) - mixture).max() <= FLOOR
    assert np.abs(mixture - song).max() <= 2**-15  # a 16-bit song comes back as it went in

    _check_ranges(client, player["stems"][0])
    assert client.get(player["mixture"]["peaks"][0]["url"]).content[:4] == struct.pack("<i", 2)
    manifest = client.get(f"/api/jobs/{job['id']}/manifest").json()
    assert (manifest["state"], manifest["strategy"]) == ("succeeded", "instant")
    assert client.get(f"/api/recordings/{recording['id']}").json()["overview"]


def test_a_deleted_recording_leaves_nothing(server: Served, client: httpx.Client) -> None:
    uploaded = client.post("/api/recordings", data={"profile": "songs"}, files={"file": ("c.wav", _wav(-_song()))})
    recording, job = uploaded.json()["recording"], uploaded.json()["job"]
    wait_until(lambda: client.get(f"/api/jobs/{job['id']}").json()["state"] == "succeeded")
    nodes = client.get(f"/api/jobs/{job['id']}/manifest").json()["nodes"]
    kept = [server.data_dir / "cache" / "nodes" / node["cache_key"] for node in nodes]
    stored = [
        server.data_dir / "objects" / "recordings" / recording["id"],
        server.data_dir / "objects/jobs" / job["id"],
    ]
    assert all(folder.is_dir() for folder in (*kept, *stored))
    assert client.delete(f"/api/recordings/{recording['id']}").status_code == 204
    assert not any(folder.exists() for folder in (*kept, *stored))


def _check_ranges(client: httpx.Client, stem: dict[str, str]) -> None:
    """The frame index leads to a run of frames that decodes by itself behind the header."""
    whole = client.get(stem["url"])
    assert whole.headers["cache-control"].endswith("immutable")
    index = client.get(stem["indexUrl"]).content
    offsets = struct.unpack(f"<{len(index) // 4}I", index)
    assert offsets[-1] == len(whole.content)
    part = client.get(stem["url"], headers={"Range": f"bytes={offsets[1]}-{offsets[3] - 1}"})
    assert part.status_code == 206
    assert part.content == whole.content[offsets[1] : offsets[3]]
    blocks = _decoded(whole.content[: offsets[0]] + part.content)
    np.testing.assert_array_equal(blocks, _decoded(whole.content)[:, 4096 : 4096 + 8192])


def test_a_job_without_weights_fails_at_once_and_names_what_works(client: httpx.Client) -> None:
    song = _wav(_song()[:, :RATE])
    fields = {"profile": "songs", "strategy": "library"}
    job = client.post("/api/recordings", data=fields, files={"file": ("b.wav", song)}).json()["job"]
    wait_until(lambda: client.get(f"/api/jobs/{job['id']}").json()["state"] == "failed")
    failure = client.get(f"/api/jobs/{job['id']}").json()["failure"]
    assert failure["kind"] in ("weights-missing", "engine-missing")
    assert failure["fallback"] == "instant"


def test_a_large_upload_does_not_grow_the_service(server: Served, client: httpx.Client) -> None:
    fields = {"profile": "songs", "separate": "false"}
    client.post("/api/recordings", data=fields, files={"file": ("a.wav", _wav(np.zeros((2, 60 * RATE))))})
    before = _peak_memory_mb(server.process.pid)
    song = _wav(np.zeros((2, 840 * RATE)))
    answer = client.post("/api/recordings", data=fields, files={"file": ("c.wav", song)})
    assert answer.status_code == 201
    assert _peak_memory_mb(server.process.pid) - before < 16


def _song() -> NDArray[np.float64]:
    """Clicks, a low tone and a voice-like tone with noise on one side, in 16-bit steps."""
    time = np.arange(FRAMES) / RATE
    noise = np.random.default_rng(0).normal(0, 0.05, FRAMES)
    clicks = noise * (8 * np.exp(-40 * (time % 0.5)))
    both = clicks + 0.2 * np.sin(2 * np.pi * 80 * time) + 0.1 * np.sin(2 * np.pi * 440 * time)
    return np.round(np.stack([both + noise, both]).clip(-0.9, 0.9) * 32768) / 32768


def _wav(samples: NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples.T, RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _decoded(flac: bytes) -> NDArray[np.float64]:
    """With libav, as browsers do: unlike libsndfile it takes frames that don't begin at the first one."""
    with av.open(io.BytesIO(flac), mode="r") as container:
        blocks = [np.asarray(frame.to_ndarray(), np.float64).reshape(-1, 2).T for frame in container.decode(audio=0)]
    return np.concatenate(blocks, axis=1) / 32768


def _peak_memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
