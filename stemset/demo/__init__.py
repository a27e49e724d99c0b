"""The first song a user hears: rendered from notes, so that it needs no download and its true stems are known."""

from __future__ import annotations

from stemset.demo.rendering import DemoSong, render
from stemset.demo.score import DURATION_S, KEY, TEMPO_BPM, TITLE

__all__ = ["DURATION_S", "KEY", "TEMPO_BPM", "TITLE", "DemoSong", "render"]
