"""Probes the file named on the command line, in a process of its own, and prints as JSON what it found.

It imports nothing but the decoder, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from stemset.audio import check_whole, probe
from stemset.errors import AudioError, UnreadableAudio


def main(file: Path) -> None:
    """Print one JSON object: `found`, or `error`, which is a kind with its message."""
    answer: dict[str, object]
    try:
        found = probe(file)
        check_whole(file)
        answer = {"found": asdict(found)}
    except AudioError as error:
        answer = {"error": {"kind": error.kind, "message": str(error)}}
    except MemoryError:
        message = "The file asks for more memory than any song needs; it is damaged."
        answer = {"error": {"kind": UnreadableAudio.kind, "message": message}}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
