"""Make ``docs/gmbi-loop.png``, the loop as a network, out of the program's own report.

Run it from the project after a change of the case or of the report; it needs a Chromium::

    python docs/make_picture.py

It runs the case ``gmbi``, opens the report in a headless browser as a person would, chooses
nickel, and takes a picture of the network.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "report"))

from browser import CHROMIUM, Browser  # noqa: E402  (the tests' browser)

from loopbook.cases import run_case  # noqa: E402  (after the path above)
from loopbook.report import write_report  # noqa: E402  (after the path above)

WIDTH = 1320
"""Of the window, in CSS pixels."""


def make_picture(report: Path, picture: Path, *, measure: int = 1) -> None:
    """Write a picture of a report's network.

    Parameters
    ----------
    report : page that `write_report` wrote.
    picture : PNG to write.
    measure : place of the measure that the widths are.
    """
    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        browser.view(WIDTH, 1000, scale=1.1)
        browser.open(report)
        browser.ask(f"document.querySelector('input[name=measure][value=\"{measure}\"]').click()")
        browser.settle()
        browser.picture(picture, "#loop")


if __name__ == "__main__":
    if not CHROMIUM:
        sys.exit("make_picture.py needs a Chromium: install the package chromium")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        write_report(run_case(ROOT / "cases" / "gmbi"), page)
        make_picture(page, ROOT / "docs" / "gmbi-loop.png")
