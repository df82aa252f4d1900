"""The command `workbench`: one short function per command.

A command only asks the library and prints; whatever goes wrong is told on stderr and ends with a code that is not 0.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources, util
from pathlib import Path

import click

from workbench import __version__
from workbench.errors import WorkbenchError

__all__ = ["commands", "main"]

FOLDER = Path("notebooks")
FIRST = "quickstart.ipynb"
ADD_LAB = f"{sys.executable} -m pip install 'workbench[lab]'"
AFTER_DEMO = """
Wrote {path}: open it in a browser.
The strategy is `workbench.research.demo.Cross`, the one in the README.
Next: `workbench lab` opens JupyterLab on the notebooks."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """A research workbench for trading strategies: exact backtests in a notebook."""


@commands.command()
def demo() -> None:
    """Backtest a moving-average cross on the sample prices and write tearsheet.html here."""
    from workbench.research.demo import run

    result = run()
    click.echo(str(result))
    path = Path("tearsheet.html")
    result.to_html(path)
    click.echo(AFTER_DEMO.format(path=path))
    if util.find_spec("jupyterlab") is None:
        click.echo(f"It needs JupyterLab: {ADD_LAB}")


@commands.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def lab(options: tuple[str, ...]) -> None:
    """Open JupyterLab on the notebooks; OPTIONS go to JupyterLab, such as --no-browser."""
    if util.find_spec("jupyterlab") is None:
        raise click.ClickException(f"JupyterLab is not installed in this environment; add it with: {ADD_LAB}")
    lay_out(FOLDER)
    place = [f"--ServerApp.root_dir={FOLDER.resolve()}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    sys.exit(subprocess.call([sys.executable, "-m", "jupyterlab", *place, *options]))


def lay_out(folder: Path) -> None:
    """Copy the notebooks that came with the package into `folder`; what is there already stays as it is."""
    folder.mkdir(exist_ok=True)
    for notebook in sorted(shipped().glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
            click.echo(f"copied {folder / notebook.name}")


def shipped() -> Path:
    """The notebooks of this installation: inside the package in a wheel, beside it in a checkout."""
    inside = Path(str(resources.files("workbench"))) / "notebooks"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[1] / "notebooks"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the entry point of the script `workbench`."""
    try:
        commands(args=arguments, prog_name="workbench")
    except (WorkbenchError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
