"""Every error that Stemset raises for somebody else to see stands in this one tree.

StemsetError
├── ConfigError
├── AudioError: UnreadableAudio, TooLong, TooShort, TooManyChannels, TooLarge
├── ModelError: WeightsMissing, WeightsDamaged, NoSpace, EngineMissing, ModelFailed
├── InvalidRequest, RangeNotSatisfiable, NotFound, Stale
├── Conflict: StaleAttempt, UnknownPayload
├── Forbidden, Unauthorized, TooManyTries
├── Unavailable: WorkerLost
└── DeadlinePassed, Cancelled

Signals within one part are none of them: a worker's `Interrupted`, the weights' `Unreachable` and `WrongContent`.

`kind` is stable: it becomes the `type` of a problem document, the `error.kind` of a manifest and the failure kind of a
job. A message says what was wrong, where, and what would be right.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar


class StemsetError(Exception):
    """The root of the tree. `str(error)` may be shown to a user."""

    kind: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the error whatever its constructor takes: engines carry a worker's errors to the service."""
        return _restore_error, (type(self), self.args, self.__dict__)


def _restore_error(kind: type[StemsetError], args: tuple[object, ...], fields: dict[str, object]) -> StemsetError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class ConfigError(StemsetError):
    """config.yaml or the environment is wrong. where: a YAML path such as `strategies.mine._`, or a variable."""

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
    """The file is not audio, or damaged."""

    kind = "unreadable-audio"


class TooLong(AudioError):
    """The song is longer than config.yaml allows."""

    kind = "too-long"


class TooShort(AudioError):
    """The file holds nothing, or too little, to separate."""

    kind = "too-short"


class TooManyChannels(AudioError):
    """The song has more channels than config.yaml allows."""

    kind = "too-many-channels"


class TooLarge(AudioError):
    """The file has more bytes than config.yaml allows."""

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
    """The model's library failed, or gave something that is no stem."""

    kind = "model-failed"


class InvalidRequest(StemsetError):
    """A request says something that it can't mean, in `field`; `choices` are what would be right."""

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
    """A report comes from an attempt that is no longer the current one."""

    kind = "stale-attempt"


class UnknownPayload(Conflict):
    """A job was handed over by another version of Stemset."""

    kind = "unknown-payload"


class Forbidden(StemsetError):
    """A signature is wrong."""

    kind = "forbidden"


class Unauthorized(StemsetError):
    """The request carries no key, or a wrong one, where one is needed."""

    kind = "unauthorized"


class TooManyTries(StemsetError):
    """One place has sent too many wrong keys; it has to wait wait_s seconds."""

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
