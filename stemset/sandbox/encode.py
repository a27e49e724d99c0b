"""Encodes a stem in another format, in a process of its own.

Arguments: source, target, format, bit depth, title.
"""

from __future__ import annotations

import sys
from pathlib import Path

from stemset.audio import AudioFormat, encode


def main(source: str, target: str, audio_format: str, bit_depth: str, title: str) -> None:
    """Write the target. Exits with 0, or with a traceback."""
    encode(Path(source), Path(target), AudioFormat(audio_format), bit_depth=int(bit_depth), tags={"title": title})


if __name__ == "__main__":
    main(*sys.argv[1:])
