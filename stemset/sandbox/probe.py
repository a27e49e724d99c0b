"""Runs in a process of its own: looks into the file named on the command line, tells what it found as JSON.

It imports nothing but the decoder, so that it starts quickly.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from stemset.audio import check_whole, probe
from stemset.errors import AudioError, UnreadableAudio
from stemset.sandbox.limits import limit_process

_MEMORY_BYTES = 2 << 30
_CPU_S = 60


def main(file: Path) -> None:
    """One JSON object on stdout: `found` or `error`, a kind with its message."""
    # A file that claims to need more than any song does is stopped here, not by the machine running out.
    limit_process(memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S)
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
