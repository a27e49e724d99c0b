"""Who may use the service: everybody, or whoever has the key.

A gate tells who a request comes from. Two are here; one that knows people by name goes in the same place. Programs send
the key in a header. A browser sends it once, and has a signed cookie from then on, which no script can read and no
other site can make it send. Another key ends all sessions: they are signed with it.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TypeAlias

from itsdangerous import BadSignature, TimestampSigner
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from typing_extensions import override

from stemset.config import ApiSettings
from stemset.errors import TooManyTries, Unauthorized

PUBLIC = "public"
"""The `opt` of a route that is outside the gate."""

COOKIE = "stemset_session"
SESSION_S = 90 * 24 * 3600

_TRIES = 10
_TRIES_WITHIN_S = 60.0
_REMEMBERED = 10_000

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True)
class Visitor:
    """Who sent a request. via: what let them in."""

    name: str
    via: Literal["open", "key", "session"]


class Gate(Protocol):
    """Tells who a request comes from."""

    closed: bool
    """Whether there is anybody it doesn't let in."""

    def prepare(self) -> None:
        """Call it when the service starts. Raises ConfigError where what it needs isn't set."""
        ...

    def visitor(self, connection: Connection) -> Visitor | None:
        """None for a stranger. Raises TooManyTries for one who keeps guessing."""
        ...

    def session(self, key: str, connection: Connection) -> Cookie:
        """A session for whoever has the key. Raises Unauthorized, TooManyTries."""
        ...


class OpenGate:
    """Lets everybody in."""

    closed = False
    _ANYBODY = Visitor("anybody", "open")

    def prepare(self) -> None: ...

    def visitor(self, connection: Connection) -> Visitor | None:  # noqa: ARG002 - whoever it is
        return self._ANYBODY

    def session(self, key: str, connection: Connection) -> Cookie:  # noqa: ARG002 - nobody needs one
        return ended_session(connection)


class KeyGate:
    """Lets in whoever has the key."""

    closed = True

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = cache(key)
        self._guesses = Guesses()

    def prepare(self) -> None:
        self._key()

    def visitor(self, connection: Connection) -> Visitor | None:
        key = _key_of(connection)
        if key is not None:
            return Visitor("whoever has the key", "key") if self._fits(key, connection) else None
        if self._is_session(connection.cookies.get(COOKIE, "")):
            return Visitor("whoever has the key", "session")
        return None

    def session(self, key: str, connection: Connection) -> Cookie:
        if not self._fits(key, connection):
            raise Unauthorized("This is not the key of this Stemset.")
        return _cookie(connection, self._signer().sign("key").decode(), SESSION_S)

    def _fits(self, key: str, connection: Connection) -> bool:
        address = connection.client.host if connection.client else ""
        self._guesses.check(address)
        # Digests, so that neither content nor length shows in the time it takes.
        fits = hmac.compare_digest(_digest(key), _digest(self._key()))
        if not fits:
            self._guesses.note(address)
        return fits

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(self._key(), salt="stemset.session", digest_method=hashlib.sha256)

    def _is_session(self, cookie: str) -> bool:
        try:
            return self._signer().unsign(cookie, max_age=SESSION_S) == b"key"
        except BadSignature:
            return False


class Guesses:
    """Wrong keys by address. Within this process only: it spares us work, a key can't be guessed anyway."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises TooManyTries where the last minute has seen too many from there."""
        recent = self._recent(address)
        if len(recent) >= _TRIES:
            raise TooManyTries(recent[0] + _TRIES_WITHIN_S - time.monotonic())

    def note(self, address: str) -> None:
        """One more wrong key from there."""
        self._wrong[address] = [*self._recent(address), time.monotonic()]
        self._wrong.move_to_end(address)
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)

    def _recent(self, address: str) -> list[float]:
        since = time.monotonic() - _TRIES_WITHIN_S
        return [at for at in self._wrong.get(address, ()) if at > since]


class AccessMiddleware(AbstractAuthenticationMiddleware):
    """Asks the gate before every route that isn't public; `request.user` is the Visitor."""

    @override
    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        gate: Gate = connection.app.state.context.gate
        visitor = gate.visitor(connection)
        if visitor is None:
            raise Unauthorized(
                "This Stemset is closed. Send its key as `Authorization: Bearer …` or `X-API-Key: …`, or sign in on "
                "the page."
            )
        return AuthenticationResult(user=visitor, auth=visitor.via)


def gate_of(settings: ApiSettings) -> Gate:
    """The gate that the settings name; closed unless they say otherwise."""
    return OpenGate() if settings.access == "open" else KeyGate(lambda: settings.key)


def ended_session(connection: Connection) -> Cookie:
    """Makes a browser forget its session."""
    return _cookie(connection, "", 0)


def _cookie(connection: Connection, value: str, max_age_s: int) -> Cookie:
    secure = connection.url.scheme == "https"
    return Cookie(key=COOKIE, value=value, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=secure)


def _key_of(connection: Connection) -> str | None:
    """The key in a request's headers; None where there is none."""
    kind, _, key = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return key.strip()
    return connection.headers.get("x-api-key")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
