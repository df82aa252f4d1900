"""The database of a catalog on a real PostgreSQL, which the test starts for itself on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
import pytest

from workbench.errors import StorageError
from workbench.market import Dataset, simulate
from workbench.market.bars import with_frame
from workbench.market.catalog import Catalog, sample

NOBODY = 65534  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """The folder of initdb and postgres; where it is missing, CI fails and others skip."""
    places = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parent)
    if places:
        return places[-1]
    if os.environ.get("CI") == "true":
        pytest.fail("initdb is missing; .ci/run installs Debian's package postgresql")
    pytest.skip("PostgreSQL is not installed here")


def identity() -> dict[str, int]:
    """Arguments of subprocess to run as somebody who is not root."""
    return {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """URL of a new cluster without a password, which is gone afterwards."""
    programs = binaries()
    home = Path(mkdtemp(prefix="workbench-pg-"))
    if identity():
        os.chown(home, NOBODY, NOBODY)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-A", "trust", "-U", "tester", "-E", "UTF8", "--no-locale", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", "-D", home / "data", *options], cwd=home, capture_output=True, text=True, **identity()
    )
    assert made.returncode == 0, made.stderr
    settings = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={home}", "-c", "fsync=off"]
    command = [programs / "postgres", "-D", home / "data", "-p", str(port), *settings]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, **identity())
        try:
            wait_for(programs, port, process)
            yield f"postgresql+pg8000://tester@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(60)
            shutil.rmtree(home, ignore_errors=True)


def wait_for(programs: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        asked = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        if subprocess.run(asked, capture_output=True).returncode == 0:
            return
        assert process.poll() is None, "the server did not start"
        threading.Event().wait(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture
def catalog(server: str, tmp_path: Path) -> Iterator[Catalog]:
    """An empty catalog on the server."""
    from sqlalchemy import create_engine

    engine = create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    made = Catalog(tmp_path, database=server)
    yield made
    made.close()


def test_the_sample_is_the_same(catalog: Catalog) -> None:
    """Assets, prices and actions through the other database, with the same hash."""
    theirs = sample()[["AAPL", "IBM", "MSFT"]]
    report = catalog.ingest(theirs)
    assert (report.new, report.actions) == (len(theirs), theirs.actions.height)
    assert catalog[["AAPL", "IBM", "MSFT"]].fingerprint == theirs.fingerprint
    assert catalog.verify()
    assert catalog.ingest(theirs).unchanged == len(theirs)
    assert catalog.ingests()["hash"].to_list() == [theirs.fingerprint] * 2
    assert not (catalog.folder / "catalog.sqlite").exists()


def test_everything_is_told_as_by_the_other_database(catalog: Catalog, tmp_path: Path) -> None:
    other = Catalog(tmp_path / "other")
    for made in (catalog, other):
        made.ingest(sample()[["FB", "MSFT"]])
        made.ingest(simulate.bars("X", "1h", n=50, seed=3))
    assert repr(catalog).splitlines()[1:] == repr(other).splitlines()[1:]
    assert (catalog.list(every="1h"), len(catalog), "FB" in catalog) == (["X"], 3, True)
    assert catalog.info("MSFT").series.equals(other.info("MSFT").series)
    assert catalog.coverage().frame.equals(other.coverage().frame)
    assert catalog.bars(["FB", "MSFT"], every="1w", adjusted="all", as_of="2013-01-31").fingerprint == (
        other.bars(["FB", "MSFT"], every="1w", adjusted="all", as_of="2013-01-31").fingerprint
    )
    assert catalog.clean(keep="30d").rows.equals(other.clean(keep="30d").rows)
    assert catalog["FB"].fingerprint == other["FB"].fingerprint
    other.close()


def test_merging_cutting_and_compacting(catalog: Catalog) -> None:
    hours = simulate.bars("X", "1h", n=50, seed=3)
    catalog.ingest(hours)
    for row in (5, 20, 30):
        changed = hours.frame[row : row + 2].with_columns(close="open", high="open", low="open")
        assert catalog.ingest(with_frame(hours, changed)).replaced == 2
    found = catalog.bars("X", every="1h").frame
    assert found["close"][20] == hours.frame["open"][20]
    assert catalog.compact() == 50
    assert catalog.bars("X", every="1h").frame.equals(found)
    assert catalog.verify()


def test_datasets(catalog: Catalog) -> None:
    """A second version, the file of the first one swept, and the rest as it was."""
    rows = pl.DataFrame({"known_at": ["2024-01-25T21:30Z", "2024-02-20T12:00Z"], "asset": "X", "eps": [2.18, 2.2]})
    earnings = Dataset.from_frame(rows, name="earnings")
    parts = (earnings.as_of("2024-02-01"), earnings, earnings)
    assert [catalog.ingest_dataset(part).new for part in parts] == [1, 1, 0]
    assert catalog.dataset("earnings").fingerprint == earnings.fingerprint
    assert catalog.datasets().select("name", "rows", "hash").rows() == [("earnings", 2, earnings.fingerprint)]
    assert catalog.verify()


def test_writers_take_turns(server: str, catalog: Catalog, tmp_path: Path) -> None:
    """Four at a time, who would all change the spans of one asset."""
    catalog.ingest(simulate.bars("X", "1h", n=40, seed=0))
    failures: list[BaseException] = []

    def work(number: int) -> None:
        own = Catalog(tmp_path, database=server)
        try:
            own.ingest(simulate.bars("X", "1h", n=40, seed=number))
        except BaseException as error:  # noqa: BLE001  told by the main thread
            failures.append(error)
        own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    allowed = [simulate.bars("X", "1h", n=40, seed=number).frame for number in range(1, 5)]
    assert any(catalog.bars("X", every="1h").frame.equals(frame) for frame in allowed)
    assert catalog.verify()


def test_a_writer_that_fails_leaves_nothing(catalog: Catalog) -> None:
    hours = simulate.bars("X", "1h", n=10, seed=3)
    (catalog.folder / "bars").parent.mkdir(exist_ok=True)
    (catalog.folder / "bars").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        catalog.ingest(hours)
    assert catalog.list() == []
    (catalog.folder / "bars").unlink()
    assert catalog.ingest(hours).new == 10


def test_trades_and_names(catalog: Catalog) -> None:
    import polars as pl

    trades = pl.DataFrame({"time": ["2024-01-02T10:00Z"] * 2, "price": [10.5, 10.25], "size": [3, 1]})
    catalog.ingest_trades(trades, "ÄÖ 1")
    assert catalog.trades("ÄÖ 1")["price"].to_list() == [10.5, 10.25]
    assert catalog.assets["ÄÖ 1"].price_digits == 2
