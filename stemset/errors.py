"""Every error that Stemset raises on purpose, in one tree.

StemsetError
├── ConfigError            config.yaml or the environment is wrong; names the place and the choices
├── AudioError             a file can't be used as a song
│   ├── UnreadableAudio    not audio, or damaged
│   ├── TooLong            over a limit of config.yaml (seconds)
│   ├── TooShort           nothing, or too little, to separate
│   ├── TooManyChannels    over a limit of config.yaml
│   └── TooLarge           over a limit of config.yaml (bytes)
├── ModelError             a model can't run
│   ├── WeightsMissing     a weight file is absent and could not be fetched
│   ├── WeightsDamaged     a weight file is not what its publisher, or its first download, says
│   ├── NoSpace            the disk has no room for a weight file
│   ├── EngineMissing      torch and audio-separator are not installed
│   └── ModelFailed        the library failed, or gave something that is no stem
├── InvalidRequest         a request says what it can't mean; names the field and the choices
├── RangeNotSatisfiable    no byte of a requested range lies within the file
├── NotFound               a profile, strategy, recording, job, stem or stored object that isn't there
├── Stale                  the thing has changed since the caller saw it
├── Conflict               the thing is in a state that forbids the request
│   ├── StaleAttempt       a report from an attempt that is no longer the current one
│   └── UnknownPayload     a job handed over by another version of Stemset
├── Forbidden              a signature that is wrong
├── Unauthorized           no key, or a wrong one, where one is needed
├── TooManyTries           too many wrong keys
├── Unavailable            a part of the service can't be reached at the moment
│   └── WorkerLost         the workers of a job broke down, or went silent, again and again
├── DeadlinePassed         a job took longer than a deployment allows
└── Cancelled              somebody asked for the job to stop

`kind` is stable: it becomes the `type` of a problem document, the `error.kind` of a manifest and the
failure kind of a job. A message says what was wrong, where, and what would be right.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar


class StemsetError(Exception):
    """Root of the tree; `str(error)` is fit to show to a user."""

    kind: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles whatever its constructor takes: engines carry a worker's errors to the service."""
        return _restore_error, (type(self), self.args, self.__dict__)


def _restore_error(kind: type[StemsetError], args: tuple[object, ...], fields: dict[str, object]) -> StemsetError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class ConfigError(StemsetError):
    """A mistake in config.yaml, at `where` (a YAML path such as `strategies.mine.not_vocals`)."""

    kind = "config"

    def __init__(self, where: str, what: str, choices: Collection[str] = ()) -> None:
        self.where = where
        self.what = what
        self.choices = tuple(sorted(choices))
        hint = f"; choose one of: {', '.join(self.choices)}" if self.choices else ""
        super().__init__(f"{where}: {what}{hint}")


class AudioError(StemsetError):
    """The file can't be used as a song."""

    kind = "audio"


class UnreadableAudio(AudioError):
    """Not audio, or damaged."""

    kind = "unreadable-audio"


class TooLong(AudioError):
    """Longer than config.yaml allows."""

    kind = "too-long"


class TooShort(AudioError):
    """Nothing, or too little, to separate."""

    kind = "too-short"


class TooManyChannels(AudioError):
    """More channels than config.yaml allows."""

    kind = "too-many-channels"


class TooLarge(AudioError):
    """More bytes than config.yaml allows."""

    kind = "too-large"


class ModelError(StemsetError):
    """A model can't run."""

    kind = "model"


class WeightsMissing(ModelError):
    """A weight file is absent and could not be fetched."""

    kind = "weights-missing"

    def __init__(self, file: str, address: str, command: str, reason: str = "") -> None:
        self.file = file
        self.address = address
        self.command = command
        why = f" ({reason})" if reason else ""
        super().__init__(
            f"The weights {file} are not on this machine and could not be fetched from {address}{why}. "
            f"Run `{command}` where there is a network."
        )


