"""The built page: its own files, index.html for the paths that it resolves, and nothing outside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemset.config import ApiSettings
from tests.support.api import Service

INDEX = "<!doctype html><title>the page</title>"


@pytest.fixture
def page(settings: ApiSettings) -> Path:
    root = settings.frontend_dir
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(INDEX)
    (root / "assets" / "index-4f2a.js").write_text("play()")
    (root / "site.webmanifest").write_text("{}")
    (root / "icon.svg").write_text("<svg/>")
    (root.parent / "secret.txt").write_text("secret")
    return root


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/", "/p/demo", "/r/0193b1c2/mix", "/index.html", "/p/a.b", "/%00", "/p/%2e%2e"])
async def test_a_path_of_the_page_s_own_is_answered_with_the_page(service: Service, path: str) -> None:
    answer = await service.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    ("path", "media_type", "cached"),
    [
        ("/assets/index-4f2a.js", "text/javascript", True),
        ("/site.webmanifest", "application/manifest+json", False),
        ("/icon.svg", "image/svg+xml", False),
    ],
)
async def test_a_file_has_its_type_and_only_what_carries_a_hash_is_kept_for_ever(
    service: Service, path: str, media_type: str, cached: bool
) -> None:
    answer = await service.get(path)
    assert answer.headers["content-type"].split(";")[0] == media_type
    assert ("immutable" in answer.headers["cache-control"]) is cached


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize("path", ["/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "//secret.txt"])
async def test_no_path_leads_out_of_the_folder(service: Service, path: str) -> None:
    assert "secret" not in (await service.client.get(f"http://test{path}")).text


async def test_a_link_in_the_folder_leads_nowhere_else(service: Service, page: Path) -> None:
    (page / "out.txt").symlink_to(page.parent / "secret.txt")
    assert (await service.get("/out.txt")).text == INDEX


async def test_a_page_that_is_known_is_not_sent_again_until_it_changes(service: Service, page: Path) -> None:
    etag = (await service.get("/")).headers["etag"]
    assert etag.startswith('W/"')
    known = await service.get("/p/demo", If_None_Match=etag)
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
    (page / "index.html").write_text(f"{INDEX}<p>new")
    fresh = await service.get("/", If_None_Match=etag)
    assert (fresh.status_code, fresh.text) == (200, f"{INDEX}<p>new")
    assert fresh.headers["etag"] != etag


@pytest.mark.usefixtures("page")
async def test_an_asset_of_an_old_build_is_a_problem_and_not_the_page(service: Service) -> None:
    answer = await service.get("/assets/index-gone.js")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "index-gone.js" in answer.json()["detail"]


async def test_without_a_build_it_is_told_how_to_make_one(service: Service) -> None:
    answer = await service.get("/p/demo")
    assert answer.status_code == 200
    assert "STEMSET_FRONTEND_DIR" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("page")
async def test_the_page_is_only_read(service: Service) -> None:
    head = await service.client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    answer = await service.client.post("/p/demo")
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
