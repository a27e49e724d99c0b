"""A song through a strategy: `separate` makes the stems, `outputs` writes them.

What programs use is offered here.
"""

from stemset.separation.outputs import SILENCE_DB, Listener, StemFile
from stemset.separation.separate import MANIFEST, Separation, separate

__all__ = ["MANIFEST", "SILENCE_DB", "Listener", "Separation", "StemFile", "separate"]
