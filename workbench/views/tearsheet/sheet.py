"""The tearsheet as an object: it shows itself and writes itself.

The one idea: it holds the run alone, so that every form of it is made from the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import StorageError
from workbench.market.paths import local
from workbench.views.summary import run_text
from workbench.views.tearsheet.page import fragment, render

if TYPE_CHECKING:
    from workbench.views.run_view import RunView

__all__ = ["Tearsheet"]


@dataclass(frozen=True, eq=False, repr=False)
class Tearsheet:
    """The tearsheet of a run: shows itself in a notebook, `str` gives the stand-alone page and `save` writes it.

    Its plain twin is the run's summary.
    """

    run: RunView

    @property
    def html(self) -> str:
        """The stand-alone page."""
        return render(self.run)

    def save(self, path: str | Path) -> Path:
        """Write the page to `path`.

        Returns:
            The path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        target = local("path", path)
        try:
            target.write_text(self.html, "utf-8")
        except OSError as error:
            raise StorageError(
                f"cannot write {target}: {error.strerror}; name a file in a folder that exists"
            ) from error
        return target

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return run_text(self.run)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": fragment(self.run)}
