"""Which strategy a job runs, and what it is to do: all of it is known when the service starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stemset.config import Config
from stemset.config.file import find_fallback_strategy
from stemset.errors import InvalidRequest
from stemset.features.jobs.records import NodeStatus, Plan, RunOptions
from stemset.strategy import Strategy


@dataclass(frozen=True)
class JobPlans:
    """What a job of each strategy is to do, and which strategy each profile takes.

    plans: by the strategy's name. defaults: strategy by profile. fallback: the strategy for recordings whose profile
    has left config.yaml; one that runs anywhere.
    """

    plans: Mapping[str, Plan]
    defaults: Mapping[str, str]
    fallback: str

    @classmethod
    def of(cls, config: Config) -> JobPlans:
        """The plans of config.yaml."""
        return cls(
            plans={name: plan_job(strategy, config) for name, strategy in config.strategies.items()},
            defaults={name: profile.strategy for name, profile in config.profiles.items()},
            fallback=find_fallback_strategy(config) or next(iter(config.strategies)),
        )

    def find(self, strategy: str | None, profile: str) -> Plan:
        """The plan of a strategy; None takes the profile's. Raises KeyError for a strategy that isn't there."""
        return self.plans[strategy or self.default_strategy(profile)]

    def default_strategy(self, profile: str) -> str:
        """The name of the strategy that recordings of this profile take unless another is asked for."""
        return self.defaults.get(profile, self.fallback)

    def check_profile(self, name: str) -> str:
        """Return the name of a profile. Raises InvalidRequest, with the choices, for one that isn't there."""
        if name not in self.defaults:
            what = f"unknown profile {name!r}" if name else "is missing"
            raise InvalidRequest("profile", what, tuple(self.defaults))
        return name

    def check_strategy(self, name: str) -> str:
        """Return the name of a strategy. Raises InvalidRequest, with the choices, for one that isn't there."""
        if name not in self.plans:
            raise InvalidRequest("strategy", f"unknown strategy {name!r}", tuple(self.plans))
        return name


def plan_job(strategy: Strategy, config: Config) -> Plan:
    """Describe what a job of the strategy is to do. The plan doesn't change with a later edit of config.yaml."""
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
