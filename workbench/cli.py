"""The command `workbench`: one short function per command.

A command only asks the library and prints: the answer on stdout, as text or with `--json` as one JSON value; progress
and errors on stderr. It ends with 0 when all is well, with 1 when something was refused, failed or found unsound, with
2 when the command line itself makes no sense, and with 130 when it was stopped.
"""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from importlib import resources, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import click

from workbench import __version__
from workbench.errors import Interrupted, ParameterError, WorkbenchError

if TYPE_CHECKING:
    from workbench.market.catalog import Catalog
    from workbench.market.catalog.info import Info

__all__ = ["commands", "main"]

STOPPED = 130  # as shells say that Ctrl-C ended a program
FOLDER = Path("notebooks")
FIRST = "quickstart.ipynb"
ADD_LAB = f"{sys.executable} -m pip install 'workbench[lab]'"
AFTER_DEMO = """
Wrote {path}: open it in a browser.
The strategy is `workbench.research.demo.Cross`, the one in the README.
Next: `workbench lab` opens JupyterLab on the notebooks."""
Command = Callable[..., None]


class Refusing(click.Group):
    """Commands whose errors are told in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the library or the system refuses ends with 1, Ctrl-C in the midst of work with 130."""
        try:
            return super().invoke(ctx)
        except Interrupted as error:
            click.echo(f"Interrupted: {error}", err=True)
            ctx.exit(STOPPED)
        except BrokenPipeError:
            raise
        except (WorkbenchError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Refusing, context_settings={"help_option_names": ["-h", "--help"]})
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
    trust(lay_out(FOLDER))
    place = [f"--ServerApp.root_dir={FOLDER.resolve()}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    sys.exit(subprocess.call([sys.executable, "-m", "jupyterlab", *place, *options]))


@commands.command(epilog="Example: workbench app runs, where run.save wrote runs/first and runs/second.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", default=5006, show_default=True, type=click.IntRange(1, 65535), help="Where it answers.")
@click.option("--show", is_flag=True, help="Open it in the browser.")
def app(folder: Path, port: int, show: bool) -> None:
    """Look at the saved runs below FOLDER in a browser: filter, compare, replay.

    It answers on this machine alone, and stops with Ctrl-C.
    """
    if util.find_spec("panel") is None:
        raise click.ClickException(f"Panel is not installed in this environment; add it with: {ADD_LAB}")
    from workbench.research.shelf import Shelf
    from workbench.views.apps.browsing import serve

    shelf = Shelf(folder)
    told = f"The runs of {folder} are at http://127.0.0.1:{port}; Ctrl-C stops it."
    serve(shelf, port=port, show=show, ready=lambda: click.echo(told))


def lay_out(folder: Path) -> list[Path]:
    """Copy the notebooks that came with the package into `folder`; what is there already stays as it is."""
    folder.mkdir(exist_ok=True)
    missing = [each for each in sorted(shipped().glob("*.ipynb")) if not (folder / each.name).exists()]
    for notebook in missing:
        shutil.copyfile(notebook, folder / notebook.name)
        click.echo(f"copied {folder / notebook.name}")
    return [folder / each.name for each in missing]


def trust(notebooks: Iterable[Path]) -> None:
    """Sign what has just been copied: JupyterLab takes styles and drawings out of outputs that nobody has signed."""
    from nbformat import read
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary()
    for notebook in notebooks:
        notary.sign(read(notebook, as_version=4))


def shipped() -> Path:
    """The notebooks of this installation: inside the package in a wheel, beside it in a checkout."""
    inside = Path(str(resources.files("workbench"))) / "notebooks"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[1] / "notebooks"


def placed(command: Command) -> Command:
    """The options that every command on a catalog has: which one, and whether it answers in JSON."""
    where = "Folder of the catalog; by default the one in your data folder."
    command = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value.")(command)
    named: dict[str, Any] = {"metavar": "FOLDER", "type": click.Path(path_type=Path), "envvar": "WORKBENCH_CATALOG"}
    return click.option("--catalog", "folder", show_envvar=True, help=where, **named)(command)


def windowed(command: Command) -> Command:
    """The options that cut a stretch of time out of bars of one length."""
    command = click.option("--end", metavar="DATE", help="Last session, or an aware time.")(command)
    command = click.option("--start", metavar="DATE", help="First session, or an aware time.")(command)
    return lengthy("1d")(command)


def lengthy(default: str | None) -> Callable[[Command], Command]:
    """The option that says which bars are meant."""
    told = "Length of a bar: 1d, 1h, 15m or 1m." if default else "Only bars of this length: 1d, 1h, 15m or 1m."
    return click.option("--every", metavar="LENGTH", default=default, show_default=True, help=told)


def judging(command: Command) -> Command:
    """The options of every way to take in prices: what they are in, and what is done with wrong ones."""
    policies = click.Choice(["fail", "drop", "fix", "flag"])
    told = "What to do with rows that cannot be true."
    command = click.option("--policy", type=policies, default="fail", show_default=True, help=told)(command)
    command = click.option("--currency", metavar="CODE", help="Currency of the prices; by default USD.")(command)
    return click.option("--calendar", metavar="NAME", help="Calendar of their exchange, such as XNYS.")(command)


@commands.group()
def ingest() -> None:
    """Take prices into a catalog.

    How files are laid out is found out: dates, decimals, delimiter, encoding. What was decided is told; options
    overrule it.
    """


def ingesting(command: Command) -> Command:
    """The options of every way to ingest."""
    told = "Only this asset; repeat it for several. It names the asset of a file that names none."
    more = "Let known assets have more digits where the new prices have; else they are rounded to theirs."
    command = click.option("--redigit", is_flag=True, help=more)(command)
    command = click.option("--refresh", is_flag=True, help="Read again what was read before.")(command)
    command = windowed(judging(command))
    return click.option("--asset", "assets", metavar="NAME", multiple=True, help=told)(command)


FILE = click.Path(exists=True, path_type=Path)
zoned = click.option("--tz", metavar="ZONE", help="Time zone of naive times, such as America/New_York.")


@ingest.command("csv", epilog="Example: workbench ingest csv aapl.csv --asset AAPL --calendar XNYS")
@click.argument("path", metavar="FILE", type=FILE)
@ingesting
@zoned
@click.option("--date-format", metavar="FORMAT", help="iso, us, eu, epoch_s, epoch_ms, or such as %d.%m.%Y.")
@click.option("--delimiter", metavar="SIGN", help="The sign between fields.")
@click.option("--decimal", metavar="SIGN", help="The sign before decimals.")
@click.option("--encoding", metavar="NAME", help="Such as utf-8 or cp1252.")
@click.option("--missing", type=click.Choice(["fail", "skip", "interpolate"]), help="Rows without a price.")
@placed
def ingest_csv(**options: Any) -> None:
    """Take in a CSV file, or a folder with one for each asset."""
    _ingest("csv", **options)


@ingest.command("parquet", epilog="Example: workbench ingest parquet prices/ --every 1m --calendar XNYS")
@click.argument("path", metavar="FILE", type=FILE)
@ingesting
@zoned
@placed
def ingest_parquet(**options: Any) -> None:
    """Take in a Parquet file, or a folder with one for each asset."""
    _ingest("parquet", **options)


@ingest.command("csvdir", epilog="Example: workbench ingest csvdir ~/csvdir --calendar XNYS")
@click.argument("path", metavar="FOLDER", type=FILE)
@ingesting
@placed
def ingest_csvdir(**options: Any) -> None:
    """Take in a folder of Zipline's csvdir, splits and dividends too."""
    _ingest("csvdir", **options)


def _ingest(source: str, folder: Path | None, assets: tuple[str, ...], as_json: bool, **options: Any) -> None:
    names = assets[0] if len(assets) == 1 else list(assets) or None
    given = {name: value for name, value in options.items() if value is not None}
    with _progress(source) as progress:
        report = _catalog(folder).ingest(source, names, progress=progress, **given)
    _say(repr(report), report.to_dict, as_json=as_json)


@commands.group("catalog")
def catalogs() -> None:
    """Look at a catalog, check it, mend it, copy it."""


@catalogs.command("list")
@click.option("--kind", metavar="KIND", help="Only this kind, such as equity or crypto.")
@lengthy(None)
@placed
def list_assets(folder: Path | None, as_json: bool, **options: Any) -> None:
    """List the names of the assets."""
    names = _held(folder).list(**options)
    _say("\n".join(names), lambda: names, as_json=as_json)


@catalogs.command()
@click.argument("asset", required=False)
@placed
def info(asset: str | None, folder: Path | None, as_json: bool) -> None:
    """Tell all that is known of ASSET, or of the catalog."""
    catalog = _held(folder)
    if asset is None:
        _say(repr(catalog), lambda: _facts(catalog), as_json=as_json)
    else:
        found = catalog.info(asset)
        _say(repr(found), lambda: _facts_of(found), as_json=as_json)


def _facts(catalog: Catalog) -> dict[str, Any]:
    frames = {"datasets": catalog.datasets().to_dicts(), "ingests": catalog.ingests().to_dicts()}
    return {"folder": str(catalog.folder), "assets": catalog.list(), **frames}


def _facts_of(found: Info) -> dict[str, Any]:
    frames = {name: getattr(found, name).to_dicts() for name in ("series", "symbols", "ingests", "datasets")}
    return {"asset": str(found.asset), **found.asset.attributes(), "actions": found.actions, **frames}


@catalogs.command()
@click.argument("assets", nargs=-1)
@lengthy(None)
@placed
def coverage(assets: tuple[str, ...], every: str | None, folder: Path | None, as_json: bool) -> None:
    """Show what is held of ASSETS in time, and what is missing."""
    found = _held(folder).coverage(list(assets) or None, every=every)
    _say(found.text(shutil.get_terminal_size().columns), found.frame.to_dicts, as_json=as_json)


@catalogs.command()
@click.argument("assets", nargs=-1)
@lengthy("1d")
@placed
def validate(assets: tuple[str, ...], every: str, folder: Path | None, as_json: bool) -> None:
    """Show what is strange in the bars of ASSETS.

    Ends with 1 if there is something that cannot be true.
    """
    report = _held(folder).validate(list(assets) or None, every=every)
    told = {"ok": report.ok, "counts": report.counts}
    _say(repr(report), lambda: {**told, "findings": report.frame.to_dicts()}, as_json=as_json)
    sys.exit(0 if report.ok else 1)


@catalogs.command()
@placed
def verify(folder: Path | None, as_json: bool) -> None:
    """Check every file against what was written.

    Ends with 1 if a file is missing or was changed, or the database does not fit it.
    """
    found = _held(folder).verify()
    told = {"ok": bool(found), "files": found.files, "rows": found.rows, "bytes": found.bytes}
    _say(repr(found), lambda: {**told, "problems": found.problems.to_dicts()}, as_json=as_json)
    sys.exit(0 if found else 1)


@catalogs.command()
@click.option("--keep", metavar="AGE", help="Also drop history that is older: 90d, 6mo, 2y, or before a date.")
@click.option("--dry-run", is_flag=True, help="Change nothing, only tell what would go.")
@placed
def clean(keep: str | None, dry_run: bool, folder: Path | None, as_json: bool) -> None:
    """Remove files that nobody needs.

    With --keep, old history goes too.
    """
    found = _held(folder).clean(keep=keep, dry_run=dry_run)
    told = {"dry_run": dry_run, "files": found.files, "bytes": found.bytes}
    _say(repr(found), lambda: {**told, "rows": found.rows.to_dicts()}, as_json=as_json)


@catalogs.command()
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
@click.argument("assets", nargs=-1)
@click.option("--format", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True)
@windowed
@placed
def export(target: Path, assets: tuple[str, ...], folder: Path | None, as_json: bool, **options: Any) -> None:
    """Copy bars of ASSETS, or of all, into a new FOLDER."""
    paths = [str(path) for path in _held(folder).export(target, list(assets) or None, **options)]
    _say("\n".join(paths), lambda: paths, as_json=as_json)


@catalogs.command()
@click.argument("bundle", type=FILE)
@judging
@placed
def migrate(bundle: Path, folder: Path | None, as_json: bool, **options: Any) -> None:
    """Take in all of a Zipline BUNDLE.

    Its bars of days and minutes, splits and dividends, and its assets with their symbols through time. Without
    --calendar the bundle's own is taken.
    """
    with _progress("migrate") as progress:
        report = _catalog(folder).migrate(bundle, progress=progress, **options)
    _say(repr(report), report.to_dict, as_json=as_json)


@commands.group("journal")
def journals() -> None:
    """Look at the journal of a run."""


def opened(command: Command) -> Command:
    """What every command on a journal takes."""
    command = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value.")(command)
    return click.argument("path", type=click.Path(path_type=Path))(command)


@journals.command("info")
@opened
def journal_info(path: Path, as_json: bool) -> None:
    """Say of which run a journal is, how long it is and what is missing."""
    from workbench import journal

    log = journal.read(path)
    told = {"records": len(log), "notices": [str(notice) for notice in log.notices], "header": log.header}
    _say(repr(log), lambda: told, as_json=as_json)


@journals.command("verify")
@opened
def journal_verify(path: Path, as_json: bool) -> None:
    """Check every byte of a journal and the chain of its records.

    Ends with 1 if anything was changed or is missing.
    """
    from workbench import journal

    log = journal.read(path)
    chain, notices = log.verify(), [str(notice) for notice in log.notices]
    lines = [*(f"! {notice}" for notice in notices), f"{len(log):,} records are as they were written; chain {chain}"]
    _say("\n".join(lines), lambda: {"records": len(log), "chain": chain, "notices": notices}, as_json=as_json)
    sys.exit(1 if notices else 0)


@commands.command()
@click.option("--list", is_flag=True, expose_value=False, help="List them, which is what is done without it, too.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON value.")
def indicators(as_json: bool) -> None:
    """List the indicators of `workbench.ta`, those of other packages too: how each is called and what it is."""
    from workbench import ta

    told = [_indicator(name) for name in dir(ta)]
    width = max(len(each["call"]) for each in told)
    lines = [f"{each['call']:{width}}  {each['about']}{_listed(each['outputs'])}" for each in told]
    _say("\n".join(lines), lambda: told, as_json=as_json)


def _listed(outputs: list[str]) -> str:
    return f" Outputs: {', '.join(outputs)}." if outputs else ""


def _indicator(name: str) -> dict[str, Any]:
    """Its call with the defaults, the first sentence of its docstring, and its outputs where it has several."""
    from workbench import ta

    try:
        function = getattr(ta, name)
    except ParameterError as error:
        # Another package that fails hides none of the others.
        return {"name": name, "call": f"ta.{name}", "about": f"Cannot be used: {error}", "outputs": []}
    signature = inspect.signature(function)
    known = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    about = (inspect.getdoc(function) or "").partition("\n")[0]
    call = f"ta.{name}{signature.replace(parameters=known, return_annotation=signature.empty)}"
    return {"name": name, "call": call, "about": about, "outputs": list(_outputs(function))}


def _outputs(function: Callable[..., object]) -> tuple[str, ...]:
    """The names of what it gives, none where that is one value."""
    found: tuple[str, ...] = getattr(get_type_hints(function).get("return"), "outputs", ())
    return found


def _catalog(folder: Path | None) -> Catalog:
    """The catalog that is meant, made by the first ingest."""
    from workbench.market.catalog import Catalog

    return Catalog.default() if folder is None else Catalog(folder)


def _held(folder: Path | None) -> Catalog:
    """A catalog that is there: a folder that was misspelt must not look like one that is empty and sound."""
    catalog = _catalog(folder)
    if not (catalog.folder / "catalog.sqlite").is_file():
        raise click.ClickException(f"{catalog.folder} holds no catalog; give --catalog, or make one: workbench ingest")
    return catalog


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time that is left, on stderr, where somebody is looking."""
    from tqdm import tqdm

    with tqdm(desc=what, unit=" assets", leave=False, disable=not sys.stderr.isatty()) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def _say(text: str, value: Callable[[], object], *, as_json: bool) -> None:
    """The answer, for people or for programs."""
    told = json.dumps(value(), default=_plain, ensure_ascii=False) if as_json else text
    click.echo(told, nl=bool(told))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the entry point of the script `workbench`."""
    commands(args=arguments, prog_name="workbench")
