"""Indicators that other packages bring: found by name, and told apart when two claim one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench import ta
from workbench.cli import commands
from workbench.errors import ParameterError
from workbench.indicators.installed import installed


def install(site: Path, package: str, line: str) -> None:
    folder = site / f"{package}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[workbench.indicators]\n{line}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "their_module.py").write_text(
        "from workbench import ta\nNUMBER = 3\ndef slow():\n    return ta.sma(200)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_function_will_do_and_never_takes_ours_away(site: Path) -> None:
    install(site, "theirs", "slow = their_module:slow\nsma = their_module:slow")
    assert list(installed()) == ["slow", "sma"]
    assert ta.slow() == ta.sma(200)  # type: ignore[attr-defined]
    assert ta.sma(3) != ta.sma(200)


REFUSED = {
    "nothing there": ("slow = their_module:fast", "ta.slow is their_module:fast, which cannot be imported"),
    "a number": ("slow = their_module:NUMBER", "ta.slow is their_module:NUMBER, a int; it has to make an indicator"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(site: Path, name: str) -> None:
    line, message = REFUSED[name]
    install(site, "theirs", line)
    with pytest.raises(ParameterError, match=message):
        _ = ta.slow  # type: ignore[attr-defined]


def test_two_packages_cannot_share_a_name(site: Path) -> None:
    install(site, "one", "slow = their_module:slow")
    install(site, "other", "slow = their_module:NUMBER")
    with pytest.raises(
        ParameterError, match=r"the indicator 'slow' is registered as .* uninstall one of the two packages"
    ):
        installed()


def test_one_that_fails_hides_none_of_the_others(site: Path) -> None:
    install(site, "broken", "broken = no_such_module:Broken\nslow200 = their_module:slow")
    answer = CliRunner().invoke(commands, ["indicators", "--list"])
    lines = answer.stdout.splitlines()
    assert answer.exit_code == 0
    (broken,) = [line for line in lines if line.startswith("ta.broken ")]
    assert "Cannot be used: ta.broken is no_such_module:Broken, which cannot be imported" in broken
    assert [line.split("  ")[0] for line in lines if "slow200" in line] == ["ta.slow200()"]
    assert lines[0].startswith("ta.abs(")
