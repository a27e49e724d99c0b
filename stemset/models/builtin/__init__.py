"""The built-in models: they need no weights and no download, and they are far from a neural network.

Each splits a song in two with one mask over a short-time spectrum; what the mask leaves is the second slot.
"""

from __future__ import annotations

from stemset.models.builtin.centre_voice import CentreVoice
from stemset.models.builtin.low_end import LowEnd
from stemset.models.builtin.percussive import Percussive

__all__ = ["CentreVoice", "LowEnd", "Percussive"]
