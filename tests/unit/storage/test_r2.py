"""What only R2 does, on a real S3 server: addresses that carry their permission, and patience."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from stemset.errors import NotFound, Unavailable
from stemset.storage import Keys
from stemset.storage.bucket_rules import EXPOSED_HEADERS, Bucket
from stemset.storage.r2 import R2Storage
from stemset.storage.r2_client import make_client
from stemset.storage.settings import R2Account
from stemset.storage.signing import WINDOW, Signer
from tests.support.s3 import S3Server
from tests.support.waiting import LIMIT_S

JOB = UUID("01890000-0000-7000-8000-000000000001")
STEM = Keys.stem(JOB, "vocals")


def url(r2: R2Storage, **how: str) -> str:
    found = r2.presign_download(STEM, **how)
    assert found
    return found


# To read -----------------------------------------------------------------------------------------------------


def test_an_address_gives_the_object_to_anybody_whole_and_by_range(r2: R2Storage) -> None:
    r2.put_bytes(STEM, b"0123456789", "audio/flac")
    whole = httpx.get(url(r2))
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, b"0123456789", "audio/flac")
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    part = httpx.get(url(r2), headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert httpx.get(url(r2), headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert httpx.get(url(r2).partition("?")[0]).status_code == 403


def test_an_address_stays_the_same_for_a_window_and_is_good_for_another(r2_account: R2Account) -> None:
    signer = Signer(r2_account)
    begun = datetime.fromtimestamp(0, UTC) + 80_000 * WINDOW

    def at(moment: datetime) -> str:
        return signer.sign_get(STEM, version="1", file_name=None, now=moment)

    assert at(begun) == at(begun + WINDOW - timedelta(seconds=1))
    assert at(begun) != at(begun + WINDOW)
    assert f"X-Amz-Expires={int(2 * WINDOW.total_seconds())}&" in at(begun)


def test_an_address_ends(r2: R2Storage, r2_account: R2Account) -> None:
    r2.put_bytes(STEM, b"sound", "audio/flac")

    def status(ago: timedelta) -> int:
        moment = datetime.now(UTC) - ago
        return httpx.get(Signer(r2_account).sign_get(STEM, version="1", file_name=None, now=moment)).status_code

    assert (status(0 * WINDOW), status(WINDOW), status(2 * WINDOW)) == (200, 200, 403)


def test_another_content_has_another_address(r2: R2Storage) -> None:
    assert url(r2, version="1") == url(r2, version="1") != url(r2, version="2")


def test_a_changed_address_is_refused(r2: R2Storage) -> None:
    r2.put_bytes(STEM, b"sound", "audio/flac")
    r2.put_bytes(Keys.manifest(JOB), b"{}", "application/json")
    split = urlsplit(url(r2, version="1"))
    other = split._replace(path=split.path.replace(STEM, Keys.manifest(JOB)))
    assert httpx.get(other.geturl()).status_code == 403
    assert httpx.delete(split.geturl()).status_code == 403


def test_a_download_is_saved_under_its_name(r2: R2Storage) -> None:
    r2.put_bytes(STEM, b"sound", "audio/flac")
    answer = httpx.get(url(r2, file_name='Ärger, "live" - Vocals.flac'))
    assert answer.status_code == 200
    assert "filename*=UTF-8''%C3%84rger%2C%20%22live%22%20-%20Vocals.flac" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-cache"


# To write ----------------------------------------------------------------------------------------------------


def test_a_place_takes_the_bytes_and_the_type_that_were_announced_and_no_others(r2: R2Storage) -> None:
    place = r2.presign_upload(Keys.upload_content(JOB), 5, "audio/wav")
    assert place
    assert place.headers == {"Content-Type": "audio/wav"}
    assert timedelta(hours=1) < place.expires_at - datetime.now(UTC) < timedelta(days=1)
    for content, headers in (
        (b"1234", place.headers),
        (b"123456", place.headers),
        (b"12345", {"Content-Type": "text/html"}),
        (b"12345", {}),
    ):
        assert httpx.put(place.url, content=content, headers=headers).status_code == 403
    assert not r2.exists(Keys.upload_content(JOB))
    assert httpx.put(place.url, content=b"12345", headers=place.headers).status_code == 200
    assert r2.read(Keys.upload_content(JOB)) == b"12345"


def test_a_part_goes_straight_to_its_place(r2: R2Storage) -> None:
    key = Keys.upload_content(JOB)
    transfer = r2.begin_parts(key, "audio/wav")
    place = r2.presign_part(key, transfer, 1, 5)
    assert place
    assert httpx.put(place.url, content=b"123456").status_code == 403
    assert httpx.put(place.url, content=b"12345").status_code == 200
    assert r2.list_parts(key, transfer) == {1: 5}
    r2.join_parts(key, transfer, (1,))
    assert httpx.put(place.url, content=b"12345").status_code == 404
    read = httpx.get(r2.presign_download(key) or "")
    assert (read.content, read.headers["content-type"]) == (b"12345", "audio/wav")


# The bucket's own settings -----------------------------------------------------------------------------------


def test_a_bucket_lets_pages_of_the_named_origins_in(r2: R2Storage, r2_account: R2Account) -> None:
    bucket, ours = Bucket(r2_account), "https://stemset.test"
    assert bucket.cors_faults([ours]) == [f"no rule lets pages of {ours} in"]
    bucket.set_cors([ours])
    assert bucket.cors_faults([ours]) == []
    assert bucket.cors_faults([ours, "https://other.test"]) == ["no rule lets pages of https://other.test in"]

    place = r2.presign_upload(Keys.upload_content(JOB), 5, "audio/wav")
    assert place
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    flight = httpx.options(place.url, headers={"Origin": ours, **asked})
    assert (flight.status_code, flight.headers["access-control-allow-origin"]) == (200, ours)
    assert "content-type" in flight.headers["access-control-allow-headers"]
    assert (
        "access-control-allow-origin"
        not in httpx.options(place.url, headers={"Origin": "https://other.test", **asked}).headers
    )

    r2.put_bytes(STEM, b"0123456789", "audio/flac")
    read = httpx.get(url(r2), headers={"Origin": ours, "Range": "bytes=0-1"})
    exposed = {name.strip() for name in read.headers["access-control-expose-headers"].split(",")}
    assert set(EXPOSED_HEADERS) <= exposed


def test_a_rule_that_lacks_something_is_said_to(r2_account: R2Account) -> None:
    bucket = Bucket(r2_account)
    make_client(r2_account).put_bucket_cors(
        Bucket=r2_account.bucket,
        CORSConfiguration={
            "CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}]
        },
    )
    assert bucket.cors_faults(["https://stemset.test"]) == [
        "the methods for https://stemset.test lack HEAD, PUT",
        "the exposed headers for https://stemset.test lack Content-Range, Content-Length, Accept-Ranges, ETag",
    ]


def test_a_bucket_removes_what_broken_uploads_leave(r2_account: R2Account) -> None:
    bucket = Bucket(r2_account)
    assert len(bucket.lifecycle_faults()) == 2
    bucket.set_lifecycle()
    assert bucket.lifecycle_faults() == []


def test_a_key_that_may_do_all_passes_the_check(r2_account: R2Account) -> None:
    Bucket(r2_account).check_access()


# Trouble -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"access_key_id": "NOBODY"}, "does not know R2_ACCESS_KEY_ID"),
        ({"secret_access_key": "guess"}, "R2_SECRET_ACCESS_KEY does not fit"),
        ({"bucket": "no-such-bucket"}, "has no such bucket"),
        ({"endpoint_url": "http://127.0.0.1:9"}, "does not answer"),
    ],
)
def test_what_is_wrong_is_told_in_words_without_the_secret(
    r2_account: R2Account, wrong: dict[str, str], words: str
) -> None:
    account = replace(r2_account, **wrong)
    with pytest.raises(Unavailable, match=words) as told:
        Bucket(account, patience_s=0).check_access()
    assert account.secret_access_key not in str(told.value)
    with pytest.raises(Unavailable):
        R2Storage(account, patience_s=0).put_bytes(STEM, b"sound", "audio/flac")


def test_a_storage_that_is_away_for_seconds_is_waited_for(s3: S3Server, r2_account: R2Account, tmp_path: Path) -> None:
    patient, song = R2Storage(r2_account, patience_s=LIMIT_S), tmp_path / "song"
    song.write_bytes(bytes(20_000_000))
    with s3.away():
        sending = threading.Thread(target=patient.put, args=(STEM, song, "audio/flac"))
        sending.start()
        with pytest.raises(Unavailable, match="does not answer"):
            R2Storage(r2_account, patience_s=0).read(STEM)
        time.sleep(1)
    sending.join(LIMIT_S)
    assert patient.stat(STEM).bytes == 20_000_000


def test_what_was_begun_to_be_read_goes_on_after_a_break(s3: S3Server, r2_account: R2Account) -> None:
    patient = R2Storage(r2_account, patience_s=LIMIT_S)
    content = bytes(range(256)) * 40_000
    patient.put_bytes(STEM, content, "audio/flac")
    with patient.open(STEM) as stream:
        begun = stream.read(1000)
        with s3.away():
            pass
        assert begun + stream.read() == content


def test_what_was_replaced_while_it_is_read_is_never_mixed(r2: R2Storage) -> None:
    r2.put_bytes(STEM, b"1" * 1_000_000, "audio/flac")
    with r2.open(STEM) as stream:
        stream.read(10)
        r2.put_bytes(STEM, b"2" * 1_000_000, "audio/flac")
        stream.seek(900_000)
        with pytest.raises(Unavailable, match="replaced"):
            stream.read(10)
    with pytest.raises(NotFound):
        r2.open(Keys.stem(JOB, "bass"))
