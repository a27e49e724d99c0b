"""The tree as values: nodes, their runs of models, leaves; and pruning."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import JsonValue

from stemset.errors import NotFound
from stemset.models.model import RESIDUAL, AudioSeparator
from stemset.models.params import ManyStemParams, ModelParams
from stemset.strategy.blending import Blend


@dataclass(frozen=True)
class Leaf:
    """A slot that is a final stem."""

    stem: str


@dataclass(frozen=True)
class Run:
    """One model at work, which is what a job reports on.

    path: that of its node, `root/not_vocals`; in an ensemble with its number behind it, `root/not_vocals.2`.
    parent: the run that its input comes from, of an ensemble the last; None at the root.
    """

    path: str
    parent: str | None
    model: type[AudioSeparator]
    params: ModelParams

    @property
    def rest(self) -> str:
        """The slot that takes what the others leave of the input."""
        keeps = isinstance(self.params, ManyStemParams) and self.params.keep_residual
        return RESIDUAL if keeps else self.model.complement() or RESIDUAL

    @property
    def slots(self) -> tuple[str, ...]:
        """What a node of this model maps."""
        own = tuple(self.model.output_slots)
        return own if self.rest in own else (*own, self.rest)


@dataclass(frozen=True)
class Node:
    """One model, or an ensemble of several whose outputs are blended into one.

    path: slots from the root, `root/not_vocals`. blend: None where there is one run. A branch that is None
    discards its slot.
    """

    path: str
    runs: tuple[Run, ...]
    blend: Blend | None
    branches: Mapping[str, Branch]

    @property
    def slot(self) -> str | None:
        """The slot of the node above that this one splits; None at the root."""
        return self.path.rpartition("/")[2] if "/" in self.path else None

    @property
    def parent(self) -> str | None:
        """The path of the node above; None at the root."""
        return self.path.rpartition("/")[0] or None

    @property
    def stems(self) -> tuple[str, ...]:
        """All final stems at or below this node, in the order in which they come out: its own leaves first."""
        own = (branch.stem for branch in self.branches.values() if isinstance(branch, Leaf))
        below = (stem for branch in self.branches.values() if isinstance(branch, Node) for stem in branch.stems)
        return (*own, *below)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """This node and those below, in the order in which they run."""
        below = (branch for branch in self.branches.values() if isinstance(branch, Node))
        return (self, *(node for child in below for node in child.nodes))


Branch: TypeAlias = Leaf | Node | None


@dataclass(frozen=True)
class Strategy:
    """A named tree. tree: the YAML it came from, as JSON, to store with a job."""

    name: str
    root: Node
    tree: dict[str, JsonValue]

    @property
    def stems(self) -> tuple[str, ...]:
        """All final stems, in the order in which they come out."""
        return self.root.stems

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in the order in which they run."""
        return self.root.nodes

    @property
    def runs(self) -> tuple[Run, ...]:
        """All models at work, in their order."""
        return tuple(run for node in self.nodes for run in node.runs)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of its models, each once."""
        return tuple(dict.fromkeys(run.model.model_filename for run in self.runs))

    @property
    def complete(self) -> bool:
        """Whether its stems sum to the mixture: nothing is discarded or left out."""
        return all(branch is not None for node in self.nodes for branch in node.branches.values())

    def only(self, stems: Collection[str]) -> Strategy:
        """The same tree without the nodes that no stem of `stems` needs. NotFound names the choices."""
        for stem in stems:
            if stem not in self.stems:
                raise NotFound(f"stem of strategy {self.name!r} named", stem, self.stems)
        pruned = prune(self.root, frozenset(stems))
        if pruned is None:
            raise NotFound(f"stem of strategy {self.name!r} named", "", self.stems)
        return replace(self, root=pruned)


def prune(node: Node, wanted: frozenset[str]) -> Node | None:
    """The node without the branches that lead to no wanted stem; None where none leads to one."""

    def keep(branch: Branch) -> Branch:
        if isinstance(branch, Node):
            return prune(branch, wanted)
        return branch if branch and branch.stem in wanted else None

    branches = {slot: keep(branch) for slot, branch in node.branches.items()}
    return replace(node, branches=branches) if any(branches.values()) else None
