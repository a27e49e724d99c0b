"""Look into an uploaded file in a process of its own, so that a hostile file takes down nothing but that."""

from __future__ import annotations

from pathlib import Path

from anyio import CapacityLimiter
from pydantic import BaseModel, ValidationError

from stemset.audio import Probe
from stemset.config import LimitsConfig
from stemset.errors import AudioError, TooLong, TooManyChannels, TooShort, UnreadableAudio
from stemset.sandbox.process import run_module

_TIMEOUT_S = 60.0
# A file that claims to need more than any song does ends its own process, not the machine.
_MEMORY_BYTES = 2 << 30
_CPU_S = 60
_AT_ONCE = 2
_ERRORS: dict[str, type[AudioError]] = {
    error.kind: error for error in (UnreadableAudio, TooShort, TooLong, TooManyChannels)
}


class _Refusal(BaseModel):
    kind: str
    message: str


class _Answer(BaseModel):
    """What the child process writes: one of the two."""

    found: Probe | None = None
    error: _Refusal | None = None


class SandboxedProbe:
    """Probes files in child processes, two at once at most, each of which is killed after a minute.

    limits: of config.yaml, for `check_limits`. One per process.
    """

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def probe(self, file: Path) -> Probe:
        """Decode the file's beginning, as `audio.probe` does. Raises AudioError for what is no song."""
        async with self._limiter:
            try:
                output = await run_module(
                    "stemset.sandbox.probe", str(file), timeout_s=_TIMEOUT_S, memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S
                )
            except TimeoutError:
                raise UnreadableAudio(f"The file gives no sound within {_TIMEOUT_S:.0f} s; it is damaged.") from None
        try:
            answer = _Answer.model_validate_json(output.stdout)
        except ValidationError:
            raise UnreadableAudio("The file makes the decoder crash; it is damaged or no audio at all.") from None
        if answer.error:
            raise _ERRORS.get(answer.error.kind, UnreadableAudio)(answer.error.message)
        if answer.found is None:
            raise UnreadableAudio("The decoder found nothing in the file.")
        return answer.found

    async def probe_within_limits(self, file: Path) -> Probe:
        """Probe the file. Raises AudioError for what is no song, or is over the limits."""
        found = await self.probe(file)
        check_limits(found, self._limits)
        return found


def check_limits(found: Probe, limits: LimitsConfig) -> None:
    """Raise TooLong or TooManyChannels, in words, where a song is over the limits."""
    if found.duration_s > limits.max_duration_s:
        raise TooLong(
            f"The song is {found.duration_s / 60:.1f} minutes long; "
            f"at most {limits.max_duration_minutes:g} minutes are allowed."
        )
    if found.channels > limits.max_channels:
        raise TooManyChannels(f"The song has {found.channels} channels; at most {limits.max_channels} are allowed.")
