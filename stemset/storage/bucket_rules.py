"""The bucket's own settings: who may read it from a page, and what it removes by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from stemset.storage.keys import Keys
from stemset.storage.r2_client import code_of, make_client, patiently
from stemset.storage.settings import R2Account

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import (
        CORSRuleOutputTypeDef,
        CORSRuleTypeDef,
        LifecycleRuleOutputTypeDef,
        LifecycleRuleTypeDef,
    )

T = TypeVar("T")

EXPOSED = ("Content-Range", "Content-Length", "Accept-Ranges", "ETag")
"""What the player reads of an answer."""

_METHODS = ("GET", "HEAD", "PUT")
_HEADERS = ("Content-Type", "Range", "If-Range", "If-None-Match")
_UNSET = frozenset({"NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration"})
_LEFT_OVER_DAYS = 2
"""Uploads live for one day; what is older belongs to nobody."""


class Bucket:
    """Reads and sets them. Raises Unavailable when the bucket can't be reached, or refuses our key."""

    def __init__(self, account: R2Account, *, patience_s: float = 5.0) -> None:
        self._account = account
        self._client = make_client(account)
        self._patience_s = patience_s

    def check(self) -> None:
        """Whether the key may list, write, read and delete. Raises Unavailable, in words."""
        name, key = self._account.bucket, f"{Keys.UPLOADS}/check"

        def all_of_it() -> None:
            self._client.list_objects_v2(Bucket=name, MaxKeys=1)
            self._client.put_object(Bucket=name, Key=key, Body=b"Stemset was here.")
            self._client.head_object(Bucket=name, Key=key)
            self._client.delete_object(Bucket=name, Key=key)

        patiently(self._account, key, self._patience_s, all_of_it)

    def cors_faults(self, origins: Sequence[str]) -> list[str]:
        """What a page of these origins (`https://stemset.example`) would be refused; empty when all is well."""
        rules = self._cors()
        faults: list[str] = []
        for origin in origins:
            ours = [rule for rule in rules if _names(rule["AllowedOrigins"], origin)]
            if not ours:
                faults.append(f"no rule lets pages of {origin} in")
                continue
            for what, wanted, given in (
                ("methods", _METHODS, [method for rule in ours for method in rule["AllowedMethods"]]),
                ("headers", _HEADERS, [name for rule in ours for name in rule.get("AllowedHeaders", [])]),
                ("exposed headers", EXPOSED, [name for rule in ours for name in rule.get("ExposeHeaders", [])]),
            ):
                lacking = [name for name in wanted if not _names(given, name)]
                if lacking:
                    faults.append(f"the {what} for {origin} lack {', '.join(lacking)}")
        return faults

    def set_cors(self, origins: Sequence[str]) -> None:
        """Let pages of these origins in, in place of all rules that were there."""
        rule: CORSRuleTypeDef = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": list(_METHODS),
            "AllowedHeaders": list(_HEADERS),
            "ExposeHeaders": list(EXPOSED),
            "MaxAgeSeconds": 3600,
        }
        self._ask(
            lambda: self._client.put_bucket_cors(Bucket=self._account.bucket, CORSConfiguration={"CORSRules": [rule]})
        )

    def lifecycle_faults(self) -> list[str]:
        """What of a broken upload would stay for ever; empty when all is well."""
        rules = [rule for rule in self._lifecycle() if rule["Status"] == "Enabled"]
        faults: list[str] = []
        if not any("AbortIncompleteMultipartUpload" in rule and not _prefix(rule) for rule in rules):
            faults.append("no rule aborts multipart uploads that nobody completed")
        if not any(rule.get("Expiration", {}).get("Days") and _prefix(rule) == f"{Keys.UPLOADS}/" for rule in rules):
            faults.append(f"no rule removes old objects under {Keys.UPLOADS}/")
        return faults

    def set_lifecycle(self) -> None:
        """Remove what broken uploads leave after two days, in place of all rules that were there."""
        rules: list[LifecycleRuleTypeDef] = [
            {
                "ID": "stemset-incomplete",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _LEFT_OVER_DAYS},
            },
            {
                "ID": "stemset-uploads",
                "Status": "Enabled",
                "Filter": {"Prefix": f"{Keys.UPLOADS}/"},
                "Expiration": {"Days": _LEFT_OVER_DAYS},
            },
        ]
        self._ask(
            lambda: self._client.put_bucket_lifecycle_configuration(
                Bucket=self._account.bucket, LifecycleConfiguration={"Rules": rules}
            )
        )

    def _ask(self, call: Callable[[], T]) -> T:
        return patiently(self._account, self._account.bucket, self._patience_s, call)

    def _cors(self) -> Sequence[CORSRuleOutputTypeDef]:
        return self._unless_unset(lambda: self._client.get_bucket_cors(Bucket=self._account.bucket)["CORSRules"])

    def _lifecycle(self) -> Sequence[LifecycleRuleOutputTypeDef]:
        return self._unless_unset(
            lambda: self._client.get_bucket_lifecycle_configuration(Bucket=self._account.bucket)["Rules"]
        )

    def _unless_unset(self, call: Callable[[], Sequence[T]]) -> Sequence[T]:
        def ask() -> Sequence[T]:
            try:
                return call()
            except ClientError as error:
                if code_of(error) in _UNSET:
                    return []
                raise

        return self._ask(ask)


def _names(given: Sequence[str], wanted: str) -> bool:
    return any(fnmatchcase(wanted.lower(), pattern.lower()) for pattern in given)


def _prefix(rule: LifecycleRuleOutputTypeDef) -> str:
    """Of both shapes that a rule's filter may have."""
    return rule.get("Prefix") or rule.get("Filter", {}).get("Prefix") or ""
