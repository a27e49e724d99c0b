"""The parameters that several routes take, and `Injected` for services."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter, SkipValidation

_Service = TypeVar("_Service")

# Litestar would check a service field by field at every request.
Injected: TypeAlias = NamedDependency[SkipValidation[_Service]]
"""A service that a route names as a parameter; `server.services` gives it by that name."""

MAX_PAGE = 200
MAX_OFFSET = 1_000_000_000

NO_NUL = "^[^\\x00]*$"
"""PostgreSQL can't be asked for a text with a NUL in it."""

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE, description="At most so many.")]
Offset: TypeAlias = Annotated[int, QueryParameter(ge=0, le=MAX_OFFSET, description="Leave out so many first ones.")]
IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="The ETag last seen.")]
Range = Annotated[str | None, HeaderParameter(name="Range", description="One range of bytes, such as `bytes=0-65535`.")]
IfRange = Annotated[str | None, HeaderParameter(name="If-Range", description="The ETag that the range belongs to.")]
