"""What a deployment lacks, and the command that mends it.

The values that containers get from Modal's Secrets can't be read back, so the operator's copy of them is looked at: the
environment, or a file of it. Whether the Secrets themselves exist, with all their keys, Modal tells.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from stemset.config import Config
from stemset.config.modal import DOWNLOAD_COMMAND, ModalSettings
from stemset.config.settings import new_signing_secret
from stemset.database.engine import database_revision, upgrade_database
from stemset.deploy.weights import models_with_weights
from stemset.errors import ConfigError, StemsetError, Unavailable
from stemset.models import registry
from stemset.storage.bucket_rules import Bucket
from stemset.storage.settings import R2Account, R2Settings

FIX = "stemset deploy check --fix"
DEPLOY = "modal deploy modal_app.py"
_MADE: Mapping[str, Callable[[], str]] = {
    "STEMSET_ACCESS_KEY": lambda: secrets.token_urlsafe(24),
    "STEMSET_CALLBACK_SECRET": new_signing_secret,
}


@dataclass(frozen=True)
class Finding:
    """problem: what is wrong; None: nothing. command: mends it, or the words that say how."""

    subject: str
    problem: str | None = None
    command: str | None = None


class Cloud(Protocol):
    """What is asked of Modal. Raises Unavailable where it does not answer, or refuses our token."""

    def secret_fault(self, name: str, keys: Collection[str]) -> str | None:
        """What is wrong with a Secret: absent, or which keys it lacks."""
        ...

    def set_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Make it, or set these keys of it."""
        ...

    def web_url(self) -> str | None:
        """Where the deployed service is; None before the first deployment."""
        ...

    def weight_files(self) -> frozenset[str]:
        """Names of the files on the Volume of weights; none before the Volume is there."""
        ...


