"""Objects in Cloudflare R2, or in any S3."""

# boto3's stubs call optional whatever an answer holds, even what these always hold, and take only their own types as
# arguments; each ignore below is for one such place.
from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from boto3.s3.transfer import TransferConfig

from stemset.errors import NotFound, Unavailable
from stemset.storage.protocol import ObjectInfo, Place
from stemset.storage.r2_client import TROUBLE, make_client, patiently
from stemset.storage.range_reader import RangedReader
from stemset.storage.settings import R2Account
from stemset.storage.signing import Signer

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

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

    patience_s: how long a storage that can't be reached is asked again before that is an error.
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

        self._check_size(key, self._ask(key, send))

    def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        def send() -> None:
            self._client.put_object(
                Bucket=self._account.bucket, Key=key, Body=content, ContentType=content_type, CacheControl=_FOR_EVER
            )

        self._ask(key, send)

    def copy(self, key: str, target: str) -> None:
        source = {"Bucket": self._account.bucket, "Key": key}
        size = self.stat(key).bytes
        # In parts where it is large: a single request may copy 5 GB at most.
        self._ask(key, lambda: self._client.copy(source, self._account.bucket, target, Config=_TRANSFER))  # pyright: ignore[reportArgumentType]
        self._check_size(target, size)

    def open(self, key: str) -> BinaryIO:
        info = self.stat(key)

        def body(start: int) -> io.RawIOBase:
            def get() -> object:
                # Of another content the rest would not fit what was read before.
                asked = self._client.get_object(
                    Bucket=self._account.bucket, Key=key, Range=f"bytes={start}-", IfMatch=f'"{info.etag}"'
                )
                return asked["Body"]

            return cast("io.RawIOBase", self._ask(key, get))

        reader = RangedReader(info.bytes, body, TROUBLE)
        return cast("BinaryIO", io.BufferedReader(reader, _READ_AHEAD_BYTES))

    def read(self, key: str) -> bytes:
        def get() -> bytes:
            return self._client.get_object(Bucket=self._account.bucket, Key=key)["Body"].read()

        return self._ask(key, get)

    def stat(self, key: str) -> ObjectInfo:
        told = self._ask(key, lambda: self._client.head_object(Bucket=self._account.bucket, Key=key))
        return ObjectInfo(told["ContentLength"], told["ETag"].strip('"'))

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except NotFound:
            return False
        return True

    def local_path(self, key: str) -> Path | None:  # noqa: ARG002 - there is none
        return None

    def fetch(self, key: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w+b") as file:

                def receive() -> None:
                    file.seek(0)
                    file.truncate()
                    self._client.download_fileobj(self._account.bucket, key, file, Config=_TRANSFER)

                self._ask(key, receive)
            temporary.chmod(0o644)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def delete_prefix(self, prefix: str) -> None:
        self._delete([key for key, _ in self._listed(prefix)])

    def tidy(self, prefix: str) -> None:
        self._abort(prefix, datetime.now(UTC) + timedelta(days=1))

    def sweep(self, prefix: str, older_than: timedelta) -> None:
        too_old = datetime.now(UTC) - older_than
        self._abort(prefix, too_old)
        self._delete([key for key, changed_at in self._listed(prefix) if changed_at < too_old])

    # Addresses of clients' own ------------------------------------------------------------------------------

    def url(self, key: str, *, version: str = "", file_name: str | None = None) -> str | None:
        return self._signer.get(key, version=version, file_name=file_name)

    def place(self, key: str, size: int, content_type: str) -> Place | None:
        # A browser sets the length by itself, and may not be told to; it is signed all the same.
        told = {"Content-Type": content_type}
        url, expires_at = self._signer.put(key, {**told, "Content-Length": str(size)}, {})
        return Place(url, told, expires_at)

    # An object that comes in parts --------------------------------------------------------------------------

    def begin_parts(self, key: str, content_type: str) -> str:
        begun = self._ask(
            key,
            lambda: self._client.create_multipart_upload(
                Bucket=self._account.bucket, Key=key, ContentType=content_type, CacheControl=_FOR_EVER
            ),
        )
        return begun["UploadId"]

    def part_place(self, key: str, transfer: str, number: int, size: int) -> Place | None:
        query = {"partNumber": str(number), "uploadId": transfer}
        url, expires_at = self._signer.put(key, {"Content-Length": str(size)}, query)
        return Place(url, {}, expires_at)

    def put_part(self, key: str, transfer: str, number: int, file: Path) -> None:
        def send() -> None:
            with file.open("rb") as content:
                self._client.upload_part(
                    Bucket=self._account.bucket, Key=key, UploadId=transfer, PartNumber=number, Body=content
                )

        self._ask(key, send)

    def parts(self, key: str, transfer: str) -> Mapping[int, int]:
        return {number: size for number, size, _ in self._parts(key, transfer)}

    def join_parts(self, key: str, transfer: str, numbers: Sequence[int]) -> None:
        tags = {number: tag for number, _, tag in self._parts(key, transfer)}
        joined = [{"PartNumber": number, "ETag": tags[number]} for number in numbers]
        self._ask(
            key,
            lambda: self._client.complete_multipart_upload(
                Bucket=self._account.bucket,
                Key=key,
                UploadId=transfer,
                MultipartUpload={"Parts": joined},  # pyright: ignore[reportArgumentType]
            ),
        )

    def drop_parts(self, key: str, transfer: str) -> None:
        with suppress(NotFound):
            self._ask(
                key,
                lambda: self._client.abort_multipart_upload(Bucket=self._account.bucket, Key=key, UploadId=transfer),
            )

    # --------------------------------------------------------------------------------------------------------

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._account)

    def _ask(self, key: str, call: Callable[[], T]) -> T:
        return patiently(self._account, key, self._patience_s, call)

    def _check_size(self, key: str, size: int) -> None:
        stored = self.stat(key).bytes
        if stored != size:
            raise Unavailable(f"The storage has {stored} bytes of {key}, which has {size}.")

    def _listed(self, prefix: str) -> list[tuple[str, datetime]]:
        def pages() -> list[tuple[str, datetime]]:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._account.bucket, Prefix=f"{prefix}/"
            )
            return [
                (found["Key"], found["LastModified"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
                for page in pages
                for found in page.get("Contents", [])
            ]

        return self._ask(prefix, pages)

    def _delete(self, keys: Iterable[str]) -> None:
        # One by one: what S3s expect of a request for many differs.
        def delete(key: str) -> None:
            self._ask(key, lambda: self._client.delete_object(Bucket=self._account.bucket, Key=key))

        with ThreadPoolExecutor(_DELETIONS_AT_ONCE) as pool:
            # Asked for, so that an error is raised.
            list(pool.map(delete, keys))

    def _parts(self, key: str, transfer: str) -> list[tuple[int, int, str]]:
        """(number, bytes, ETag) of each."""

        def pages() -> list[tuple[int, int, str]]:
            pages = self._client.get_paginator("list_parts").paginate(
                Bucket=self._account.bucket, Key=key, UploadId=transfer
            )
            return [
                (part["PartNumber"], part["Size"], part["ETag"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
                for page in pages
                for part in page.get("Parts", [])
            ]

        return self._ask(key, pages)

    def _abort(self, prefix: str, begun_before: datetime) -> None:
        def pages() -> list[tuple[str, str]]:
            pages = self._client.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._account.bucket, Prefix=f"{prefix}/"
            )
            return [
                (found["Key"], found["UploadId"])  # pyright: ignore[reportTypedDictNotRequiredAccess]
                for page in pages
                for found in page.get("Uploads", [])
                if found["Initiated"] < begun_before  # pyright: ignore[reportTypedDictNotRequiredAccess]
            ]

        for key, transfer in self._ask(prefix, pages):
            self.drop_parts(key, transfer)
