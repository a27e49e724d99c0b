from __future__ import annotations

from uuid import UUID

import pytest

from stemset.storage import Keys
from tests.support.api import Service


async def test_the_player_gets_what_is_ready(service: Service) -> None:
    job = await service.playable_job()
    player = (await service.get(f"/api/recordings/{job['recordingId']}/player")).json()
    assert (player["jobId"], player["sampleRate"], player["frames"]) == (job["id"], 44_100, 22_050)
    assert [stem["name"] for stem in player["stems"]] == ["drums"]
    drums = player["stems"][0]
    assert (drums["label"], drums["blockSize"], drums["overview"]) == ("Drums", 4096, [-64, 127])
    assert drums["url"] == f"/api/jobs/{job['id']}/stems/drums.flac?v={'cd' * 8}"
    assert (await service.get(drums["url"])).content == b"0123456789"
    assert (await service.get(drums["peaks"][0]["url"])).content == b"0123456789"


async def test_a_recording_shows_the_mixture_from_afar_once_it_is_decoded(service: Service) -> None:
    job = await service.playable_job()
    assert (await service.get(f"/api/recordings/{job['recordingId']}")).json()["overview"] == [100]


async def test_before_anything_can_be_played_the_player_is_told_so(service: Service) -> None:
    job = await service.new_job()
    answer = await service.get(f"/api/recordings/{job['recordingId']}/player")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")


async def test_the_player_of_one_recording_does_not_show_another_ones_job(service: Service) -> None:
    job, other = await service.playable_job(), await service.playable_job()
    answer = await service.get(f"/api/recordings/{job['recordingId']}/player?job={other['id']}")
    assert answer.status_code == 404


async def test_a_file_named_by_its_hash_may_be_kept_for_ever_and_no_other(service: Service) -> None:
    job = await service.playable_job()
    address = f"/api/jobs/{job['id']}/stems/drums.flac"
    for query, policy in (
        (f"?v={'cd' * 8}", "public, max-age=31536000, immutable"),
        ("?v=0000000000000000", "no-cache"),
        ("", "no-cache"),
    ):
        assert (await service.get(address + query)).headers["cache-control"] == policy


@pytest.mark.parametrize(
    ("asked", "status", "content", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=8-", 206, b"89", "bytes 8-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-0,5-6", 200, b"0123456789", None),
    ],
)
async def test_a_range_of_a_stem(
    service: Service, asked: str, status: int, content: bytes, content_range: str | None
) -> None:
    job = await service.playable_job()
    answer = await service.get(f"/api/jobs/{job['id']}/stems/drums.flac", Range=asked)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == content_range
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-type"] == "audio/flac"
    assert "content-encoding" not in answer.headers


async def test_a_range_beyond_the_end_is_told_the_size(service: Service) -> None:
    job = await service.playable_job()
    answer = await service.get(f"/api/jobs/{job['id']}/stems/drums.flac", Range="bytes=10-")
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")
    assert answer.json()["type"] == "/problems/range-not-satisfiable"


async def test_a_range_of_another_version_gives_the_whole_file(service: Service) -> None:
    job = await service.playable_job()
    address = f"/api/jobs/{job['id']}/stems/drums.flac"
    etag = (await service.get(address)).headers["etag"]
    assert (await service.get(address, Range="bytes=0-1", If_Range=etag)).status_code == 206
    assert (await service.get(address, Range="bytes=0-1", If_Range='"other"')).status_code == 200


async def test_a_file_that_is_known_is_not_sent_again(service: Service) -> None:
    job = await service.playable_job()
    for address in (f"/api/jobs/{job['id']}/stems/drums.flac", f"/api/jobs/{job['id']}/peaks/drums.256.dat"):
        etag = (await service.get(address)).headers["etag"]
        assert not etag.startswith("W/")
        answer = await service.get(address, If_None_Match=etag)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_head_says_what_get_would(service: Service) -> None:
    job = await service.playable_job()
    for address in (f"/api/jobs/{job['id']}/stems/drums.flac", f"/api/jobs/{job['id']}/peaks/drums.256.dat"):
        told, got = await service.client.head(address), await service.get(address)
        assert (told.status_code, told.content) == (200, b"")
        for name in ("content-length", "content-type", "etag", "accept-ranges", "cache-control"):
            assert told.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "file", ["stems/vocals.flac", "stems/drums.mp3", "stems/..%2Fmanifest.json", "peaks/drums.7.dat", "manifest"]
)
async def test_what_a_job_does_not_have_is_not_found(service: Service, file: str) -> None:
    job = await service.playable_job()
    answer = await service.get(f"/api/jobs/{job['id']}/{file}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_manifest_that_is_no_manifest_is_our_mistake(service: Service) -> None:
    job = await service.playable_job()
    service.services.storage.put_bytes(Keys.manifest(UUID(job["id"])), b"{}", "application/json")
    assert (await service.get(f"/api/jobs/{job['id']}/manifest")).status_code == 500
