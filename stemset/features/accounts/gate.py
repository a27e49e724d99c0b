"""A gate tells who a request comes from, and the middleware turns strangers away.

There are two: one lets everybody in, the other whoever has the key. Programs send the key in a header. A browser sends
it once, and has a signed cookie from then on, which no script can read and no other site can make it send. A new key
ends all sessions, because their cookies are signed with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol
from weakref import WeakValueDictionary

from itsdangerous import BadSignature, TimestampSigner
from litestar.datastructures import URL, Address, Cookie
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp
from typing_extensions import override

from stemset.config import ApiSettings
from stemset.database.sessions import Sessions
from stemset.errors import Unauthorized
from stemset.features.accounts.key_limiter import WrongKeyLimiter

PUBLIC = "public"
"""The `opt` of a route that is outside the gate."""

COOKIE = "stemset_session"
SESSION_S = 90 * 24 * 3600

_MAX_TRUSTED = 10_000


class Connection(Protocol):
    """What a gate reads of a request."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def cookies(self) -> Mapping[str, str]: ...

    @property
    def client(self) -> Address | None: ...

    @property
    def url(self) -> URL: ...


@dataclass(frozen=True)
class Visitor:
    """Whoever sent a request. via: what let them in."""

    name: str
    via: Literal["open", "key", "session"]


class Gate(Protocol):
    """Tells who a request comes from."""

    closed: bool
    """Whether a key is needed."""

    def prepare(self) -> None:
        """Get ready to answer, when the service starts. Raises ConfigError where a setting is missing."""
        ...

    async def identify(self, connection: Connection) -> Visitor | None:
        """Tell who sent a request; None for a stranger. Raises TooManyTries for one who keeps guessing keys."""
        ...

    async def open_session(self, key: str, connection: Connection) -> Cookie:
        """Make the session cookie of a browser that sent the key. Raises Unauthorized, TooManyTries."""
        ...


class OpenGate:
    """Lets everybody in."""

    closed = False
    _ANYBODY = Visitor("anybody", "open")

    def prepare(self) -> None: ...

    async def identify(self, connection: Connection) -> Visitor | None:  # noqa: ARG002 - whoever it is
        return self._ANYBODY

    async def open_session(self, key: str, connection: Connection) -> Cookie:  # noqa: ARG002 - nobody needs one
        return expire_session(connection)


class KeyGate:
    """Lets in whoever has the key. Whoever sent too many wrong ones has to wait, even with the right one."""

    closed = True

    def __init__(self, key: Callable[[], str], limiter: WrongKeyLimiter) -> None:
        self._key = cache(key)
        self._limiter = limiter
        self._trusted: set[str] = set()
        """Senders whose last key here was right: for them the limiter, and so the database, is not asked."""
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    def prepare(self) -> None:
        self._key()

    async def identify(self, connection: Connection) -> Visitor | None:
        key = _read_key(connection)
        if key is not None:
            return Visitor("whoever has the key", "key") if await self._accepts_key(key, connection) else None
        if self._is_session(connection.cookies.get(COOKIE, "")):
            return Visitor("whoever has the key", "session")
        return None

    async def open_session(self, key: str, connection: Connection) -> Cookie:
        if not await self._accepts_key(key, connection):
            raise Unauthorized("This is not the key of this Stemset.")
        return _make_cookie(connection, self._make_signer().sign("key").decode(), SESSION_S)

    async def _accepts_key(self, key: str, connection: Connection) -> bool:
        sender = self._hash_address(connection)
        # Digests, so that neither content nor length shows in the time it takes.
        is_right = hmac.compare_digest(_hash_key(key), _hash_key(self._key()))
        # One key of a sender after the other: guesses that come at once must not outrun their count.
        async with self._locks.setdefault(sender, asyncio.Lock()):
            if is_right and sender in self._trusted:
                return True
            self._trusted.discard(sender)
            await self._limiter.check_sender(sender)
            if is_right:
                self._trust(sender)
            else:
                await self._limiter.count_wrong_key(sender)
        return is_right

    def _trust(self, sender: str) -> None:
        if len(self._trusted) >= _MAX_TRUSTED:
            self._trusted.clear()
        self._trusted.add(sender)

    def _hash_address(self, connection: Connection) -> str:
        """Make the sender's name, in hex: nobody needs to read an address in the database."""
        address = connection.client.host if connection.client else ""
        return hmac.new(self._key().encode(), address.encode(), hashlib.sha256).hexdigest()

    def _make_signer(self) -> TimestampSigner:
        return TimestampSigner(self._key(), salt="stemset.session", digest_method=hashlib.sha256)

    def _is_session(self, cookie: str) -> bool:
        try:
            return self._make_signer().unsign(cookie, max_age=SESSION_S) == b"key"
        except BadSignature:
            return False


class AccessMiddleware(AbstractAuthenticationMiddleware):
    """Asks the gate before every route that isn't public; `request.user` is the Visitor."""

    def __init__(self, app: ASGIApp, gate: Gate, *, exclude_from_auth_key: str = PUBLIC) -> None:
        super().__init__(app, exclude_from_auth_key=exclude_from_auth_key)
        self._gate = gate

    @override
    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        visitor = await self._gate.identify(connection)
        if visitor is None:
            raise Unauthorized(
                "This Stemset is closed. Send its key as `Authorization: Bearer …` or `X-API-Key: …`, or sign in on "
                "the page."
            )
        return AuthenticationResult(user=visitor, auth=visitor.via)


def build_gate(settings: ApiSettings, sessions: Sessions) -> Gate:
    """Make the gate that the settings name; it is closed unless they say otherwise."""
    return OpenGate() if settings.access == "open" else KeyGate(lambda: settings.key, WrongKeyLimiter(sessions))


def expire_session(connection: Connection) -> Cookie:
    """Make a cookie that takes the place of the browser's session cookie and expires at once."""
    return _make_cookie(connection, "", 0)


def _make_cookie(connection: Connection, value: str, max_age_s: int) -> Cookie:
    secure = connection.url.scheme == "https"
    return Cookie(key=COOKIE, value=value, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=secure)


def _read_key(connection: Connection) -> str | None:
    """Read the key from a request's headers; None where there is none."""
    kind, _, key = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return key.strip()
    return connection.headers.get("x-api-key")


def _hash_key(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
