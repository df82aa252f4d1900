"""The command `workbench`: one short function per command.

A command only asks the library and prints: the answer on stdout, as text or with `--json` as one JSON value; progress
and errors on stderr. It ends with 0 when all is well, with 1 when something was refused, failed or found unsound, and
with 2 when the command line itself makes no sense.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from importlib import resources, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench import __version__
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.market.catalog import Catalog

__all__ = ["commands", "main"]

FOLDER = Path("notebooks")
FIRST = "quickstart.ipynb"
ADD_LAB = f"{sys.executable} -m pip install 'workbench[lab]'"
AFTER_DEMO = """
Wrote {path}: open it in a browser.
The strategy is `workbench.research.demo.Cross`, the one in the README.
Next: `workbench lab` opens JupyterLab on the notebooks."""
Command = Callable[..., None]


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


def placed(command: Command) -> Command:
    """The options that every command on a catalog has: which one, and whether it answers in JSON."""
    command = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value.")(command)
    where = "Folder of the catalog; by default the one in your data folder."
    return click.option("--catalog", "folder", type=click.Path(path_type=Path), envvar="WORKBENCH_CATALOG", help=where)(
        command
    )


def windowed(command: Command) -> Command:
    """The options that cut a stretch of time out of bars of one length."""
    command = click.option("--end", help="Last session, or an aware time.")(command)
    command = click.option("--start", help="First session, or an aware time.")(command)
    return click.option("--every", default="1d", show_default=True, help="Length of a bar, such as 1m.")(command)


@commands.group()
def ingest() -> None:
    """Take prices into a catalog: files in whatever layout, which is detected and told."""


def ingesting(command: Command) -> Command:
    """The options of every way to ingest."""
    command = click.option("--refresh", is_flag=True, help="Read again what was read before.")(command)
    command = click.option(
        "--policy",
        type=click.Choice(["fail", "drop", "fix", "flag"]),
        default="fail",
        show_default=True,
        help="What to do with rows that cannot be true.",
    )(command)
    command = click.option("--currency", help="Currency of the prices; by default USD.")(command)
    command = click.option("--calendar", help="Calendar of their exchange, such as XNYS; by default 24/7.")(command)
    return windowed(placed(command))


FILE = click.Path(exists=True, path_type=Path)


@ingest.command("csv")
@click.argument("path", metavar="FILE", type=FILE)
@click.option("--asset", help="Its name; by default that of the file, or the asset column.")
@click.option("--tz", help="Time zone of naive times, such as America/New_York.")
@click.option("--delimiter", help="The sign between fields.")
@click.option("--encoding", help="Such as utf-8 or cp1252.")
@click.option("--date-format", help="iso, us, eu, epoch_s (ms, us, ns), or such as %d.%m.%Y.")
@click.option("--decimal", help="The sign before decimals.")
@click.option("--missing", type=click.Choice(["fail", "skip", "interpolate"]), help="Rows without a price.")
@ingesting
def ingest_csv(**options: Any) -> None:
    """Take in a CSV file, or a folder with one for each asset."""
    _ingest("csv", options)


@ingest.command("parquet")
@click.argument("path", metavar="FILE", type=FILE)
@click.option("--asset", help="Its name; by default that of the file, or the asset column.")
@click.option("--tz", help="Time zone of naive times, such as America/New_York.")
@ingesting
def ingest_parquet(**options: Any) -> None:
    """Take in a Parquet file, or a folder with one for each asset."""
    _ingest("parquet", options)


@ingest.command("csvdir")
@click.argument("path", metavar="FOLDER", type=FILE)
@ingesting
def ingest_csvdir(**options: Any) -> None:
    """Take in a folder as Zipline's csvdir bundle wants it, with its splits and dividends."""
    _ingest("csvdir", options)


def _ingest(source: str, options: dict[str, Any]) -> None:
    as_json, catalog, assets = options.pop("as_json"), _catalog(options.pop("folder")), options.pop("asset", None)
    given = {name: value for name, value in options.items() if value is not None}
    with _progress(source) as progress:
        report = catalog.ingest(source, assets, progress=progress, **given)
    _say(report, report.to_dict(), as_json=as_json)


@commands.group("catalog")
def catalogs() -> None:
    """Look at a catalog, check it, mend it, copy it."""


