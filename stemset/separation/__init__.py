"""A song through a strategy: `separate` makes the stems, `outputs` writes them.

What programs use is offered here.
"""

from stemset.separation.outputs import SILENCE_DB, Observer, StemFile
from stemset.separation.separate import MANIFEST, Resources, Separation, SeparationOptions, separate

__all__ = ["MANIFEST", "SILENCE_DB", "Observer", "Resources", "Separation", "SeparationOptions", "StemFile", "separate"]
