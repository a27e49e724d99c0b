"""A closed service lets in whoever has its key, and nobody else."""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest
from litestar.datastructures import URL, Address
from litestar.routes import HTTPRoute
from sqlalchemy import event

from stemset.config import ApiSettings
from stemset.errors import ConfigError, TooManyTries, Unauthorized
from stemset.features.accounts.gate import COOKIE, PUBLIC, SESSION_S, KeyGate, OpenGate, expire_session
from stemset.features.accounts.key_limiter import MAX_WRONG_KEYS, WrongKeyLimiter
from stemset.features.jobs.messages import Started
from stemset.server.app import create_app
from stemset.server.openapi import build_document, list_operations, read_object, read_text
from stemset.server.services import build_services
from stemset.testing import InMemoryDispatcher
from tests.support.api import Service, wav
from tests.support.queue import Queue

KEY = "correct-horse-battery-staple"


@pytest.fixture
def settings(settings: ApiSettings) -> ApiSettings:
    return settings.model_copy(update={"access": "closed", "access_key": KEY})


@dataclass(frozen=True)
class Request:
    """What a gate reads of a request. key: in its header; None: it has none."""

    key: str | None = None
    client: Address | None = None
    cookies: dict[str, str] = field(default_factory=dict[str, str])
    url: URL = field(default_factory=lambda: URL("http://test/"))

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.key is None else {"x-api-key": self.key}


async def sign_in(service: Service, key: str = KEY) -> httpx.Response:
    return await service.client.post("/api/session", json={"key": key})


async def test_every_route_but_health_and_callback_and_signing_in_wants_the_key(service: Service):
    app = create_app(service.services.settings)
    public = {
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute) and any(handler.opt.get(PUBLIC) for handler in route.route_handlers)
    }
    assert public == {
        "/", "/{path}", "/api/health", "/api/session", "/api/jobs/{job_id}/callback",
        "/api/shares/{token}", "/api/shares/{token}/stems/{file}", "/api/shares/{token}/peaks/{file}",
    }  # fmt: skip
    for path, method, _ in list_operations(build_document()):
        if path in public:
            continue
        address = re.sub(r"\{\w+_id\}", str(uuid4()), path).replace("{number}", "1").replace("{", "").replace("}", "")
        answer = await service.client.request(method, address)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["type"] == "/problems/unauthorized"
    for address in ("/api/openapi.json", "/docs"):
        assert (await service.get(address)).status_code == 401


async def test_a_link_opens_its_own_recording_to_strangers_and_no_other_door(service: Service):
    job = await service.playable_job(b"0123456789")
    with_key = {"X-API-Key": KEY}
    shares = f"/api/recordings/{job['recordingId']}/shares"
    token = (await service.client.post(shares, json={"mix": {}}, headers=with_key)).json()["token"]
    opened = await service.get(f"/api/shares/{token}")
    assert opened.status_code == 200
    stem = opened.json()["player"]["stems"][0]
    assert (await service.get(stem["url"])).content == b"0123456789"
    assert (await service.get(f"/api/jobs/{job['id']}/stems/drums.flac")).status_code == 401
    assert (await service.get(shares)).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY} "}, {"X-API-Key": KEY}]
)
async def test_a_program_sends_the_key_in_a_header(service: Service, headers: dict[str, str]):
    assert (await service.client.get("/api/recordings", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": f"Bearer {KEY}x"}, {"X-API-Key": ""}, {"Authorization": "Bearer"}, {"X-API-Key": "schlüssel"}],
)
async def test_a_wrong_key_is_no_key(service: Service, headers: dict[str, str]):
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert (await service.client.get("/api/recordings", headers=encoded)).status_code == 401


async def test_a_stranger_uploads_nothing(service: Service):
    answer = await service.client.post("/api/recordings", files={"file": ("song.wav", wav())})
    assert answer.status_code == 401
    assert (await service.client.post("/api/jobs", json={"recordingId": str(uuid4())})).status_code == 401


async def test_a_browser_signs_in_once_and_out_again(service: Service):
    assert (await service.get("/api/session")).json() == {"closed": True, "signedIn": False}
    answer = await sign_in(service)
    assert answer.json() == {"closed": True, "signedIn": True}
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SESSION_S}"):
        assert part in cookie
    assert KEY not in cookie
    assert "Secure" not in cookie  # over plain HTTP no browser would send it back
    assert (await service.get("/api/recordings")).status_code == 200
    assert (await service.get("/api/session")).json() == {"closed": True, "signedIn": True}
    assert (await service.client.delete("/api/session")).status_code == 204
    assert (await service.get("/api/recordings")).status_code == 401


