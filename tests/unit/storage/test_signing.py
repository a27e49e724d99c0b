"""Presigned URLs, without a storage: what is in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from stemset.storage.settings import R2Account
from stemset.storage.signing import WINDOW, Signer, content_disposition

ACCOUNT = R2Account("songs", "https://x.example", "an-id", "a-secret")
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The beginning of a window: they are counted from 1970, six hours each."""


def download(now: datetime, version: str = "1", file_name: str | None = None) -> str:
    return Signer(ACCOUNT).sign_get("jobs/1/a b.flac", version=version, file_name=file_name, now=now)


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_download_stays_the_same_within_a_window_and_lasts_two() -> None:
    assert download(START) == download(START + WINDOW - timedelta(seconds=1))
    assert download(START) != download(START + WINDOW)
    asked = query(download(START + timedelta(hours=1)))
    assert (asked["X-Amz-Date"], asked["X-Amz-Expires"]) == ("20261120T120000Z", "43200")


def test_another_version_has_another_address() -> None:
    assert download(START, "1") != download(START, "2")


def test_a_download_with_a_name_is_saved_and_not_cached() -> None:
    asked = query(download(START, file_name="Drums.flac"))
    assert asked["response-content-disposition"].startswith('attachment; filename="Drums.flac"')
    assert asked["response-cache-control"] == "no-cache"


def test_the_address_names_bucket_and_key_and_holds_no_secret() -> None:
    url = download(START)
    assert urlsplit(url).path == "/songs/jobs/1/a%20b.flac"
    assert "a-secret" not in url


def test_an_upload_signs_its_headers_and_ends_in_six_hours() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    url, expires_at = Signer(ACCOUNT).sign_put("uploads/1", {"Content-Length": "5"}, {"partNumber": "2"})
    assert query(url)["X-Amz-SignedHeaders"] == "content-length;host"
    assert query(url)["partNumber"] == "2"
    assert timedelta(hours=6) <= expires_at - before < timedelta(hours=6, minutes=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a b.flac", "attachment; filename=\"a b.flac\"; filename*=UTF-8''a%20b.flac"),
        ("Ärger.wav", "attachment; filename=\"_rger.wav\"; filename*=UTF-8''%C3%84rger.wav"),
    ],
)
def test_a_file_name_is_given_in_utf_8_and_in_ascii(name: str, value: str) -> None:
    assert content_disposition(name) == value
