"""The base of all request and response models, and the types of their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

MAX_NAME = 40
MAX_TITLE = 120
MAX_TAG = 40
MAX_TAGS = 20
MAX_FILE_NAME = 1000

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE, pattern=_PRINTABLE)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
ContentType = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$")]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TAG, pattern=_PRINTABLE)]


class Wire(BaseModel):
    """A frozen model whose fields are snake_case in Python and camelCase in JSON."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


EXAMPLE_TIME = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