async def test_over_https_the_cookie_stays_there(service: Service):
    answer = await service.client.post("https://test/api/session", json={"key": KEY})
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_forged_or_changed_session_is_none(service: Service):
    await sign_in(service)
    genuine = service.client.cookies[COOKIE]
    for forged in ("key", "", "key.x.y", genuine[:-2] + "AA", "admin" + genuine[3:]):
        service.client.cookies.clear()
        answer = await service.get("/api/recordings", cookie=f"{COOKIE}={forged}")
        assert answer.status_code == 401, forged


async def test_another_key_ends_all_sessions(service: Service):
    await sign_in(service)
    cookie = service.client.cookies[COOKIE]
    other = build_services(
        service.services.settings.model_copy(update={"access_key": "x" * 20}), InMemoryDispatcher()
    ).gate
    same = build_services(service.services.settings, InMemoryDispatcher()).gate
    browser = Request(cookies={COOKIE: cookie})
    # Any container of a deployment knows a session that another has made; nothing is kept in memory.
    assert await same.identify(browser) is not None
    assert await other.identify(browser) is None


async def test_who_guesses_has_to_wait_and_sessions_go_on(service: Service):
    await sign_in(service)
    cookie = service.client.cookies[COOKIE]
    service.client.cookies.clear()
    wrong = [(await sign_in(service, f"guess number {n}")).status_code for n in range(12)]
    assert wrong == [401] * 10 + [429] * 2
    answer = await sign_in(service)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert (await service.get("/api/recordings", x_api_key=KEY)).status_code == 429
    assert (await service.get("/api/recordings", cookie=f"{COOKIE}={cookie}")).status_code == 200


