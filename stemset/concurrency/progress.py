"""How far work is, told as a fraction; work is cancelled by an error that the listener raises."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float], None]
"""Told the fraction done, 0 to 1, in rising order. It may raise `Cancelled`; a model lets that through."""


def ignore_progress(_fraction: float) -> None:
    """The Progress of a caller who doesn't watch."""


class Heed:
    """Tells a Progress the last fraction again while nothing new happens, for what it may raise."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._fraction = 0.0
        self._told_at = time.monotonic()

    def tell(self, fraction: float) -> None:
        """A new fraction."""
        self._fraction = fraction
        self._told_at = time.monotonic()
        self._progress(fraction)

    def again(self) -> None:
        """Call it often: it costs nothing most of the time."""
        if time.monotonic() - self._told_at >= LOOK_S:
            self.tell(self._fraction)


LOOK_S = 0.1
"""How often it is looked whether a job is to stop, in seconds."""
