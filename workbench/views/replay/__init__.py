"""A run bar by bar, in the browser.

The one idea: columns go to the browser once; afterwards only a cursor moves, and both sides may move it.
"""

from workbench.views.replay.duel import Duel
from workbench.views.replay.hidden import Hidden
from workbench.views.replay.session import Replay

__all__ = ["Duel", "Hidden", "Replay"]
