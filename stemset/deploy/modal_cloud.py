"""What the checks ask of Modal, asked."""

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
    """The workspace that the operator's token leads to."""

    def __init__(self, knobs: ModalSettings) -> None:
        self._knobs = knobs
        self._silent: Unavailable | None = None
        """That it does not answer: Modal's client tries for a minute, which is not done for every question."""

    def secret_fault(self, name: str, keys: Collection[str]) -> str | None:
        with self._reaching():
            try:
                modal.Secret.from_name(name, required_keys=list(keys)).hydrate()
            except exception.NotFoundError:
                return "is not on Modal"
            except exception.InvalidError as error:
                return f"is not complete: {error}"
        return None

    def set_secret(self, name: str, values: Mapping[str, str]) -> None:
        with self._reaching():
            modal.Secret.objects.create(name, dict(values), allow_existing=True)
            modal.Secret.from_name(name).update(dict(values))

    def web_url(self) -> str | None:
        with self._reaching():
            try:
                return modal.Function.from_name(self._knobs.app, "api").get_web_url()
            except exception.NotFoundError:
                return None

    def weight_files(self) -> frozenset[str]:
        with self._reaching():
            try:
                return frozenset(
                    entry.path for entry in modal.Volume.from_name(self._knobs.weights_volume).listdir("/")
                )
            except exception.NotFoundError:
                return frozenset()

    @contextmanager
    def _reaching(self) -> Generator[None]:
        if self._silent:
            raise self._silent
        try:
            yield
        except (exception.AuthError, exception.PermissionDeniedError) as error:
            raise Unavailable(f"refuses the token: {error}") from error
        except (exception.Error, OSError) as error:
            self._silent = Unavailable(f"does not answer: {error}")
            raise self._silent from error
