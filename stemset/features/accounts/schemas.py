"""These types are the JSON of signing in, with an example."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from stemset.web.schema import Wire


class Session(Wire):
    """Whether a key is needed here, and whether this browser is signed in; on an open service everybody is."""

    closed: bool
    signed_in: bool


SESSION = Session(closed=True, signed_in=True)


class SignIn(Wire):
    """The key of this Stemset, as its operator gave it."""

    key: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)] = Field(repr=False)
