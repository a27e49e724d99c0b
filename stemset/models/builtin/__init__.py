"""The built-in models: they need no weights and no download, and they are far from a neural network.

Each splits a song in two with one mask over a short-time spectrum; what the mask leaves is the second slot.
"""

from __future__ import annotations

from stemset.models.spectral.centre_voice import CentreVoice
from stemset.models.spectral.low_end import LowEnd
from stemset.models.spectral.percussive import Percussive

__all__ = ["CentreVoice", "LowEnd", "Percussive"]
