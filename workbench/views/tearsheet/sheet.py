"""The tearsheet as an object: it shows itself and writes itself.

The one idea: it holds the figures of one run, and every form of it is made from them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from workbench.errors import StorageError
from workbench.market.paths import local
from workbench.views.run_view import RunView
from workbench.views.summary import run_text
from workbench.views.tearsheet.facts import Facts, checked
from workbench.views.tearsheet.page import fragment, render

__all__ = ["Tearsheet"]


@dataclass(frozen=True, eq=False, repr=False)
class Tearsheet:
    """The tearsheet of a run: shows itself in a notebook, writes itself as a page, on paper and as figures.

    Its plain twin is the run's summary.
    """

    facts: Facts

    @staticmethod
    def of(run: RunView, benchmark: object = None) -> Tearsheet:
        """The tearsheet of a run beside a benchmark.

        Raises:
            InputError: the benchmark has no session in common with the run.
            ParameterError: it is neither Bars nor a Run.
        """
        facts = Facts(run, checked(benchmark))
        _ = facts.benchmark
        return Tearsheet(facts)

    def to_html(self, path: str | Path) -> Path:
        """Write the page as one stand-alone file: no script, nothing fetched.

        Returns:
            The path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        return _written(path, str(self).encode())

    def to_pdf(self, path: str | Path) -> Path:
        """Write all sections one after the other as a PDF, by WeasyPrint: `pip install 'workbench[pdf]'`.

        Returns:
            The path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
            UnsupportedError: WeasyPrint, or a library of the system that it needs, is missing.
        """
        from workbench.views.tearsheet.paper import pdf

        return _written(path, pdf(self.facts))

    @overload
    def to_json(self, path: None = None) -> str: ...
    @overload
    def to_json(self, path: str | Path) -> Path: ...
    def to_json(self, path: str | Path | None = None) -> str | Path:
        """Every figure as JSON, in the schema of `workbench.views.tearsheet.figures`; amounts that are exact are text.

        Args:
            path: a file to write; None returns the text.

        Returns:
            The text, or the path.

        Raises:
            ParameterError: no path.
            StorageError: the file cannot be written.
        """
        from workbench.views.tearsheet.figures import document

        text = json.dumps(document(self.facts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return text if path is None else _written(path, text.encode())

    def __str__(self) -> str:
        return render(self.facts)

    def __repr__(self) -> str:
        return run_text(self.facts.run)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": fragment(self.facts)}


def _written(path: str | Path, content: bytes) -> Path:
    target = local("path", path)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror}; name a file in a folder that exists") from error
    return target