@catalogs.command("list")
@click.option("--kind", help="Only this kind, such as equity or crypto.")
@click.option("--every", help="Only those with bars of this length.")
@placed
def list_assets(folder: Path | None, as_json: bool, **options: Any) -> None:
    """The names of the assets."""
    names = _catalog(folder).list(**options)
    _say("\n".join(names), names, as_json=as_json)


@catalogs.command()
@click.argument("asset")
@placed
def info(asset: str, folder: Path | None, as_json: bool) -> None:
    """All that is known of ASSET."""
    found = _catalog(folder).info(asset)
    facts = {"asset": str(found.asset), **found.asset.attributes(), "actions": found.actions}
    frames = {name: getattr(found, name).to_dicts() for name in ("series", "symbols", "ingests")}
    _say(found, {**facts, **frames}, as_json=as_json)


@catalogs.command()
@click.argument("assets", nargs=-1)
@click.option("--every", help="Only this length.")
@placed
def coverage(assets: tuple[str, ...], every: str | None, folder: Path | None, as_json: bool) -> None:
    """Which stretches of time are held of ASSETS, and what is missing."""
    found = _catalog(folder).coverage(list(assets) or None, every=every)
    _say(found, found.frame.to_dicts(), as_json=as_json)


@catalogs.command()
@click.argument("assets", nargs=-1)
@click.option("--every", default="1d", show_default=True, help="Length of a bar.")
@placed
def validate(assets: tuple[str, ...], every: str, folder: Path | None, as_json: bool) -> None:
    """What is strange in the bars of ASSETS; ends with 1 if something cannot be true."""
    report = _catalog(folder).validate(list(assets) or None, every=every)
    _say(report, {"counts": report.counts, "findings": report.frame.to_dicts()}, as_json=as_json)
    sys.exit(0 if report.ok else 1)


@catalogs.command()
@placed
def verify(folder: Path | None, as_json: bool) -> None:
    """Whether every file is what was written; ends with 1 if one is not."""
    found = _catalog(folder).verify()
    told = {"sound": bool(found), "files": found.files, "rows": found.rows, "problems": found.problems.to_dicts()}
    _say(found, told, as_json=as_json)
    sys.exit(0 if found else 1)


@catalogs.command()
@click.option("--keep", help="Also drop history that is older: 90d, 6mo, 2y, or before a date.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only tell what would go.")
@placed
def clean(keep: str | None, dry_run: bool, folder: Path | None, as_json: bool) -> None:
    """Remove files that nobody needs, and with --keep old history."""
    found = _catalog(folder).clean(keep=keep, dry_run=dry_run)
    _say(found, {"files": found.files, "bytes": found.bytes, "rows": found.rows.to_dicts()}, as_json=as_json)


@catalogs.command()
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("assets", nargs=-1)
@click.option("--format", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@windowed
@placed
def export(target: Path, assets: tuple[str, ...], folder: Path | None, as_json: bool, **options: Any) -> None:
    """Copy bars of ASSETS, or of all, into a new FOLDER."""
    paths = [str(path) for path in _catalog(folder).export(target, list(assets) or None, **options)]
    _say("\n".join(paths), paths, as_json=as_json)


@catalogs.command()
@click.argument("bundle", type=FILE)
@click.option("--calendar", help="Calendar of its sessions; by default the bundle's own.")
@placed
def migrate(bundle: Path, calendar: str | None, folder: Path | None, as_json: bool) -> None:
    """Take in all of a Zipline BUNDLE: assets with their symbols, bars, splits and dividends."""
    catalog = _catalog(folder)
    with _progress("migrate") as progress:
        report = catalog.migrate(bundle, calendar=calendar, progress=progress)
    _say(report, report.to_dict(), as_json=as_json)


def _catalog(folder: Path | None) -> Catalog:
    from workbench.market.catalog import Catalog

    return Catalog.default() if folder is None else Catalog(folder)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time that is left, on stderr, where somebody is looking."""
    from tqdm import tqdm

    with tqdm(desc=what, unit=" assets", leave=False, disable=not sys.stderr.isatty()) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def _say(text: object, value: object, *, as_json: bool) -> None:
    """The answer, for people or for programs."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False) if as_json else str(text))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the entry point of the script `workbench`."""
    try:
        commands(args=arguments, prog_name="workbench")
    except (WorkbenchError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
