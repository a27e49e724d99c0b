"""The checks of a deployment: each finds what is wrong, and the command that mends it.

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
from stemset.config.settings import generate_signing_secret
from stemset.database.engine import database_revision, upgrade_database
from stemset.deploy.weights import models_with_weights
from stemset.errors import ConfigError, StemsetError, Unavailable
from stemset.models import registry
from stemset.storage.bucket_rules import Bucket
from stemset.storage.settings import R2Account, R2Settings

FIX = "stemset deploy check --fix"
DEPLOY = "modal deploy modal_app.py"
_GENERATORS: Mapping[str, Callable[[], str]] = {
    "STEMSET_ACCESS_KEY": lambda: secrets.token_urlsafe(24),
    "STEMSET_CALLBACK_SECRET": generate_signing_secret,
}


@dataclass(frozen=True)
class Finding:
    """The result of one check. problem: what is wrong; None: nothing. command: mends it, or says how to."""

    subject: str
    problem: str | None = None
    command: str | None = None


class Cloud(Protocol):
    """The requests of the checks to Modal. Each raises Unavailable where Modal doesn't answer, or refuses our token."""

    def find_secret_fault(self, name: str, keys: Collection[str]) -> str | None:
        """Return what is wrong with a Secret: that it is absent, or which keys it lacks; None: nothing."""
        ...

    def set_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Create a Secret, or set these keys of it."""
        ...

    def get_web_url(self) -> str | None:
        """Return the URL of the deployed service; None before the first deployment."""
        ...

    def list_weight_files(self) -> frozenset[str]:
        """List the names of the files on the Volume of weights; none before there is a Volume."""
        ...


class Checks:
    """Checks a deployment once.

    values: the operator's copy of what the Secrets hold. env_file: keys that are generated are added to it. fix: mend
    what can be mended from here.
    """

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
        """Run every check. Returns the findings in the order in which an operator mends them."""
        parts = (
            self._check_keys,
            self._check_database,
            self._check_secrets,
            self._check_service,
            self._check_bucket,
            self._check_weights,
        )
        return [finding for part in parts for finding in part()]

    def _check_keys(self) -> list[Finding]:
        found: list[Finding] = []
        for names in self._knobs.required_secret_keys.values():
            for name in names:
                if not self._values.get(name) and self._fix and name in _GENERATORS:
                    self._generate_key(name)
                found.append(self._check_key(name))
        return found

    def _check_key(self, name: str) -> Finding:
        value = self._values.get(name, "")
        if not value:
            how = FIX if name in _GENERATORS else f"add {name}=… to {self._env_file}"
            return Finding(name, "is not set", how)
        if name == "STEMSET_ACCESS_KEY" and len(value) < 16:
            return Finding(name, "is shorter than 16 characters: it can be guessed", f"remove it and run `{FIX}`")
        if name == "STEMSET_CALLBACK_SECRET" and not value.startswith("whsec_"):
            return Finding(name, "is no signing key (whsec_…)", f"remove it and run `{FIX}`")
        return Finding(name)

    def _generate_key(self, name: str) -> None:
        self._values[name] = _GENERATORS[name]()
        descriptor = os.open(self._env_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{name}={self._values[name]}\n")

    def _check_database(self) -> list[Finding]:
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

    def _check_secrets(self) -> list[Finding]:
        found: list[Finding] = []
        for name, needed in self._knobs.required_secret_keys.items():
            keys = (*needed, *(key for key in self._knobs.optional_secret_keys.get(name, ()) if self._values.get(key)))
            values = {key: self._values[key] for key in keys if self._values.get(key)}
            try:
                fault = self._cloud.find_secret_fault(name, keys)
                if fault and self._fix and len(values) == len(keys):
                    self._cloud.set_secret(name, values)
                    fault = self._cloud.find_secret_fault(name, keys)
            except Unavailable as error:
                # Reported once; the checks that need Modal as well are left out.
                return [Finding("Modal", str(error), "modal setup")]
            pairs = " ".join(f'{key}="${key}"' for key in keys)
            found.append(Finding(f"secret {name}", fault, f"{FIX}, or modal secret create {name} {pairs}"))
        return found

    def _check_service(self) -> list[Finding]:
        try:
            url = self._service_url()
        except Unavailable:
            return []
        if url is None:
            return [Finding("service", "is not deployed yet", DEPLOY)]
        try:
            response = httpx.get(f"{url}/api/health", timeout=60)
            health = response.json()
        except (httpx.HTTPError, ValueError) as error:
            return [
                Finding("service", f"{url} does not answer: {error}", f"{DEPLOY}; modal app logs {self._knobs.app}")
            ]
        silent = [part for part in ("database", "storage") if not health.get(part)]
        if silent:
            return [Finding("service", f"{url} has no {' and no '.join(silent)}", f"modal app logs {self._knobs.app}")]
        return [Finding("service"), *self._check_callback(url)]

    def _check_callback(self, url: str) -> list[Finding]:
        callback = self._knobs.callback_url
        if callback is None or callback.rstrip("/") == url:
            return [Finding("callback address")]
        if not callback.startswith("https://"):
            return [
                Finding("callback address", f"{callback} is not https", "set STEMSET_CALLBACK_URL anew, and deploy")
            ]
        return [Finding("callback address")]

    def _check_bucket(self) -> list[Finding]:
        try:
            account = _parse_r2_account(self._values)
        except ConfigError:
            return []
        bucket = Bucket(account)
        try:
            bucket.check_access()
        except StemsetError as error:
            return [Finding("bucket", str(error), "check the R2_… values, and what the API token may do")]
        return [Finding("bucket"), *self._check_cors(bucket), *self._check_lifecycle(bucket)]

    def _check_cors(self, bucket: Bucket) -> list[Finding]:
        try:
            url = self._service_url()
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
            return [_report_unsettable("CORS", error)]
        return [Finding("bucket's CORS", "; ".join(faults) or None, FIX)]

    def _check_lifecycle(self, bucket: Bucket) -> list[Finding]:
        try:
            if self._fix and bucket.lifecycle_faults():
                bucket.set_lifecycle()
            faults = bucket.lifecycle_faults()
        except Unavailable as error:
            return [_report_unsettable("lifecycle", error)]
        return [Finding("bucket's lifecycle", "; ".join(faults) or None, FIX)]

    def _check_weights(self) -> list[Finding]:
        try:
            there = self._cloud.list_weight_files()
        except Unavailable:
            return []
        lacking = [
            model for model in models_with_weights(self._config) if not there.issuperset(registry.card(model).weights)
        ]
        problem = f"the Volume lacks those of {', '.join(lacking)}" if lacking else None
        return [Finding("weights", problem, DOWNLOAD_COMMAND)]

    def _service_url(self) -> str | None:
        """Return the URL of the deployed service without a slash at the end. Raises Unavailable."""
        url = self._cloud.get_web_url()
        return url.rstrip("/") if url else None


def all_passed(findings: Sequence[Finding]) -> bool:
    """Tell whether no check found a problem."""
    return all(finding.problem is None for finding in findings)


def _report_unsettable(what: str, error: Unavailable) -> Finding:
    return Finding(
        f"bucket's {what}", f"can't be read or set with this key: {error}", "docs/storage.md says what to set by hand"
    )


def _parse_r2_account(values: Mapping[str, str]) -> R2Account:
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