class WeightsDamaged(ModelError):
    """A weight file is not what its publisher, or its first download, says. It is never left in its place."""

    kind = "weights-damaged"

    def __init__(self, file: str, where: str, reason: str, command: str) -> None:
        self.file = file
        self.where = where
        self.reason = reason
        super().__init__(
            f"The weights {file} from {where} are damaged or were replaced: {reason}. Run `{command}` to fetch them "
            f"anew; if their publisher changed them, first remove {file} from weights.json in the models folder."
        )


class NoSpace(ModelError):
    """The disk has no room for a weight file."""

    kind = "no-space"

    def __init__(self, file: str, folder: Path, needed: int | None = None, free: int | None = None) -> None:
        self.file = file
        more = "" if needed is None or free is None else f": {needed / 1e6:.0f} MB to come, {free / 1e6:.0f} MB free"
        super().__init__(
            f"The disk is too full for the weights {file}{more}. Make room in {folder}, or name a folder on another "
            "disk in STEMSET_MODELS_DIR."
        )


class EngineMissing(ModelError):
    """torch and audio-separator are not installed."""

    kind = "engine-missing"


class ModelFailed(ModelError):
    """The library failed, or gave something that is no stem."""

    kind = "model-failed"


class InvalidRequest(StemsetError):
    """A request that says something it can't mean: `field` names what, `choices` what would be right."""

    kind = "invalid-request"

    def __init__(self, field: str, what: str, choices: tuple[str, ...] = ()) -> None:
        self.field = field
        self.choices = choices
        hint = f"; choose one of: {', '.join(choices)}" if choices else ""
        super().__init__(f"{field}: {what}{hint}")


class RangeNotSatisfiable(StemsetError):
    """No byte of the requested range lies within a file of `size` bytes."""

    kind = "range-not-satisfiable"

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"The file has {size} bytes; no part of the range lies within it.")


class NotFound(StemsetError):
    """A named thing isn't there; says which, and the choices where they are few."""

    kind = "not-found"

    def __init__(self, what: str, name: str, choices: Collection[str] = ()) -> None:
        self.what = what
        self.name = name
        hint = f"; there are: {', '.join(sorted(choices))}" if choices else ""
        super().__init__(f"There is no {what} {name!r}{hint}.")


class Conflict(StemsetError):
    """The thing is in a state that forbids the request."""

    kind = "conflict"


class Stale(StemsetError):
    """The thing has changed since the caller saw it; `now` is its current ETag."""

    kind = "stale"

    def __init__(self, what: str, now: str) -> None:
        self.now = now
        super().__init__(f"The {what} has been changed meanwhile; it is {now} now. Read it again, then change it.")


class StaleAttempt(Conflict):
    """A report from an attempt that is no longer the current one."""

    kind = "stale-attempt"


class UnknownPayload(Conflict):
    """A job handed over by another version of Stemset."""

    kind = "unknown-payload"


class Forbidden(StemsetError):
    """A signature is wrong."""

    kind = "forbidden"


class Unauthorized(StemsetError):
    """No key, or a wrong one, where one is needed."""

    kind = "unauthorized"


class TooManyTries(StemsetError):
    """Too many wrong keys from one place; wait_s: how long it has to wait."""

    kind = "too-many-tries"

    def __init__(self, wait_s: float) -> None:
        self.wait_s = max(1, round(wait_s))
        super().__init__(f"There were too many wrong keys from here; try again in {self.wait_s} seconds.")


class Unavailable(StemsetError):
    """A part of the service can't be reached at the moment."""

    kind = "unavailable"


class WorkerLost(Unavailable):
    """The workers of a job broke down, or went silent, again and again."""

    kind = "worker-lost"


class DeadlinePassed(StemsetError):
    """A job took longer than a deployment allows."""

    kind = "deadline-passed"


class Cancelled(StemsetError):
    """Somebody asked for the job to stop."""

    kind = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.")
