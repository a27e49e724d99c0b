"""Look into an uploaded file in a process of its own, so that a hostile file takes down nothing but that."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from anyio import CapacityLimiter
from pydantic import BaseModel, ValidationError

from stemset.audio import Probe
from stemset.config import LimitsConfig
from stemset.errors import AudioError, TooLong, TooManyChannels, TooShort, UnreadableAudio

_PATIENCE_S = 60.0
_ERRORS: dict[str, type[AudioError]] = {
    error.kind: error for error in (UnreadableAudio, TooShort, TooLong, TooManyChannels)
}


class _Refusal(BaseModel):
    kind: str
    message: str


class _Answer(BaseModel):
    """What the process told: one of the two."""

    found: Probe | None = None
    error: _Refusal | None = None


async def probe_apart(file: Path, limiter: CapacityLimiter) -> Probe:
    """`audio.probe` in a fresh process, killed after a minute. Raises AudioError."""
    async with limiter:
        try:
            told = await asyncio.wait_for(_ask(file), _PATIENCE_S)
        except TimeoutError:
            raise UnreadableAudio(f"The file gives no sound within {_PATIENCE_S:.0f} s; it is damaged.") from None
    try:
        answer = _Answer.model_validate_json(told)
    except ValidationError:
        raise UnreadableAudio("The file makes the decoder crash; it is damaged or no audio at all.") from None
    if answer.error:
        raise _ERRORS.get(answer.error.kind, UnreadableAudio)(answer.error.message)
    if answer.found is None:
        raise UnreadableAudio("The decoder found nothing in the file.")
    return answer.found


def check_limits(found: Probe, limits: LimitsConfig) -> None:
    """Raises TooLong or TooManyChannels, in words."""
    if found.duration_s > limits.max_duration_s:
        raise TooLong(
            f"The song is {found.duration_s / 60:.1f} minutes long; "
            f"at most {limits.max_duration_minutes:g} minutes are allowed."
        )
    if found.channels > limits.max_channels:
        raise TooManyChannels(f"The song has {found.channels} channels; at most {limits.max_channels} are allowed.")


async def _ask(file: Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stemset.sandbox.probe",
        str(file),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told
