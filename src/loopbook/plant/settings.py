"""Settings of a month: how it is weighed, assayed and shipped, and who plays which part."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from loopbook.report import InputRow


@dataclass(frozen=True, slots=True)
class MonthSettings:
    """A month's settings, checked.

    Attributes
    ----------
    texts, numbers : by name; numbers in the units of `SETTINGS`.
    inputs : input rows of the numbers.
    """

    texts: Mapping[str, str]
    numbers: Mapping[str, float]
    inputs: tuple[InputRow, ...]

    @property
    def start(self) -> datetime:
        """First moment of the month, UTC."""
        year, month = self.texts["month"].split("-")
        return datetime(int(year), int(month), 1, tzinfo=UTC)

    @property
    def days(self) -> int:
        """Days of the month."""
        return calendar.monthrange(self.start.year, self.start.month)[1]

    @property
    def end(self) -> datetime:
        """First moment after the month."""
        return self.start + timedelta(days=self.days)

    @property
    def year_share(self) -> float:
        """Share of the year's days that the month has."""
        return self.days / (366 if calendar.isleap(self.start.year) else 365)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the input rows."""
        return tuple(row.key for row in self.inputs)
