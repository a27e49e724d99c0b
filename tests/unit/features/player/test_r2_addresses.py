"""What the player is given where files are in R2: addresses of the storage's own, on a real S3 server."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from stemset.config import ApiSettings
from stemset.storage.settings import R2Account, R2Settings
from tests.support.api import Service, outside


@pytest.fixture
def settings(settings: ApiSettings, r2_account: R2Account) -> ApiSettings:
    return settings.model_copy(update={"r2": R2Settings(**asdict(r2_account))})


async def test_the_player_gets_files_straight_from_the_storage(service: Service, r2_account: R2Account) -> None:
    job = await service.playable_job(b"0123456789")
    first, second = [(await service.get(f"/api/recordings/{job['recordingId']}/player")).json() for _ in range(2)]
    assert first == second
    drums = first["stems"][0]
    assert drums["url"].startswith(f"{r2_account.endpoint_url}/{r2_account.bucket}/jobs/{job['id']}/stems/drums.flac?")
    part = await outside(drums["url"], Range="bytes=2-4")
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await outside(drums["peaks"][0]["url"])).content == b"0123456789"
    assert len({drums["url"], drums["indexUrl"], drums["peaks"][0]["url"], first["mixture"]["url"]}) == 4


async def test_files_go_through_the_service_too(service: Service) -> None:
    job = await service.playable_job(b"0123456789")
    answer = await service.get(f"/api/jobs/{job['id']}/stems/drums.flac", Range="bytes=7-")
    assert (answer.status_code, answer.content) == (206, b"789")


async def test_the_page_may_reach_the_storage(service: Service, r2_account: R2Account) -> None:
    policy = (await service.get("/api/config")).headers["content-security-policy"]
    assert f"connect-src 'self' blob: data: {r2_account.endpoint_url}" in policy.split("; ")
