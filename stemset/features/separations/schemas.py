"""What is asked for a separation over HTTP; the answer is a `jobs.schemas.Job`."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from stemset.web.schema import MAX_NAME, Wire


class JobRequest(Wire):
    """strategy: null takes the profile's. force: also where this strategy has run on this recording already."""

    recording_id: UUID
    strategy: str | None = Field(default=None, max_length=MAX_NAME)
    force: bool = False
