"""Signing in and out, as a browser sees it: answers that nobody keeps, and a cookie that no script can read."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from stemset.config import ApiSettings
from tests.support.api import Service

KEY = "correct-horse-battery-staple"
DAYS_90_S = 7_776_000


@pytest.fixture
def settings(settings: ApiSettings, request: pytest.FixtureRequest) -> ApiSettings:
    access = getattr(request, "param", "closed")
    return settings.model_copy(update={"access": access, "access_key": KEY})


open_service = pytest.mark.parametrize("settings", ["open"], indirect=True)


async def sign_in(service: Service, key: object = KEY, url: str = "/api/session") -> httpx.Response:
    return await service.client.post(url, json={"key": key})


def cookie(answer: httpx.Response) -> Morsel[str]:
    (line,) = answer.headers.get_list("set-cookie")
    (morsel,) = SimpleCookie(line).values()
    return morsel


async def test_a_session_lasts_ninety_days_and_is_for_this_site_and_no_script(service: Service) -> None:
    made = cookie(await sign_in(service))
    assert made.key == "stemset_session"
    assert (made["path"], made["max-age"], made["samesite"].lower()) == ("/", str(DAYS_90_S), "strict")
    assert made["httponly"] is True
    assert made["domain"] == ""


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_both_cookies_are_for_https_alone_where_it_is_used(service: Service, scheme: str, secure: bool) -> None:
    url = f"{scheme}://test/api/session"
    for answer in (await sign_in(service, url=url), await service.client.delete(url)):
        assert bool(cookie(answer)["secure"]) is secure


async def test_signing_out_replaces_the_cookie_by_one_that_is_over(service: Service) -> None:
    made = cookie(await sign_in(service))
    gone = cookie(await service.client.delete("/api/session"))
    assert (gone.key, gone["path"], gone["samesite"]) == (made.key, made["path"], made["samesite"])
    assert (gone.value, gone["max-age"]) == ("", "0")
    assert gone["httponly"] is True


async def test_who_never_signed_in_may_sign_out(service: Service) -> None:
    answer = await service.client.delete("/api/session")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_no_answer_about_a_session_is_kept(service: Service) -> None:
    asked = [await service.get("/api/session"), await sign_in(service), await service.client.delete("/api/session")]
    assert [answer.headers["cache-control"] for answer in asked] == ["no-store"] * 3


async def test_a_key_may_be_pasted_with_blanks_around_it(service: Service) -> None:
    assert (await sign_in(service, f"  {KEY}\n")).status_code == 200


@pytest.mark.parametrize("key", ["", "   ", "x" * 401, None, 5, [KEY]])
async def test_what_is_no_key_at_all_is_refused_without_counting_as_a_guess(service: Service, key: object) -> None:
    for _ in range(12):
        answer = await sign_in(service, key)
        assert (answer.status_code, answer.json()["field"]) == (400, "key")
    assert (await sign_in(service)).status_code == 200


async def test_a_wrong_key_sets_no_cookie_and_is_not_repeated(service: Service) -> None:
    answer = await sign_in(service, "a-wrong-guess-of-it")
    assert (answer.status_code, answer.headers.get_list("set-cookie")) == (401, [])
    assert answer.json()["detail"] == "This is not the key of this Stemset."
    assert "a-wrong-guess-of-it" not in answer.text


async def test_a_session_of_another_name_or_in_a_header_is_none(service: Service) -> None:
    value = cookie(await sign_in(service)).value
    service.client.cookies.clear()
    assert (await service.get("/api/recordings", cookie=f"session={value}")).status_code == 401
    assert (await service.get("/api/recordings", authorization=f"Bearer {value}")).status_code == 401
    assert (await service.get("/api/recordings", cookie=f"stemset_session={value}")).status_code == 200


async def test_a_wrong_key_in_a_header_is_not_made_up_for_by_a_session(service: Service) -> None:
    await sign_in(service)
    assert (await service.get("/api/recordings", x_api_key="a guess")).status_code == 401


async def test_another_kind_of_authorization_is_no_key(service: Service) -> None:
    for header in (f"Basic {KEY}", KEY, "", f"Bearer{KEY}"):
        assert (await service.get("/api/recordings", authorization=header)).status_code == 401


@open_service
async def test_an_open_service_needs_no_key_and_says_so(service: Service) -> None:
    assert (await service.get("/api/session")).json() == {"closed": False, "signedIn": True}
    assert (await service.get("/api/recordings")).status_code == 200


@open_service
async def test_an_open_service_takes_any_key_and_keeps_no_session(service: Service) -> None:
    answer = await sign_in(service, "anything")
    assert (answer.status_code, answer.json()) == (200, {"closed": False, "signedIn": True})
    assert (cookie(answer).value, cookie(answer)["max-age"]) == ("", "0")
