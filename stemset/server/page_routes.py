"""The routes of the built page: its files, and index.html for every path that the page itself resolves."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from anyio import to_thread
from litestar import HttpMethod, Response, route
from litestar.params import FromPath

from stemset.config import ApiSettings
from stemset.errors import NotFound
from stemset.features.accounts.gate import PUBLIC
from stemset.web.parameters import Injected
from stemset.web.problems import AnyRequest
from stemset.web.ranges import etag_matches
from stemset.web.stored_files import IMMUTABLE, REVALIDATE

_ASSETS = "assets"
_MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Stemset</title>
<body style="font: 16px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>The page is not built yet</h1>
<p>The API works; the page that goes with it was not found. Run <code>make frontend/dist/index.html</code> in the
project's folder, or set <code>STEMSET_FRONTEND_DIR</code> to a built page, and start again.</p>
<p><a href="/docs">API documentation</a></p>
</body></html>
"""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")


@route(
    ["/", "/{path:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False, opt={PUBLIC: True}
)
async def send_page_file(
    request: AnyRequest, settings: Injected[ApiSettings], path: FromPath[str] = "/"
) -> Response[bytes]:
    """Send a file of the build, or index.html for a path such as `/p/demo`, which the page itself resolves.

    Public: it is the same on every Stemset, and holds the screen to sign in.
    """
    root = settings.frontend_dir
    found = await to_thread.run_sync(_find_file, root, path)
    if found is None:
        return Response(_MISSING.encode(), media_type="text/html", headers={"Cache-Control": REVALIDATE})
    content, etag = await to_thread.run_sync(_read_with_etag, found)
    hashed = found.parent == root.resolve() / _ASSETS
    headers = {"ETag": etag, "Cache-Control": IMMUTABLE if hashed else REVALIDATE}
    media_type = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    if etag_matches(request.headers.get("if-none-match"), etag):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content, headers=headers, media_type=media_type)


def _find_file(root: Path, path: str) -> Path | None:
    """Return the file at `path` in root, or index.html; None where nothing is built. Raises NotFound for an asset."""
    base = root.resolve()
    wanted = (base / path.lstrip("/")).resolve() if "\0" not in path else base
    if wanted.is_relative_to(base) and wanted.is_file():
        return wanted
    if wanted.parent == base / _ASSETS:
        # An old page asks for what a new build no longer has; the page itself would be no script.
        raise NotFound("file of the page named", wanted.name)
    index = base / "index.html"
    return index if index.is_file() else None


def _read_with_etag(file: Path) -> tuple[bytes, str]:
    stat = file.stat()
    # Weak: the same file may travel compressed or not.
    return file.read_bytes(), f'W/"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
