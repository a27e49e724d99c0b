"""A file that a client sent, or a person named, before it is a recording; and the names that come with it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from stemset.errors import TooLarge
from stemset.web.schema import MAX_TITLE

_MAX_FILE_NAME = 255


@dataclass(frozen=True)
class ReceivedFile:
    """A file of this machine that is to become a recording. It may vanish with the block that received it.

    file_name: as the client calls it, without folders; it is shown and used for nothing else. sha256: in hex. fields:
    the texts that came with it. stored: the key of the same bytes, where the storage has them already.
    """

    file: Path
    file_name: str
    bytes: int
    sha256: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    stored: str | None = None


def make_title(file_name: str) -> str:
    """Make a title of a file name: no extension, no underscores; `Untitled` if nothing is left."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", file_name).replace("_", " ")
    return " ".join(stem.split())[:MAX_TITLE].strip() or "Untitled"


def clean_file_name(name: str) -> str:
    """Take the last part of whatever path a client sent, without control characters, at most 255 characters."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    return printable.strip()[:_MAX_FILE_NAME] or "untitled"


def check_size(size: int, max_bytes: int) -> None:
    """Raise TooLarge where a file of `size` bytes is over the limit."""
    if size > max_bytes:
        raise TooLarge(f"The file is larger than the {max_bytes / 1e6:g} MB that are allowed.")


def hash_file(file: Path) -> tuple[str, int]:
    """Read a file from end to end: its SHA-256 in hex, and its size in bytes. Blocking. Raises OSError."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest(), content.tell()