async def test_all_processes_count_guesses_together(service: Service):
    here, elsewhere = Address("203.0.113.7", 1), Address("203.0.113.8", 1)
    processes = [build_services(service.services.settings, InMemoryDispatcher()) for _ in range(2)]
    one, another = (services.gate for services in processes)
    for gate in [one, another] * (MAX_WRONG_KEYS // 2):
        assert await gate.identify(Request("a guess", here)) is None
    for gate in (one, another):
        with pytest.raises(TooManyTries):
            await gate.identify(Request(KEY, here))
        assert await gate.identify(Request(KEY, elsewhere))
    for services in processes:
        await services.engine.dispose()


@pytest.fixture
def gate(queue: Queue) -> KeyGate:
    return KeyGate(lambda: KEY, WrongKeyLimiter(queue.sessions))


async def test_guesses_that_come_at_once_are_ten_guesses_too(gate: KeyGate):
    here = Address("203.0.113.7", 1)
    guesses = [Request(f"guess number {n}", here) for n in range(30)]
    answers = await asyncio.gather(*(gate.identify(guess) for guess in guesses), return_exceptions=True)
    assert answers.count(None) == MAX_WRONG_KEYS
    assert sum(isinstance(answer, TooManyTries) for answer in answers) == 20
    with pytest.raises(TooManyTries):
        await gate.identify(Request(KEY, here))


async def test_many_requests_with_the_right_key_at_once_ask_the_database_once(queue: Queue, gate: KeyGate):
    asked: list[str] = []
    event.listen(queue.sessions().get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    visitors = await asyncio.gather(*(gate.identify(Request(KEY)) for _ in range(12)))
    assert [visitor and visitor.via for visitor in visitors] == ["key"] * 12
    assert len(asked) == 1


async def test_a_wrong_key_takes_the_trust_in_a_sender_back(gate: KeyGate):
    assert await gate.identify(Request(KEY))
    for _ in range(MAX_WRONG_KEYS):
        assert await gate.identify(Request("a guess")) is None
    with pytest.raises(TooManyTries):
        await gate.identify(Request(KEY))


async def test_an_expired_session_is_none(gate: KeyGate, monkeypatch: pytest.MonkeyPatch):
    cookie = await gate.open_session(KEY, Request())
    browser = Request(cookies={COOKIE: cookie.value or ""})
    visitor = await gate.identify(browser)
    assert visitor
    assert visitor.via == "session"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + SESSION_S + 2)
    assert await gate.identify(browser) is None


async def test_a_wrong_key_opens_no_session(gate: KeyGate):
    with pytest.raises(Unauthorized, match="not the key of this Stemset"):
        await gate.open_session("a guess", Request())


async def test_an_open_gate_knows_everybody_and_keeps_no_session():
    gate = OpenGate()
    visitor = await gate.identify(Request())
    assert visitor
    assert visitor.via == "open"
    assert (await gate.open_session("", Request())).max_age == 0


def test_the_cookie_of_an_expired_session_replaces_the_session():
    cookie = expire_session(Request(url=URL("https://test/")))
    assert (cookie.key, cookie.value, cookie.max_age, cookie.path) == (COOKIE, "", 0, "/")
    assert cookie.secure


async def test_whoever_has_shown_the_key_costs_no_query(service: Service):
    asked: list[str] = []
    with_key = {"X-API-Key": KEY}
    await service.client.get("/api/config", headers=with_key)
    event.listen(service.services.engine.sync_engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert (await service.client.get("/api/config", headers=with_key)).status_code == 200
    assert asked == []


async def test_a_worker_needs_no_key(service: Service):
    job = await service.new_job()
    assert (await service.report(job["id"], Started())).status_code == 200
    assert (await service.get("/api/health")).status_code == 200


async def test_the_page_is_there_for_whoever_has_to_sign_in(service: Service):
    assert (await service.get("/p/songs")).status_code == 200


def test_a_key_is_made_and_kept_where_none_is_set(settings: ApiSettings):
    made = settings.model_copy(update={"access_key": None})
    assert len(made.key) >= 32
    assert made.key == made.key
    file = made.data_dir / "access.key"
    assert file.read_text() == made.key
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_on_modal_a_key_has_to_be_set(settings: ApiSettings):
    with pytest.raises(ConfigError, match="STEMSET_ACCESS_KEY"):
        create_app(settings.model_copy(update={"access_key": None, "engine": "modal"}))


def test_access_is_closed_unless_it_is_opened(tmp_path_factory: pytest.TempPathFactory):
    settings = ApiSettings(data_dir=tmp_path_factory.mktemp("data"))
    assert build_services(settings, InMemoryDispatcher()).gate.closed
    assert not build_services(settings.model_copy(update={"access": "open"}), InMemoryDispatcher()).gate.closed


def test_the_document_tells_of_the_key():
    document = build_document()
    assert set(read_object(document, "components", "securitySchemes")) == {"bearer", "apiKey", "session"}
    assert document["security"] == [{"bearer": []}, {"apiKey": []}, {"session": []}]
    public = [
        read_text(operation, "operationId")
        for _, _, operation in list_operations(document)
        if operation.get("security") == []
    ]
    assert sorted(public) == [
        "getHealth",
        "getSession",
        "getShared",
        "getSharedPeaks",
        "getSharedStemFile",
        "reportJob",
        "signIn",
        "signOut",
    ]
