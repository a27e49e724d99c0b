"""The CORS and lifecycle rules of a bucket: which pages may use it, and what it removes by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from stemset.storage.keys import Keys
from stemset.storage.r2_client import call_with_retries, error_code, make_client
from stemset.storage.settings import R2Account

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import (
        CORSRuleOutputTypeDef,
        CORSRuleTypeDef,
        LifecycleRuleOutputTypeDef,
        LifecycleRuleTypeDef,
    )

T = TypeVar("T")

EXPOSED_HEADERS = ("Content-Range", "Content-Length", "Accept-Ranges", "ETag")
"""The response headers that the player reads."""

_METHODS = ("GET", "HEAD", "PUT")
_HEADERS = ("Content-Type", "Range", "If-Range", "If-None-Match")
_UNSET_CODES = frozenset({"NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration"})
_LEFT_OVER_DAYS = 2
"""Uploads live for one day; what is older belongs to nobody."""


class Bucket:
    """Reads and sets a bucket's rules. Raises Unavailable when the bucket can't be reached, or refuses our key."""

    def __init__(self, account: R2Account, *, patience_s: float = 5.0) -> None:
        self._account = account
        self._client = make_client(account)
        self._patience_s = patience_s

    def check_access(self) -> None:
        """Try whether the key may list, write, read and delete. Raises Unavailable, which names what is refused."""
        name, key = self._account.bucket, f"{Keys.UPLOADS}/check"

        def use_every_permission() -> None:
            self._client.list_objects_v2(Bucket=name, MaxKeys=1)
            self._client.put_object(Bucket=name, Key=key, Body=b"Stemset was here.")
            self._client.head_object(Bucket=name, Key=key)
            self._client.delete_object(Bucket=name, Key=key)

        call_with_retries(self._account, key, self._patience_s, use_every_permission)

    def cors_faults(self, origins: Sequence[str]) -> list[str]:
        """List what the bucket would refuse a page of these origins (`https://stemset.example`); empty: nothing."""
        rules = self._read_cors_rules()
        faults: list[str] = []
        for origin in origins:
            ours = [rule for rule in rules if _matches_any(rule["AllowedOrigins"], origin)]
            if not ours:
                faults.append(f"no rule lets pages of {origin} in")
                continue
            for what, wanted, given in (
                ("methods", _METHODS, [method for rule in ours for method in rule["AllowedMethods"]]),
                ("headers", _HEADERS, [name for rule in ours for name in rule.get("AllowedHeaders", [])]),
                ("exposed headers", EXPOSED_HEADERS, [name for rule in ours for name in rule.get("ExposeHeaders", [])]),
            ):
                lacking = [name for name in wanted if not _matches_any(given, name)]
                if lacking:
                    faults.append(f"the {what} for {origin} lack {', '.join(lacking)}")
        return faults

    def set_cors(self, origins: Sequence[str]) -> None:
        """Let pages of these origins use the bucket; replaces all CORS rules."""
        rule: CORSRuleTypeDef = {
            "AllowedOrigins": list(origins),
            "AllowedMethods": list(_METHODS),
            "AllowedHeaders": list(_HEADERS),
            "ExposeHeaders": list(EXPOSED_HEADERS),
            "MaxAgeSeconds": 3600,
        }
        self._call(
            lambda: self._client.put_bucket_cors(Bucket=self._account.bucket, CORSConfiguration={"CORSRules": [rule]})
        )

    def lifecycle_faults(self) -> list[str]:
        """List which remains of broken uploads the bucket would keep for ever; empty: none."""
        rules = [rule for rule in self._read_lifecycle_rules() if rule["Status"] == "Enabled"]
        faults: list[str] = []
        if not any("AbortIncompleteMultipartUpload" in rule and not _rule_prefix(rule) for rule in rules):
            faults.append("no rule aborts multipart uploads that nobody completed")
        if not any(
            rule.get("Expiration", {}).get("Days") and _rule_prefix(rule) == f"{Keys.UPLOADS}/" for rule in rules
        ):
            faults.append(f"no rule removes old objects under {Keys.UPLOADS}/")
        return faults

    def set_lifecycle(self) -> None:
        """Let the bucket remove the remains of broken uploads after two days; replaces all lifecycle rules."""
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
        self._call(
            lambda: self._client.put_bucket_lifecycle_configuration(
                Bucket=self._account.bucket, LifecycleConfiguration={"Rules": rules}
            )
        )

    def _call(self, call: Callable[[], T]) -> T:
        return call_with_retries(self._account, self._account.bucket, self._patience_s, call)

    def _read_cors_rules(self) -> Sequence[CORSRuleOutputTypeDef]:
        return self._rules_if_set(lambda: self._client.get_bucket_cors(Bucket=self._account.bucket)["CORSRules"])

    def _read_lifecycle_rules(self) -> Sequence[LifecycleRuleOutputTypeDef]:
        return self._rules_if_set(
            lambda: self._client.get_bucket_lifecycle_configuration(Bucket=self._account.bucket)["Rules"]
        )

    def _rules_if_set(self, call: Callable[[], Sequence[T]]) -> Sequence[T]:
        def ask() -> Sequence[T]:
            try:
                return call()
            except ClientError as error:
                if error_code(error) in _UNSET_CODES:
                    return []
                raise

        return self._call(ask)


def _matches_any(given: Sequence[str], wanted: str) -> bool:
    return any(fnmatchcase(wanted.lower(), pattern.lower()) for pattern in given)


def _rule_prefix(rule: LifecycleRuleOutputTypeDef) -> str:
    """Return the prefix that a rule is limited to, in either of S3's two notations; empty: the whole bucket."""
    return rule.get("Prefix") or rule.get("Filter", {}).get("Prefix") or ""
