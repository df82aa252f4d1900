"""Parameters by sliders, in the browser.

The one idea: the browser knows places on sliders, and what was found there; which values these are, and what runs, is
known elsewhere.
"""

from workbench.views.explore.stage import Stage

__all__ = ["Stage"]
