"""How a file is named that a browser saves."""

from __future__ import annotations

from urllib.parse import quote


def attachment(name: str) -> str:
    """The value of Content-Disposition: the name in UTF-8, and for old clients in ASCII."""
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
