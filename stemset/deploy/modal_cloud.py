"""The requests of the checks to Modal, through its client."""

# What is generic in Modal's types stays open where a name is looked up.
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager

import modal
from modal import exception

from stemset.config.modal import ModalSettings
from stemset.errors import Unavailable


class ModalCloud:
    """The workspace of the operator's token: a `Cloud` of deploy.checks."""

    def __init__(self, knobs: ModalSettings) -> None:
        self._knobs = knobs
        self._unreachable: Unavailable | None = None
        """Raised for every request after one without an answer: Modal's client tries each for a minute."""

    def find_secret_fault(self, name: str, keys: Collection[str]) -> str | None:
        with self._translate_errors():
            try:
                modal.Secret.from_name(name, required_keys=list(keys)).hydrate()
            except exception.NotFoundError:
                return "is not on Modal"
            except exception.InvalidError as error:
                return f"is not complete: {error}"
        return None

    def set_secret(self, name: str, values: Mapping[str, str]) -> None:
        with self._translate_errors():
            modal.Secret.objects.create(name, dict(values), allow_existing=True)
            modal.Secret.from_name(name).update(dict(values))

    def get_web_url(self) -> str | None:
        with self._translate_errors():
            try:
                return modal.Function.from_name(self._knobs.app, "api").get_web_url()
            except exception.NotFoundError:
                return None

    def list_weight_files(self) -> frozenset[str]:
        with self._translate_errors():
            try:
                return frozenset(
                    entry.path for entry in modal.Volume.from_name(self._knobs.weights_volume).listdir("/")
                )
            except exception.NotFoundError:
                return frozenset()

    @contextmanager
    def _translate_errors(self) -> Generator[None]:
        """Raise Unavailable in place of an error of Modal's client."""
        if self._unreachable:
            raise self._unreachable
        try:
            yield
        except (exception.AuthError, exception.PermissionDeniedError) as error:
            raise Unavailable(f"refuses the token: {error}") from error
        except (exception.Error, OSError) as error:
            self._unreachable = Unavailable(f"does not answer: {error}")
            raise self._unreachable from error
