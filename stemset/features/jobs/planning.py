"""Which strategy a job runs, and what it is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from stemset.config import Config
from stemset.config.file import fallback_of
from stemset.features.jobs.records import JobRecord, NodeStatus, Plan, RunOptions
from stemset.strategy import Strategy
from stemset.web.problems import InvalidRequest

if TYPE_CHECKING:
    from stemset.server.services import Context


def known_profile(name: str, config: Config) -> str:
    """The name, if it is a profile of config.yaml; else InvalidRequest with the choices."""
    if name not in config.profiles:
        what = f"unknown profile {name!r}" if name else "is missing"
        raise InvalidRequest("profile", what, tuple(config.profiles))
    return name


def known_strategy(name: str, config: Config) -> str:
    """The name, if it is a strategy of config.yaml; else InvalidRequest with the choices."""
    if name not in config.strategies:
        raise InvalidRequest("strategy", f"unknown strategy {name!r}", tuple(config.strategies))
    return name


def default_strategy(profile: str, config: Config) -> str:
    """The profile's; where the profile has left config.yaml, what runs anywhere."""
    if profile in config.profiles:
        return config.profiles[profile].strategy
    return fallback_of(config) or next(iter(config.strategies))


async def start(
    context: Context,
    recording_id: UUID,
    strategy: str | None,
    *,
    force: bool = False,
    dispatch_ref: str | None = None,
) -> JobRecord:
    """A job of this strategy of config.yaml on this recording: a new one, or the one that is there already.
    strategy: None takes the default of the recording's profile. force, dispatch_ref: as in `create_job`."""
    config = context.config

    def plan_for(profile: str) -> Plan:
        return plan_of(config.strategies[strategy or default_strategy(profile, config)], config)

    job = await context.jobs.create_job(recording_id, plan_for, force=force, dispatch_ref=dispatch_ref)
    context.outbox.kick()
    return job


def plan_of(strategy: Strategy, config: Config) -> Plan:
    """What a job of the strategy is to do."""
    return Plan(
        strategy=strategy.name,
        tree=strategy.tree,
        nodes=tuple(
            NodeStatus(path=run.path, parent=run.parent, model=run.model.model_filename) for run in strategy.runs
        ),
        expected_stems=strategy.stems,
        options=RunOptions(
            bit_depth=config.output.bit_depth,
            max_duration_s=config.limits.max_duration_s,
            max_channels=config.limits.max_channels,
        ),
    )