class Checks:
    """One run. values: the operator's copy of what the Secrets hold. env_file: what is made here is added to it."""

    def __init__(
        self,
        knobs: ModalSettings,
        config: Config,
        cloud: Cloud,
        values: Mapping[str, str],
        env_file: Path,
        *,
        fix: bool,
    ) -> None:
        self._knobs = knobs
        self._config = config
        self._cloud = cloud
        self._values = dict(values)
        self._env_file = env_file
        self._fix = fix

    def run(self) -> list[Finding]:
        """Everything that was looked at, in the order in which it is mended."""
        parts = (self._keys, self._database, self._modal_secrets, self._service, self._bucket, self._weights)
        return [finding for part in parts for finding in part()]

    def _keys(self) -> list[Finding]:
        found: list[Finding] = []
        for names in self._knobs.secrets.values():
            for name in names:
                if not self._values.get(name) and self._fix and name in _MADE:
                    self._make(name)
                found.append(self._key(name))
        return found

    def _key(self, name: str) -> Finding:
        value = self._values.get(name, "")
        if not value:
            how = FIX if name in _MADE else f"add {name}=… to {self._env_file}"
            return Finding(name, "is not set", how)
        if name == "STEMSET_ACCESS_KEY" and len(value) < 16:
            return Finding(name, "is shorter than 16 characters: it can be guessed", f"remove it and run `{FIX}`")
        if name == "STEMSET_CALLBACK_SECRET" and not value.startswith("whsec_"):
            return Finding(name, "is no signing key (whsec_…)", f"remove it and run `{FIX}`")
        return Finding(name)

    def _make(self, name: str) -> None:
        self._values[name] = _MADE[name]()
        descriptor = os.open(self._env_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{name}={self._values[name]}\n")

    def _database(self) -> list[Finding]:
        url = self._values.get("DATABASE_URL")
        if not url:
            return []
        subject = "database"
        try:
            if make_url(url).get_backend_name() not in ("postgresql", "postgres"):
                return [Finding(subject, "is no PostgreSQL: containers are ephemeral, and a file in one is lost", "…")]
            if self._fix:
                upgrade_database(url)
            now, newest = database_revision(url)
        except ArgumentError:
            return [Finding(subject, "DATABASE_URL is no URL", "postgresql://user:password@host/name")]
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            return [
                Finding(subject, f"can't be reached: {str(reason).strip()}", "check DATABASE_URL, and its firewall")
            ]
        if now != newest:
            return [Finding(subject, f"is at migration {now or 'none'}, the newest is {newest}", FIX)]
        return [Finding(subject)]

    def _modal_secrets(self) -> list[Finding]:
        found: list[Finding] = []
        for name, needed in self._knobs.secrets.items():
            keys = (*needed, *(key for key in self._knobs.optional.get(name, ()) if self._values.get(key)))
            values = {key: self._values[key] for key in keys if self._values.get(key)}
            try:
                fault = self._cloud.secret_fault(name, keys)
                if fault and self._fix and len(values) == len(keys):
                    self._cloud.set_secret(name, values)
                    fault = self._cloud.secret_fault(name, keys)
            except Unavailable as error:
                # Told once: what else can't be known without Modal is left out.
                return [Finding("Modal", str(error), "modal setup")]
            pairs = " ".join(f'{key}="${key}"' for key in keys)
            found.append(Finding(f"secret {name}", fault, f"{FIX}, or modal secret create {name} {pairs}"))
        return found

    def _service(self) -> list[Finding]:
        try:
            url = self._address()
        except Unavailable:
            return []
        if url is None:
            return [Finding("service", "is not deployed yet", DEPLOY)]
        try:
            answer = httpx.get(f"{url}/api/health", timeout=60)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            return [
                Finding("service", f"{url} does not answer: {error}", f"{DEPLOY}; modal app logs {self._knobs.app}")
            ]
        silent = [part for part in ("database", "storage") if not told.get(part)]
        if silent:
            return [Finding("service", f"{url} has no {' and no '.join(silent)}", f"modal app logs {self._knobs.app}")]
        return [Finding("service"), *self._callback(url)]

    def _callback(self, url: str) -> list[Finding]:
        callback = self._knobs.callback_url
        if callback is None or callback.rstrip("/") == url:
            return [Finding("callback address")]
        if not callback.startswith("https://"):
            return [
                Finding("callback address", f"{callback} is not https", "set STEMSET_CALLBACK_URL anew, and deploy")
            ]
        return [Finding("callback address")]

    def _bucket(self) -> list[Finding]:
        try:
            account = _account(self._values)
        except ConfigError:
            return []
        bucket = Bucket(account)
        try:
            bucket.check()
        except StemsetError as error:
            return [Finding("bucket", str(error), "check the R2_… values, and what the API token may do")]
        return [Finding("bucket"), *self._cors(bucket), *self._lifecycle(bucket)]

    def _cors(self, bucket: Bucket) -> list[Finding]:
        try:
            url = self._address()
        except Unavailable:
            return []
        if url is None:
            return [
                Finding("bucket's CORS", "the page's address is not known before it is deployed", f"{DEPLOY}; {FIX}")
            ]
        try:
            if self._fix and bucket.cors_faults([url]):
                bucket.set_cors([url])
            faults = bucket.cors_faults([url])
        except Unavailable as error:
            return [_by_hand("CORS", error)]
        return [Finding("bucket's CORS", "; ".join(faults) or None, FIX)]

    def _lifecycle(self, bucket: Bucket) -> list[Finding]:
        try:
            if self._fix and bucket.lifecycle_faults():
                bucket.set_lifecycle()
            faults = bucket.lifecycle_faults()
        except Unavailable as error:
            return [_by_hand("lifecycle", error)]
        return [Finding("bucket's lifecycle", "; ".join(faults) or None, FIX)]

    def _weights(self) -> list[Finding]:
        try:
            there = self._cloud.weight_files()
        except Unavailable:
            return []
        lacking = [
            model for model in models_with_weights(self._config) if not there.issuperset(registry.card(model).weights)
        ]
        problem = f"the Volume lacks those of {', '.join(lacking)}" if lacking else None
        return [Finding("weights", problem, DOWNLOAD_COMMAND)]

    def _address(self) -> str | None:
        """Of the service. Raises Unavailable."""
        url = self._cloud.web_url()
        return url.rstrip("/") if url else None


def well(findings: Sequence[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.problem is None for finding in findings)


def _by_hand(what: str, error: Unavailable) -> Finding:
    return Finding(
        f"bucket's {what}", f"can't be read or set with this key: {error}", "docs/storage.md says what to set by hand"
    )


def _account(values: Mapping[str, str]) -> R2Account:
    try:
        settings = R2Settings.model_validate(
            {
                "bucket": values.get("R2_BUCKET"), "endpoint_url": values.get("R2_ENDPOINT_URL"),
                "access_key_id": values.get("R2_ACCESS_KEY_ID"),
                "secret_access_key": values.get("R2_SECRET_ACCESS_KEY"), "region": values.get("R2_REGION", "auto"),
            }
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"R2_{str(first['loc'][0]).upper()}", first["msg"]) from None
    return settings.account()
