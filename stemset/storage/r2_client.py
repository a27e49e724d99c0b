"""The client of R2, or of any S3: retries, and the translation of its errors into ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import boto3
import structlog
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3transfer.exceptions import RetriesExceededError

from stemset.errors import NotFound, StemsetError, Unavailable
from stemset.storage.settings import R2Account

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

CLIENT_ERRORS = (ClientError, BotoCoreError, Boto3Error, RetriesExceededError)
"""Every exception that boto3 raises for a request that failed."""

_MISSING_CODES = frozenset({"404", "NoSuchKey", "NoSuchUpload"})
_REFUSALS = {
    "InvalidAccessKeyId": "it does not know R2_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "R2_SECRET_ACCESS_KEY does not fit R2_ACCESS_KEY_ID",
    "AccessDenied": "the API token may not do this",
    "403": "the API token may not do this",
    "NoSuchBucket": "it has no such bucket",
    "PreconditionFailed": "the object was replaced while it was read",
}
_TRANSIENT_CODES = frozenset({"429", "SlowDown", "RequestTimeout", "TooManyRequests", "RequestTimeTooSkewed"})
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0

log = structlog.stdlib.get_logger()


def make_client(account: R2Account) -> S3Client:
    """Make a boto3 client that many threads may share. It sends a request twice at most; `call_with_retries` more."""
    return boto3.client(  # pyright: ignore[reportUnknownMemberType] - of hundreds of services
        "s3",
        endpoint_url=account.endpoint_url,
        aws_access_key_id=account.access_key_id,
        aws_secret_access_key=account.secret_access_key,
        region_name=account.region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=5,
            read_timeout=60,
            tcp_keepalive=True,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 2},
            # What newer clients add by themselves is unknown to many an S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def call_with_retries(account: R2Account, key: str, patience_s: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, and repeat it with growing pauses while the storage can't be reached.

    key: the object that errors name. patience_s: seconds after which the last error is raised, as NotFound or
    Unavailable; an error that would stay the same is raised at once.
    """
    give_up_at = time.monotonic() + patience_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return call()
        except CLIENT_ERRORS as error:
            translated = translate_error(account, key, error)
            if not _is_transient(error) or time.monotonic() + pause_s > give_up_at:
                raise translated from None
        log.warning("storage_asked_again", key=key, reason=str(translated), in_s=pause_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def translate_error(account: R2Account, key: str, error: Exception) -> StemsetError:
    """Return the NotFound or Unavailable that says what boto3's error means. Its message holds no secret."""
    code = error_code(error)
    if code in _MISSING_CODES:
        return NotFound("stored object", key)
    where = f"The storage {account.endpoint_url} (bucket {account.bucket})"
    if code in _REFUSALS:
        return Unavailable(f"{where} refuses: {_REFUSALS[code]}.")
    if code:
        return Unavailable(f"{where} is in trouble ({code}).")
    return Unavailable(f"{where} does not answer ({type(error).__name__}).")


def error_code(error: Exception) -> str:
    """Return the code in S3's answer, such as `NoSuchKey`; an empty text where no answer came."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _is_transient(error: Exception) -> bool:
    """Tell whether the same request may succeed a moment later."""
    if not isinstance(error, ClientError):
        return True
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or error_code(error) in _TRANSIENT_CODES
