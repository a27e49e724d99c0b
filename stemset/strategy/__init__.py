"""The strategy: a tree of model runs. Parse and validate it, prune it, run it.

_: vocals_mel_band_roformer.ckpt      the node's model, or a list of models whose outputs are blended
params: {…}                           its parameters, if any
blend: average                        how several models' outputs become one
vocals: vocals                        slot -> final stem
not_vocals: {_: …}                    slot -> a subtree that splits that slot further
crash: null                           slot -> discarded on purpose
"""

from stemset.strategy.blending import Blend, BlendDomain, BlendKind
from stemset.strategy.execution import Done, Watcher, execute
from stemset.strategy.parsing import MAX_DEPTH, parse
from stemset.strategy.schema import definitions
from stemset.strategy.tree import Branch, Leaf, Node, Run, Strategy

__all__ = [
    "MAX_DEPTH",
    "Blend",
    "BlendDomain",
    "BlendKind",
    "Branch",
    "Done",
    "Leaf",
    "Node",
    "Run",
    "Strategy",
    "Watcher",
    "definitions",
    "execute",
    "parse",
]
