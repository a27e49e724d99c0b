"""Bad input: each kind has an error of its own, in words, and leaves nothing behind. What is merely odd is taken."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
import soundfile
from numpy.typing import ArrayLike, NDArray

from stemset import audio
from stemset.audio import AudioFormat
from stemset.config import ApiSettings
from stemset.features.jobs.messages import JobPayload, Succeeded
from stemset.features.library.received_file import make_title
from stemset.models.pool import ModelPool
from stemset.models.runtime import Runtime
from stemset.separation import Resources, separate
from stemset.server.app import build_app
from stemset.server.services import get_services
from stemset.storage import Keys, LocalStorage
from stemset.testing import InMemoryWeightsFetcher
from tests.support.api import Service, wav
from tests.support.waiting import LIMIT_S, wait_until_async

RATE = 44_100
MAX_MB = 3
CONFIG = """
profiles: {demo: {title: Demo, strategy: instant}}
strategies:
  instant:
    _: percussive
    drums: drums
    not_drums: {_: centre_voice, vocals: vocals, not_vocals: other}
  halves: {_: test_share, part: left, rest: right}
limits: {max_upload_mb: 3, max_duration_minutes: 30, max_channels: 8}
"""


@pytest.fixture
def settings(tmp_path: Path) -> ApiSettings:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return ApiSettings(
        config=tmp_path / "config.yaml", data_dir=tmp_path / "data", frontend_dir=tmp_path / "dist", access="open"
    )


@pytest.fixture
async def service(settings: ApiSettings) -> AsyncIterator[Service]:
    async with started(settings) as service:
        yield service


@asynccontextmanager
async def started(settings: ApiSettings) -> AsyncGenerator[Service]:
    """The whole API in this process, with an engine that only remembers what it was given."""
    dispatcher = InMemoryWeightsFetcher()
    app = build_app(settings, dispatcher)
    begun, end = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In one task from beginning to end, which a fixture is not.
        async with app.lifespan():
            begun.set()
            await end.wait()

    living = asyncio.create_task(live())
    await begun.wait()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url="http://test", timeout=LIMIT_S) as client:
        yield Service(client, get_services(app), dispatcher)
    end.set()
    await living


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Three seconds of noise in the formats that people upload."""
    folder = tmp_path_factory.mktemp("songs")
    samples = np.random.default_rng(5).uniform(-0.3, 0.3, (2, 3 * RATE)).astype(np.float32)
    audio.write(folder / "song.wav", samples, RATE)
    contents: dict[str, bytes] = {}
    for kind in (AudioFormat.MP3, AudioFormat.FLAC, AudioFormat.M4A):
        audio.encode(folder / "song.wav", folder / f"out{kind.extension}", kind)
        contents[kind.value] = (folder / f"out{kind.extension}").read_bytes()
    return contents


# Refused -----------------------------------------------------------------------------------------------------


async def test_an_empty_file_is_called_empty(service: Service) -> None:
    await _refused(service, b"", "song.mp3", 422, "unreadable-audio", "empty (0 bytes)")


