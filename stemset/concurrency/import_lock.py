"""The lock under which a slow import is made late, in whatever thread first needs it."""

from __future__ import annotations

from threading import RLock

import_lock = RLock()
"""Hold it while you import scipy or what imports scipy.

Its modules import one another in circles. Where two threads enter such a circle at different places, Python lets one of
them go on with half of a module rather than have both wait for ever, and its import fails.
"""
