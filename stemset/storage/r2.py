"""Objects in Cloudflare R2, or in any S3."""

# boto3's stubs call every key of a response optional, even those that are always there: hence the `in` of the listings.
from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from boto3.s3.transfer import TransferConfig

from stemset.errors import NotFound, Unavailable
from stemset.storage.protocol import ObjectInfo, PresignedPut
from stemset.storage.r2_client import CLIENT_ERRORS, call_with_retries, make_client
from stemset.storage.range_reader import Body, RangedReader
from stemset.storage.replacing import write_atomically
from stemset.storage.settings import R2Account
from stemset.storage.signing import Signer

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

T = TypeVar("T")

_FOR_EVER = "public, max-age=31536000, immutable"
_PART_BYTES = 8 << 20
_TRANSFER = TransferConfig(
    multipart_threshold=2 * _PART_BYTES,
    multipart_chunksize=_PART_BYTES,
    max_concurrency=4,
    preferred_transfer_client="classic",
)
_READ_AHEAD_BYTES = 256 << 10
_DELETIONS_AT_ONCE = 8


class R2Storage:
    """Objects of one bucket. May be used by many threads at once.

    patience_s: for so many seconds requests that fail are repeated, before Unavailable is raised.
    """

    def __init__(self, account: R2Account, *, patience_s: float = 10.0) -> None:
        self._account = account
        self._patience_s = patience_s
        self._signer = Signer(account)

    def put(self, key: str, file: Path, content_type: str) -> None:
        def send() -> int:
            with file.open("rb") as content:
                size = os.fstat(content.fileno()).st_size
                self._client.upload_fileobj(
                    content,
                    self._account.bucket,
                    key,
                    ExtraArgs={"ContentType": content_type, "CacheControl": _FOR_EVER},
                    Config=_TRANSFER,
                )
            return size

        self._check_size(key, self._call(key, send))

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        def send() -> None:
            self._client.put_object(
                Bucket=self._account.bucket, Key=key, Body=content, ContentType=content_type, CacheControl=_FOR_EVER
            )

        self._call(key, send)

    def copy(self, key: str, target: str) -> None:
        source: CopySourceTypeDef = {"Bucket": self._account.bucket, "Key": key}
        size = self.stat(key).bytes
        # In parts where it is large: a single request may copy 5 GB at most.
        self._call(key, lambda: self._client.copy(source, self._account.bucket, target, Config=_TRANSFER))
        self._check_size(target, size)

    def open(self, key: str) -> BinaryIO:
        info = self.stat(key)

        def request(start: int) -> Body:
            # Of another content the rest would not fit what was read before.
            return self._call(
                key,
                lambda: self._client.get_object(
                    Bucket=self._account.bucket, Key=key, Range=f"bytes={start}-", IfMatch=f'"{info.etag}"'
                ),
            )["Body"]

        return io.BufferedReader(RangedReader(info.bytes, request, CLIENT_ERRORS), _READ_AHEAD_BYTES)

    def read(self, key: str) -> bytes:
        def get() -> bytes:
            return self._client.get_object(Bucket=self._account.bucket, Key=key)["Body"].read()

        return self._call(key, get)

    def stat(self, key: str) -> ObjectInfo:
        response = self._call(key, lambda: self._client.head_object(Bucket=self._account.bucket, Key=key))
        return ObjectInfo(response["ContentLength"], response["ETag"].strip('"'))

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except NotFound:
            return False
        return True

    def local_path(self, key: str) -> Path | None:  # noqa: ARG002 - there is none
        return None

    def fetch(self, key: str, target: Path) -> None:
        with write_atomically(target, durable=False) as file:

            def receive() -> None:
                file.seek(0)
                file.truncate()
                self._client.download_fileobj(self._account.bucket, key, file, Config=_TRANSFER)

            self._call(key, receive)

    def delete_prefix(self, prefix: str) -> None:
        self._delete_objects([key for key, _ in self._list_objects(prefix)])

    def remove_unfinished(self, prefix: str) -> None:
        self._abort_transfers(prefix, datetime.now(UTC) + timedelta(days=1))

    def remove_older_than(self, prefix: str, older_than: timedelta) -> None:
        too_old = datetime.now(UTC) - older_than
        self._abort_transfers(prefix, too_old)
        self._delete_objects([key for key, changed_at in self._list_objects(prefix) if changed_at < too_old])

    # Presigned URLs ------------------------------------------------------------------------------

    def presign_download(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:
        return self._signer.sign_get(key, version=version, file_name=file_name)

    def presign_upload(self, key: str, size: int, content_type: str) -> PresignedPut | None:
        # A browser sets the length by itself, and may not be told to; it is signed all the same.
        headers = {"Content-Type": content_type}
        url, expires_at = self._signer.sign_put(key, {**headers, "Content-Length": str(size)}, {})
        return PresignedPut(url, headers, expires_at)

    # An object that comes in parts --------------------------------------------------------------------------

    def begin_parts(self, key: str, content_type: str) -> str:
        response = self._call(
            key,
            lambda: self._client.create_multipart_upload(
                Bucket=self._account.bucket, Key=key, ContentType=content_type, CacheControl=_FOR_EVER
            ),
        )
        return response["UploadId"]

    def presign_part(self, key: str, transfer: str, number: int, size: int) -> PresignedPut | None:
        query = {"partNumber": str(number), "uploadId": transfer}
        url, expires_at = self._signer.sign_put(key, {"Content-Length": str(size)}, query)
        return PresignedPut(url, {}, expires_at)

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        def send() -> None:
            with file.open("rb") as content:
                self._client.upload_part(
                    Bucket=self._account.bucket, Key=key, UploadId=transfer, PartNumber=number, Body=content
                )

        self._call(key, send)

    def list_parts(self, key: str, transfer: str) -> Mapping[int, int]:
        return {number: size for number, size, _ in self._list_parts(key, transfer)}

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        tags = {number: tag for number, _, tag in self._list_parts(key, transfer)}
        joined: list[CompletedPartTypeDef] = [{"PartNumber": number, "ETag": tags[number]} for number in numbers]
        self._call(
            key,
            lambda: self._client.complete_multipart_upload(
                Bucket=self._account.bucket,
                Key=key,
                UploadId=transfer,
                MultipartUpload={"Parts": joined},
            ),
        )

    def drop_parts(self, key: str, transfer: str) -> None:
        with suppress(NotFound):
            self._call(
                key,
                lambda: self._client.abort_multipart_upload(Bucket=self._account.bucket, Key=key, UploadId=transfer),
            )

    # --------------------------------------------------------------------------------------------------------

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._account)

    def _call(self, key: str, call: Callable[[], T]) -> T:
        return call_with_retries(self._account, key, self._patience_s, call)

    def _check_size(self, key: str, size: int) -> None:
        stored = self.stat(key).bytes
        if stored != size:
            raise Unavailable(f"The storage has {stored} bytes of {key}, which has {size}.")

    def _list_objects(self, prefix: str) -> list[tuple[str, datetime]]:
        def pages() -> list[tuple[str, datetime]]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._account.bucket, Prefix=f"{prefix}/"
            )
            return [
                (found["Key"], found["LastModified"])
                for page in pages
                for found in page.get("Contents", [])
                if "Key" in found and "LastModified" in found
            ]

        return self._call(prefix, pages)

    def _delete_objects(self, keys: Iterable[str]) -> None:
        # One by one: what S3s expect of a request for many differs.
        def delete(key: str) -> None:
            self._call(key, lambda: self._client.delete_object(Bucket=self._account.bucket, Key=key))

        with ThreadPoolExecutor(_DELETIONS_AT_ONCE) as pool:
            # Asked for, so that an error is raised.
            list(pool.map(delete, keys))

    def _list_parts(self, key: str, transfer: str) -> list[tuple[int, int, str]]:
        """Return (number, bytes, ETag) of each stored part."""

        def pages() -> list[tuple[int, int, str]]:
            pages = self._client.get_paginator("list_parts").paginate(
                Bucket=self._account.bucket, Key=key, UploadId=transfer
            )
            return [
                (part["PartNumber"], part["Size"], part["ETag"])
                for page in pages
                for part in page.get("Parts", [])
                if "PartNumber" in part and "Size" in part and "ETag" in part
            ]

        return self._call(key, pages)

    def _abort_transfers(self, prefix: str, begun_before: datetime) -> None:
        def pages() -> list[tuple[str, str]]:
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._account.bucket, Prefix=f"{prefix}/"
            )
            return [
                (found["Key"], found["UploadId"])
                for page in pages
                for found in page.get("Uploads", [])
                if "Key" in found and "UploadId" in found
                if "Initiated" in found and found["Initiated"] < begun_before
            ]

        for key, transfer in self._call(prefix, pages):
            self.drop_parts(key, transfer)
