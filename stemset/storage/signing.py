"""Presigned URLs: AWS Signature Version 4 in the query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from typing_extensions import override

from stemset.storage.settings import R2Account

WINDOW = timedelta(hours=6)
"""A download URL stays the same for so long."""

_UPLOAD_LIFETIME = timedelta(hours=6)


class _DatedAuth(S3SigV4QueryAuth):
    """botocore's signature, made at a given time instead of now; it has no public way to that."""

    def __init__(self, account: R2Account, at: datetime, lifetime: timedelta) -> None:
        credentials = Credentials(account.access_key_id, account.secret_access_key)
        super().__init__(credentials, "s3", account.region, expires=int(lifetime.total_seconds()))
        self._at = at

    @override
    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._at.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)  # pyright: ignore - untyped
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)  # pyright: ignore - untyped


class Signer:
    """Makes presigned URLs of one bucket. It sends no request, so it needs no thread."""

    def __init__(self, account: R2Account) -> None:
        self._account = account

    def sign_get(self, key: str, *, version: str, file_name: str | None, now: datetime | None = None) -> str:
        """Return a URL for GET that is valid for one to two WINDOWs, and the same within one."""
        now = now or datetime.now(UTC)
        begun = datetime.fromtimestamp(now.timestamp() // WINDOW.total_seconds() * WINDOW.total_seconds(), UTC)
        # What the storage repeats in its answer is the one parameter that every S3 takes and that may say anything:
        # so the content's version goes there, and makes the address of another content another one.
        shown = content_disposition(file_name) if file_name else f'inline; filename="{version or "file"}"'
        query = {"response-content-disposition": shown}
        if file_name:
            query["response-cache-control"] = "no-cache"
        return self._sign("GET", key, query, {}, begun, 2 * WINDOW)

    def sign_put(self, key: str, headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, datetime]:
        """Return a URL for a PUT with exactly these headers, and when it expires."""
        now = datetime.now(UTC).replace(microsecond=0)
        return self._sign("PUT", key, query, headers, now, _UPLOAD_LIFETIME), now + _UPLOAD_LIFETIME

    def _sign(
        self,
        method: str,
        key: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        at: datetime,
        lifetime: timedelta,
    ) -> str:
        address = f"{self._account.endpoint_url}/{self._account.bucket}/{quote(key)}"
        request = AWSRequest(method, address, params=dict(query), headers=dict(headers))
        _DatedAuth(self._account, at, lifetime).add_auth(request)
        return str(request.url)


def content_disposition(name: str) -> str:
    """Return the Content-Disposition that saves a download under `name`: in UTF-8, and for old clients in ASCII."""
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
