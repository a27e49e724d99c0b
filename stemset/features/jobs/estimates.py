"""How long a step should take: by the last runs of its label here, else by what its kind says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from stemset.features.jobs.records import JobStatus, StepStatus

LAST_RUNS = 20
"""The paces of a kind are measured on this many of its newest jobs."""


def measure_paces(runs: Iterable[tuple[JobStatus, float]]) -> dict[str, float]:
    """Label -> seconds of work for one second of audio, the median of its steps that were not taken from the cache.

    runs: jobs of one kind, each with the seconds that its recording lasts.
    """
    paces: dict[str, list[float]] = {}
    for status, duration_s in runs:
        for step in status.steps:
            if step.seconds and not step.cached and duration_s > 0:
                paces.setdefault(step.label, []).append(step.seconds / duration_s)
    return {label: median(values) for label, values in paces.items()}


def estimate_steps(
    steps: Sequence[StepStatus],
    duration_s: float | None,
    measured: Mapping[str, float],
    unmeasured: Callable[[str], float | None],
) -> tuple[StepStatus, ...]:
    """The steps with the seconds that each should take on a recording of duration_s; None where nothing is known.

    duration_s: None without a recording. measured: what `measure_paces` returns. unmeasured: the same of one label
    that is not among them, as in `JobKind.pace_of`.
    """

    def expected_s(label: str) -> float | None:
        pace = measured[label] if label in measured else unmeasured(label)
        return None if pace is None or duration_s is None else round(pace * duration_s, 3)

    return tuple(step.model_copy(update={"expected_s": expected_s(step.label)}) for step in steps)
