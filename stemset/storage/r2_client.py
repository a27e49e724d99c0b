"""How R2, or any S3, is talked to: patience, and its refusals in our words."""

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

TROUBLE = (ClientError, BotoCoreError, Boto3Error, RetriesExceededError)
"""All that the library raises when a request comes to nothing."""

_GONE = frozenset({"404", "NoSuchKey", "NoSuchUpload"})
_REFUSED = {
    "InvalidAccessKeyId": "it does not know R2_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "R2_SECRET_ACCESS_KEY does not fit R2_ACCESS_KEY_ID",
    "AccessDenied": "the API token may not do this",
    "403": "the API token may not do this",
    "NoSuchBucket": "it has no such bucket",
    "PreconditionFailed": "the object was replaced while it was read",
}
_PASSING = frozenset({"429", "SlowDown", "RequestTimeout", "TooManyRequests", "RequestTimeTooSkewed"})
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0

log = structlog.stdlib.get_logger()


def make_client(account: R2Account) -> S3Client:
    """A client for many threads. It tries each request twice; whoever is more patient uses `patiently`."""
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


def patiently(account: R2Account, key: str, patience_s: float, call: Callable[[], T]) -> T:
    """The call's result; while the storage can't be reached, it is asked again with growing pauses.

    Raises NotFound or Unavailable.
    """
    give_up_at = time.monotonic() + patience_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return call()
        except TROUBLE as trouble:
            error = told(account, key, trouble)
            if not _passes(trouble) or time.monotonic() + pause_s > give_up_at:
                raise error from None
        log.warning("storage_asked_again", key=key, reason=str(error), in_s=pause_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def told(account: R2Account, key: str, trouble: Exception) -> StemsetError:
    """What happened, in words that hold no secret."""
    code = code_of(trouble)
    if code in _GONE:
        return NotFound("stored object", key)
    where = f"The storage {account.endpoint_url} (bucket {account.bucket})"
    if code in _REFUSED:
        return Unavailable(f"{where} refuses: {_REFUSED[code]}.")
    if code:
        return Unavailable(f"{where} is in trouble ({code}).")
    return Unavailable(f"{where} does not answer ({type(trouble).__name__}).")


def code_of(trouble: Exception) -> str:
    """S3's own word for what went wrong; empty where no answer came."""
    return str(trouble.response.get("Error", {}).get("Code", "")) if isinstance(trouble, ClientError) else ""


def _passes(trouble: Exception) -> bool:
    """Whether it may go better in a moment."""
    if not isinstance(trouble, ClientError):
        return True
    status = trouble.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or code_of(trouble) in _PASSING
