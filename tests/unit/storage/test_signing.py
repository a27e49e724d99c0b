"""Presigned URLs, without a storage: what is in them."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

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


def signature(method: str, url: str, headers: dict[str, str]) -> str:
    """Signature Version 4 of a presigned URL, as the S3 API reference computes it, with the account's secret."""
    parts = urlsplit(url)
    signed = [pair for pair in parts.query.split("&") if not pair.startswith("X-Amz-Signature=")]
    told = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
    canonical = "\n".join(
        [
            method,
            parts.path,
            "&".join(sorted(signed)),
            *(f"{name}:{told[name].strip()}" for name in sorted(told)),
            "",
            ";".join(sorted(told)),
            "UNSIGNED-PAYLOAD",
        ]
    )
    asked = query(url)
    day, region, service, end = asked["X-Amz-Credential"].split("/")[1:]
    key = b"AWS4a-secret"
    for part in (day, region, service, end):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", asked["X-Amz-Date"], f"{day}/{region}/{service}/{end}", digest])
    return hmac.digest(key, text.encode(), "sha256").hex()


@pytest.mark.parametrize("file_name", [None, "Drums.flac", "Ärger & co.wav"])
@pytest.mark.parametrize("key", ["jobs/1/a b.flac", "jobs/1/stems/drums.flac", "jobs/1/ä+~&=.flac"])
def test_a_download_has_the_signature_of_the_s3_reference(key: str, file_name: str | None) -> None:
    url = Signer(ACCOUNT).sign_get(key, version="1", file_name=file_name, now=START)
    assert query(url)["X-Amz-Signature"] == signature("GET", url, {})


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Length": "5"}, {"Content-Type": "audio/flac", "Content-Length": "7"}]
)
def test_an_upload_has_the_signature_of_the_s3_reference_over_its_headers(headers: dict[str, str]) -> None:
    url, _ = Signer(ACCOUNT).sign_put("uploads/1", headers, {"partNumber": "2", "uploadId": "a/b+c"})
    assert query(url)["X-Amz-Signature"] == signature("PUT", url, headers)
    assert query(url)["X-Amz-SignedHeaders"].split(";") == sorted(["host", *(name.lower() for name in headers)])


def test_another_length_than_was_signed_needs_another_signature() -> None:
    url, _ = Signer(ACCOUNT).sign_put("uploads/1", {"Content-Length": "5"}, {})
    assert query(url)["X-Amz-Signature"] != signature("PUT", url, {"Content-Length": "6"})


def test_the_credential_names_day_region_and_service() -> None:
    account = replace(ACCOUNT, region="eu-central-1")
    url = Signer(account).sign_get("x", version="1", file_name=None, now=START)
    assert query(url)["X-Amz-Credential"] == "an-id/20261120/eu-central-1/s3/aws4_request"
    assert query(url)["X-Amz-Signature"] == signature("GET", url, {})


def test_an_upload_lasts_as_long_in_its_address_as_is_said() -> None:
    url, expires_at = Signer(ACCOUNT).sign_put("uploads/1", {}, {})
    asked = query(url)
    begun = datetime.strptime(asked["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert begun + timedelta(seconds=int(asked["X-Amz-Expires"])) == expires_at


@pytest.mark.parametrize("hours", [0, 1, 5.999])
def test_a_download_is_valid_for_at_least_a_window_more(hours: float) -> None:
    now = START + timedelta(hours=hours)
    asked = query(download(now))
    begun = datetime.strptime(asked["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    left = begun + timedelta(seconds=int(asked["X-Amz-Expires"])) - now
    assert timedelta(hours=6) < left <= timedelta(hours=12)


@pytest.mark.parametrize("name", ['a"b.flac', "a\r\nb.flac", "太鼓.flac", "a;b.flac", "100%.flac"])
def test_the_utf_8_name_of_a_download_is_the_whole_name_and_one_token(name: str) -> None:
    encoded = content_disposition(name).rpartition("filename*=UTF-8''")[2]
    assert unquote(encoded) == name
    assert re.fullmatch(r"[A-Za-z0-9%._~-]+", encoded)
