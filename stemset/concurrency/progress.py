"""How far work is, told as a fraction; work is cancelled by an error that the listener raises."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float], None]
"""Called with the fraction done, 0 to 1, in rising order. It may raise `Cancelled`, which a model lets through."""

CHECK_INTERVAL_S = 0.1
"""How often work checks whether its job was cancelled, in seconds."""


def ignore_progress(_fraction: float) -> None:
    """The Progress of a caller who doesn't watch."""


class ProgressRepeater:
    """Reports the last fraction to a Progress again while no new one comes, so that it gets the chance to raise."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._fraction = 0.0
        self._reported_at = time.monotonic()

    def report(self, fraction: float) -> None:
        """Report a new fraction. Raises what the Progress raises."""
        self._fraction = fraction
        self._reported_at = time.monotonic()
        self._progress(fraction)

    def repeat(self) -> None:
        """Report the last fraction again if CHECK_INTERVAL_S have passed; call it often, it costs next to nothing."""
        if time.monotonic() - self._reported_at >= CHECK_INTERVAL_S:
            self.report(self._fraction)
