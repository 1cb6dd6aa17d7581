"""The settings of ``month.toml`` of a case."""

from pathlib import Path

from loopbook.cases.folder.fields import CaseFindings
from loopbook.errors import InputError
from loopbook.plant import MonthSettings, read_month


def month_of(path: Path, findings: CaseFindings) -> MonthSettings | None:
    """Settings of a ``month.toml``, or None without one; its errors are added to the findings."""
    if not path.exists():
        return None
    try:
        settings = read_month(path, findings.sources)
    except InputError as error:
        findings.items.extend(error.findings)
        return None
    years, month = findings.years, settings.texts["month"]
    if years and not years[0] <= int(month[:4]) <= years[1]:
        findings.note(
            "year", "a month of {} to {}".format(*years), month, at=settings.place("month")
        )
        return None
    return settings
