"""Count the tests in the reports of a CI run: JUnit files of pytest and the output of cargo test."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

__all__ = ["tally"]

RUST = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored", re.MULTILINE)


def tally(folder: Path) -> Counter[str]:
    """Passed, failed and skipped tests of every report in `folder`."""
    count: Counter[str] = Counter(passed=0, failed=0, skipped=0)
    for report in folder.glob("*.xml"):
        root = ElementTree.parse(report).getroot()
        for case in root.findall("testcase"):  # as node writes them, without a suite
            count["failed" if case.find("failure") is not None else "passed"] += 1
        for suite in root.iter("testsuite"):
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            count.update(passed=int(suite.get("tests", 0)) - failed - skipped, failed=failed, skipped=skipped)
    for log in folder.glob("cargo*.log"):
        for passed, failed_rust, ignored in RUST.findall(log.read_text()):
            count.update(passed=int(passed), failed=int(failed_rust), skipped=int(ignored))
    return count


if __name__ == "__main__":
    total = tally(Path(sys.argv[1]))
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    sys.exit(total["failed"] > 0 or total["passed"] == 0)
