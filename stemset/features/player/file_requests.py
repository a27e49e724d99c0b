"""These dependencies read what a request for a track's file says, and these responses are what it may be answered.

The owner's routes and those of a link share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar.di import Provide
from litestar.params import QueryParameter

from stemset.web.parameters import IfNoneMatch, IfRange, Range
from stemset.web.problems import problem_responses
from stemset.web.responses import binary_response, empty_response

FLAC = "audio/flac"
BINARY = "application/octet-stream"

Version = Annotated[
    str | None,
    QueryParameter(name="v", description="The file's hash; a request that carries it may be cached for ever."),
]


@dataclass(frozen=True)
class FileRequest:
    """What a request says besides the file's name; each is None where it says nothing.

    version: the hash by which it names the content. The others are headers.
    """

    version: str | None = None
    if_none_match: str | None = None
    range_: str | None = None
    if_range: str | None = None


def _read_request(version: Version = None, if_none_match: IfNoneMatch = None) -> FileRequest:
    return FileRequest(version, if_none_match)


def _read_range_request(
    version: Version = None, range_: Range = None, if_range: IfRange = None, if_none_match: IfNoneMatch = None
) -> FileRequest:
    return FileRequest(version, if_none_match, range_, if_range)


WHOLE_FILE = {"file_request": Provide(_read_request, sync_to_thread=False)}
"""Gives a route the parameter `file_request: NamedDependency[FileRequest]`."""

RANGE_OF_FILE = {"file_request": Provide(_read_range_request, sync_to_thread=False)}
"""The same, for routes that take a Range."""

_UNCHANGED = empty_response("The file that `If-None-Match` names is still the one.")

STEM_FILE_RESPONSES = {
    200: binary_response("The whole file.", FLAC),
    206: binary_response("The range asked for, in `Content-Range`.", FLAC),
    304: _UNCHANGED,
    **problem_responses(400, 404, 416, 503),
}

PEAKS_RESPONSES = {
    200: binary_response("The whole file.", BINARY),
    304: _UNCHANGED,
    **problem_responses(400, 404, 503),
}
