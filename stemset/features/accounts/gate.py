"""Who may use the service: everybody, or whoever has the key.

A gate tells who a request comes from. Two are here; one that knows people by name goes in the same place. Programs send
the key in a header. A browser sends it once, and has a signed cookie from then on, which no script can read and no
other site can make it send. Another key ends all sessions: they are signed with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Protocol, TypeAlias

from itsdangerous import BadSignature, TimestampSigner
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp
from typing_extensions import override

from stemset.config import ApiSettings
from stemset.database.sessions import Sessions
from stemset.errors import Unauthorized
from stemset.features.accounts.key_limiter import Guesses

PUBLIC = "public"
"""The `opt` of a route that is outside the gate."""

COOKIE = "stemset_session"
SESSION_S = 90 * 24 * 3600

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

    async def visitor(self, connection: Connection) -> Visitor | None:
        """None for a stranger. Raises TooManyTries for one who keeps guessing."""
        ...

    async def session(self, key: str, connection: Connection) -> Cookie:
        """A session for whoever has the key. Raises Unauthorized, TooManyTries."""
        ...


class OpenGate:
    """Lets everybody in."""

    closed = False
    _ANYBODY = Visitor("anybody", "open")

    def prepare(self) -> None: ...

    async def visitor(self, connection: Connection) -> Visitor | None:  # noqa: ARG002 - whoever it is
        return self._ANYBODY

    async def session(self, key: str, connection: Connection) -> Cookie:  # noqa: ARG002 - nobody needs one
        return ended_session(connection)


class KeyGate:
    """Lets in whoever has the key. Who keeps guessing has to wait, also with the right one."""

    closed = True

    def __init__(self, key: Callable[[], str], guesses: Guesses) -> None:
        self._key = cache(key)
        self._guesses = guesses
        self._trusted: set[str] = set()
        """Senders whose last key here was right: nobody is asked how often they guessed."""

    def prepare(self) -> None:
        self._key()

    async def visitor(self, connection: Connection) -> Visitor | None:
        key = _key_of(connection)
        if key is not None:
            return Visitor("whoever has the key", "key") if await self._fits(key, connection) else None
        if self._is_session(connection.cookies.get(COOKIE, "")):
            return Visitor("whoever has the key", "session")
        return None

    async def session(self, key: str, connection: Connection) -> Cookie:
        if not await self._fits(key, connection):
            raise Unauthorized("This is not the key of this Stemset.")
        return _cookie(connection, self._signer().sign("key").decode(), SESSION_S)

    async def _fits(self, key: str, connection: Connection) -> bool:
        sender = self._sender(connection)
        # Digests, so that neither content nor length shows in the time it takes.
        fits = hmac.compare_digest(_digest(key), _digest(self._key()))
        if fits and sender in self._trusted:
            return True
        self._trusted.discard(sender)
        await self._guesses.check(sender)
        if fits:
            if len(self._trusted) >= _REMEMBERED:
                self._trusted.clear()
            self._trusted.add(sender)
        else:
            await self._guesses.note(sender)
        return fits

    def _sender(self, connection: Connection) -> str:
        """Stands for an address, which nobody needs to read in the database."""
        address = connection.client.host if connection.client else ""
        return hmac.new(self._key().encode(), address.encode(), hashlib.sha256).hexdigest()

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(self._key(), salt="stemset.session", digest_method=hashlib.sha256)

    def _is_session(self, cookie: str) -> bool:
        try:
            return self._signer().unsign(cookie, max_age=SESSION_S) == b"key"
        except BadSignature:
            return False


class AccessMiddleware(AbstractAuthenticationMiddleware):
    """Asks the gate before every route that isn't public; `request.user` is the Visitor."""

    def __init__(self, app: ASGIApp, gate: Gate, *, exclude_from_auth_key: str = PUBLIC) -> None:
        super().__init__(app, exclude_from_auth_key=exclude_from_auth_key)
        self._gate = gate

    @override
    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        visitor = await self._gate.visitor(connection)
        if visitor is None:
            raise Unauthorized(
                "This Stemset is closed. Send its key as `Authorization: Bearer …` or `X-API-Key: …`, or sign in on "
                "the page."
            )
        return AuthenticationResult(user=visitor, auth=visitor.via)


def build_gate(settings: ApiSettings, sessions: Sessions) -> Gate:
    """The gate that the settings name; closed unless they say otherwise."""
    return OpenGate() if settings.access == "open" else KeyGate(lambda: settings.key, Guesses(sessions))


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
