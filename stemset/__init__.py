"""Stemset: a song goes in, every instrument comes out on its own fader."""

__version__ = "0.1.0"
