"""What has happened in the control plane, and identifiers for what is in it."""

from __future__ import annotations

import itertools
import json
import sys
import time
from typing import Any


class Journal:
    """events: everything that was noted, in order; each has its `kind`, and its time `t` in seconds since 1970."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def note(self, kind: str, **facts: object) -> None:
        """Adds an event, and writes it to the log."""
        event = {"t": round(time.time(), 3), "kind": kind, **facts}
        self.events.append(event)
        self.write(json.dumps(event))

    def write(self, line: str) -> None:
        """Writes a line to the log: standard output."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def new_id(self, prefix: str) -> str:
        """Makes an identifier that no other object has. prefix: Modal's for the type, such as `fu` for a function."""
        return f"{prefix}-{next(self._numbers):06d}"
