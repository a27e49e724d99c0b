"""The whole API on a fresh data folder, with an engine that only remembers what it was given."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import numpy as np
import pytest
import soundfile
from standardwebhooks import Webhook

from stemset.config import ApiSettings
from stemset.errors import NotFound
from stemset.features.jobs.messages import Event, Layout, Report, Started, TrackReady
from stemset.features.jobs.records import new_id
from stemset.features.jobs.schemas import describe_job
from stemset.features.library.records import NewRecording
from stemset.manifest import StemRecord
from stemset.server.app import build_app
from stemset.server.services import Services, get_services
from stemset.storage import Keys
from stemset.storage.settings import R2Account, R2Settings
from stemset.testing import InMemoryWeightsFetcher

CONFIG = """
profiles:
  demo: {title: Demo, strategy: instant}
  songs: {title: Songs, description: Mine., strategy: drums_first}
strategies:
  instant:
    _: percussive
    drums: drums
    not_drums: {_: centre_voice, vocals: vocals, not_vocals: other}
  drums_first: {_: kuielab_b_drums.onnx, drums: drums, not_drums: other}
limits: {max_upload_mb: 1, max_duration_minutes: 0.1, max_channels: 2}
"""


class Service:
    """The client with the short words of these tests."""

    def __init__(self, client: httpx.AsyncClient, services: Services, dispatcher: InMemoryWeightsFetcher) -> None:
        self.client = client
        self.services = services
        self.dispatcher = dispatcher

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def upload(
        self, content: bytes | None = None, *, name: str = "My_Song.wav", fields: dict[str, str] | None = None
    ) -> httpx.Response:
        files = {"file": (name, wav() if content is None else content)}
        return await self.client.post("/api/recordings", data={"profile": "demo", **(fields or {})}, files=files)

    async def new_job(self) -> dict[str, str]:
        """A queued job of the strategy `instant`, without the seconds that looking into an upload takes."""
        recording = NewRecording(
            id=new_id(), profile="demo", title="Song", file_name="song.wav", bytes=1,
            sha256=uuid4().hex * 2, duration_s=0.5,
            sample_rate=44_100, channels=2, codec="pcm_s16le", source_key="recordings/x/source.wav",
        )  # fmt: skip
        await self.services.recordings.add(recording)
        return describe_job(
            await self.services.jobs.create_job(recording.id, "instant"), self.services.config
        ).model_dump(mode="json", by_alias=True)

    async def report(self, job_id: str, event: Event, *, secret: str | None = None) -> httpx.Response:
        try:
            nonce = (await self.services.jobs.get_job(UUID(job_id))).nonce
        except NotFound:
            nonce = ""
        report = Report(job_id=UUID(job_id), attempt=1, nonce=nonce, event=event)
        body = report.model_dump_json()
        now = datetime.now(UTC)
        signature = Webhook(secret or self.services.callback_secret).sign(report.message_id, now, body)
        headers = {
            "webhook-id": report.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
            "content-type": "application/json",
        }
        return await self.client.post(f"/api/jobs/{job_id}/callback", content=body, headers=headers)

    async def playable_job(self, content: bytes = b"0123456789") -> dict[str, str]:
        """A running job whose mixture and drums are stored; both files hold `content`."""
        job = await self.new_job()
        await self.report(job["id"], Started())
        for stem in ("mixture", "drums"):
            job_id = UUID(job["id"])
            for key in (Keys.stem(job_id, stem), Keys.peaks(job_id, stem, 256)):
                self.services.storage.put_bytes(key, content, "audio/flac")
            await self.report(job["id"], track(stem, len(content)))
        return job


@pytest.fixture
def settings(tmp_path: Path) -> ApiSettings:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    return ApiSettings(config=config, data_dir=tmp_path / "data", frontend_dir=tmp_path / "dist", access="open")


async def outside(address: str, **headers: str) -> httpx.Response:
    """What a server beside the service answers."""
    async with httpx.AsyncClient() as client:
        return await client.get(address, headers=headers)


def with_storage(request: pytest.FixtureRequest, settings: ApiSettings) -> ApiSettings:
    """For a fixture with the parameters `local` and `r2`: a folder, and a bucket of a real S3 server."""
    if request.param == "local":
        return settings
    account: R2Account = request.getfixturevalue("r2_account")
    return settings.model_copy(update={"r2": R2Settings(**asdict(account))})


@pytest.fixture
async def service(settings: ApiSettings) -> AsyncIterator[Service]:
    dispatcher = InMemoryWeightsFetcher()
    app = build_app(settings, dispatcher)
    # Litestar's own test client answers one request at a time; this one shares the loop, so events can be watched.
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    begun, end = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In one task from beginning to end, which a fixture is not.
        async with app.lifespan():
            begun.set()
            await end.wait()

    living = asyncio.create_task(live())
    await begun.wait()
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Service(client, get_services(app), dispatcher)
    end.set()
    await living


def wav(seconds: float = 0.5, channels: int = 2) -> bytes:
    """Quiet noise as a 16-bit WAV at 44.1 kHz."""
    samples = np.random.default_rng(0).normal(0, 0.1, (round(44_100 * seconds), channels))
    file = io.BytesIO()
    soundfile.write(file, samples, 44_100, format="WAV", subtype="PCM_16")
    return file.getvalue()


def track(stem: str, size: int) -> TrackReady:
    record = StemRecord(
        name=stem, sha256=("ab" if stem == "mixture" else "cd") * 32, bytes=size, sample_rate=44_100, frames=22_050,
        peak=0.5, lufs=-20.0,
    )  # fmt: skip
    streaminfo = bytes(12) + b"\x02" + bytes(21)  # of two channels
    layout = Layout.of(streaminfo=streaminfo, block_size=4096, overview=[-64, 127])
    return TrackReady(record=record, layout=layout)