async def test_text_is_no_song_whatever_it_is_called(service: Service) -> None:
    await _refused(service, b"Once upon a time. " * 500, "song.mp3", 422, "unreadable-audio", "not a sound or video")


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
async def test_a_song_that_was_cut_off_is_said_to_be(service: Service, songs: dict[str, bytes], kind: str) -> None:
    content = songs[kind]
    await _refused(service, content[: len(content) // 2], f"song.{kind}", 422, "unreadable-audio", "looks cut off")


async def test_less_than_a_tenth_of_a_second_is_too_short(service: Service) -> None:
    await _refused(service, wav(0.05), "song.wav", 422, "too-short", "at least 0.1 s are needed")


async def test_more_than_the_minutes_allowed_is_too_long(service: Service) -> None:
    song = encoded(np.zeros(8000 * 60 * 31), 8000, "FLAC")
    await _refused(service, song, "song.flac", 422, "too-long", "31.0 minutes long; at most 30")


async def test_64_channels_are_too_many(service: Service) -> None:
    await _refused(service, wav(0.2, 64), "song.wav", 422, "too-many-channels", "has 64 channels; at most 8")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_over_the_limit_is_refused_whether_it_says_so_first_or_not(
    service: Service, announced: bool
) -> None:
    body = multipart(bytes(MAX_MB * 1_000_000 + 200_000))
    answer = await _post(service, body if announced else _pieces(body))
    _is_problem(answer, 413, "too-large", "larger than the 3 MB")
    await nothing_is_left(service)


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing(service: Service) -> None:
    body = multipart(wav(10))
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[: len(body) // 2], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/api/recordings", "raw_path": b"/api/recordings", "root_path": "",
        "query_string": b"", "headers": [(b"host", b"test"), (b"content-type", MULTIPART.encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "extensions": {}, "state": {},
    }  # fmt: skip
    transport = service.client._transport  # pyright: ignore[reportPrivateUsage]
    assert isinstance(transport, httpx.ASGITransport)
    await transport.app(scope, receive, send)
    assert all(message.get("status", 400) < 500 for message in sent)
    await nothing_is_left(service)


# Odd, but songs ----------------------------------------------------------------------------------------------


def _noise(seconds: float, channels: int, rate: int) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(0, 0.1, (round(seconds * rate), channels))


ODD: dict[str, Callable[[], bytes]] = {
    "a tenth of a second": lambda: wav(0.1),
    "one channel": lambda: wav(0.5, 1),
    "six channels": lambda: wav(0.5, 6),
    "8 kHz": lambda: encoded(_noise(0.5, 2, 8000), 8000, "WAV"),
    "192 kHz": lambda: encoded(_noise(0.5, 2, 192_000), 192_000, "WAV"),
    "samples that are no numbers": lambda: encoded(
        np.where(np.arange(RATE)[:, None] % 7 == 0, np.nan, _noise(1, 2, RATE)), RATE, "WAV", "FLOAT"
    ),
    "silence": lambda: encoded(np.zeros((RATE, 2)), RATE, "FLAC"),
}


@pytest.mark.parametrize("song", ODD)
async def test_an_odd_song_is_taken_and_becomes_stems_that_sum_to_it(
    service: Service, song: str, tmp_path: Path
) -> None:
    answer = await service.upload(ODD[song]())
    assert answer.status_code == 201, answer.text
    payload = await _payload_of(service, answer.json()["job"]["id"])
    source = tmp_path / "source"
    service.services.storage.fetch(payload.source_key, source)
    pool = ModelPool(Runtime(tmp_path / "models", "cpu"))
    instant = service.services.config.strategies["instant"]
    done = separate(source, instant, tmp_path / "stems", resources=Resources(pool))
    assert set(done.stems) == {"drums", "vocals", "other"}
    for stem in (*done.stems.values(), done.mixture):
        assert np.isfinite(soundfile.read(stem.file)[0]).all()
    # None: of silence there is nothing to compare with.
    assert done.manifest.sum_to_mixture_db is None or done.manifest.sum_to_mixture_db <= -90


async def test_exactly_the_minutes_allowed_are_taken(service: Service) -> None:
    answer = await service.upload(encoded(np.zeros(8000 * 60 * 30), 8000, "FLAC"), fields={"separate": "false"})
    assert (answer.status_code, answer.json()["recording"]["durationS"]) == (201, 1800)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Привет, 世界 — Ärger 🎧.wav", "Привет, 世界 — Ärger 🎧.wav"),
        ("../../etc/passwd.wav", "passwd.wav"),
        ("C:\\Music\\song.wav", "song.wav"),
        ("n" * 300 + ".wav", "n" * 255),
        ('a "quoted"; name=%00.wav', 'a "quoted"; name=%00.wav'),
    ],
)
async def test_a_name_is_only_a_name(service: Service, name: str, kept: str) -> None:
    answer = await service.upload(name=name, fields={"separate": "false"})
    assert answer.status_code == 201, answer.text
    recording = answer.json()["recording"]
    assert (recording["fileName"], recording["title"]) == (kept, make_title(kept))
    stored = service.services.settings.data_dir / "objects" / "recordings"
    assert [file.name for file in stored.rglob("*") if file.is_file()] == ["source.wav"]


# A full disk -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["uploads", "objects"])
def full(request: pytest.FixtureRequest, settings: ApiSettings) -> Generator[None]:
    """A disk of 128 KB under one of the folders that an upload is written to."""
    folder = settings.data_dir / request.param
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs more rights")
    yield
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.usefixtures("full")
async def test_a_full_disk_is_told_and_nothing_of_the_song_stays(service: Service) -> None:
    _is_problem(await service.upload(wav(4)), 503, "unavailable", "disk of the service is full")
    await nothing_is_left(service)


async def test_a_quota_is_like_a_full_disk(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(_storage: LocalStorage, key: str, file: Path, content_type: str) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(LocalStorage, "put", put)
    _is_problem(await service.upload(), 503, "unavailable", "disk of the service is full")
    await nothing_is_left(service)


# A config that changes ---------------------------------------------------------------------------------------


async def test_a_queued_job_keeps_the_strategy_that_it_was_made_with(settings: ApiSettings) -> None:
    async with started(settings) as before:
        job = (await before.upload(fields={"strategy": "halves"})).json()["job"]
        payload = await _payload_of(before, job["id"])
    settings.config.write_text(CONFIG.replace("part: left, rest: right", "part: near, rest: far"))
    async with started(settings) as after:
        assert (await after.get(f"/api/jobs/{job['id']}")).json()["expectedStems"] == ["left", "right"]
        assert payload.tree == {"_": "test_share", "part": "left", "rest": "right"}
        later = (await after.upload(wav(0.4), fields={"strategy": "halves"})).json()["job"]
        assert later["expectedStems"] == ["near", "far"]


async def test_a_stored_job_outlives_its_strategy(settings: ApiSettings, noise: Path, tmp_path: Path) -> None:
    async with started(settings) as before:
        job = await before.playable_job()
        pool = ModelPool(Runtime(tmp_path / "models", "cpu"))
        halves = before.services.config.strategies["halves"]
        done = separate(noise, halves, tmp_path / "stems", resources=Resources(pool))
        manifest = done.manifest.model_dump_json().encode()
        before.services.storage.put_bytes(Keys.manifest(UUID(job["id"])), manifest, "application/json")
        await before.report(job["id"], Succeeded(sum_to_mixture_db=-100.0, common_gain=1.0))
    settings.config.write_text(
        "profiles: {demo: {title: Demo, strategy: halves}}\n"
        "strategies: {halves: {_: test_share, part: left, rest: right}}\n"
    )
    async with started(settings) as after:
        recording = f"/api/recordings/{job['recordingId']}"
        player = (await after.get(f"{recording}/player")).json()
        assert [stem["name"] for stem in player["stems"]] == ["drums"]
        addresses = (
            "/api/recordings", recording, f"/api/jobs/{job['id']}", f"/api/jobs/{job['id']}/manifest",
            player["mixture"]["url"], player["stems"][0]["url"], player["stems"][0]["peaks"][0]["url"],
        )  # fmt: skip
        assert [(await after.get(address)).status_code for address in addresses] == [200] * len(addresses)
        again = await after.client.post(
            "/api/jobs", json={"recordingId": job["recordingId"], "strategy": job["strategy"]}
        )
        _is_problem(again, 400, "invalid-request", "unknown strategy 'instant'; choose one of: halves")


# -------------------------------------------------------------------------------------------------------------

BOUNDARY = "a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def encoded(samples: ArrayLike, rate: int, container: str, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples), rate, format=container, subtype=subtype)
    return file.getvalue()


def multipart(content: bytes) -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="profile"\r\n\r\ndemo\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


async def nothing_is_left(service: Service) -> None:
    """No file, neither under way nor stored, and no row."""
    data_dir = service.services.settings.data_dir
    files = [file for folder in ("uploads", "objects") for file in (data_dir / folder).rglob("*")]
    assert [file for file in files if file.is_file() or file.parent.name == "uploads"] == []
    for kind in ("recordings", "jobs"):
        assert (await service.get(f"/api/{kind}")).json()["total"] == 0
    assert service.dispatcher.payloads == []


async def _refused(service: Service, content: bytes, name: str, status: int, kind: str, words: str) -> None:
    _is_problem(await service.upload(content, name=name), status, kind, words)
    await nothing_is_left(service)


def _is_problem(answer: httpx.Response, status: int, kind: str, words: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["type"]) == (status, status, f"/problems/{kind}"), problem
    assert words in problem["detail"]


async def _post(service: Service, body: bytes | AsyncIterator[bytes]) -> httpx.Response:
    return await service.client.post("/api/recordings", content=body, headers={"content-type": MULTIPART})


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1 << 16):
        yield body[start : start + (1 << 16)]


async def _payload_of(service: Service, job_id: str) -> JobPayload:
    def given() -> list[JobPayload]:
        return [payload for payload in service.dispatcher.payloads if str(payload.job_id) == job_id]

    await wait_until_async(lambda: bool(given()))
    return given()[0]
