"""Views outside of notebooks: as components of Panel, and as the app of `workbench app`.

The one idea: the browser's part is the same one that a notebook gets; Panel, imported only here, is another host of it.
"""

from workbench.views.apps.component import component

__all__ = ["component"]
