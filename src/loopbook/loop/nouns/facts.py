"""Numbers of sites and things, in time or constant, how they are drawn, what is computed."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import Own, Ref
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Choice, Text, Value


@dataclass(frozen=True, kw_only=True)
class Parameter(Row):
    """A number of a site, a model, a material, a mode, a contract or a company.

    Parameters
    ----------
    value : a `Quantity`, or a text where the parameter is a choice or a law (``weibull 2.8, 12
        yr``); its declaration gives the type.
    """

    table = "parameters"
    key = ("on", "parameter", "of")
    ranged = "value"

    on: Annotated[
        str,
        Ref("a site, model, material, mode, contract or party", "any"),
        "what it is a number of",
    ]
    parameter: Annotated[str, Text(), "which number"]
    of: Annotated[str, Ref("a material", "material|group|component"), "of which material"] = ""
    value: Annotated[Value, Text("a value"), "the number with its unit"]


@dataclass(frozen=True, kw_only=True)
class InTime(Row):
    """Numbers in time."""

    table = "series"
    key = ("series",)
    wide = "period"
    role = "series"

    series: Annotated[str, Own(), "its name"]
    unit: Annotated[str, Text(), "of its numbers"]


@dataclass(frozen=True, kw_only=True)
class Law(Row):
    """How rows that move together are drawn; without a row: split normal through the points."""

    table = "laws"
    key = ("moves",)

    moves: Annotated[str, Own(), "word of the rows"]
    law: Annotated[
        str, Choice("split normal", "lognormal", "one of", "uniform"), "law of the draws"
    ] = "split normal"
    with_: Annotated[str, Text(), "another word that it moves with"] = ""
    rank_correlation: Annotated[
        Quantity | None, Measure("1", low=-1.0, high=1.0), "with it, -100..100 %"
    ] = None
    low_weight: Annotated[
        Quantity | None,
        SHARE,
        "of one of low, value and high: share of the draws that are low; a third without weights",
    ] = None
    high_weight: Annotated[Quantity | None, SHARE, "share of the draws that are high"] = None

    @property
    def weights(self) -> tuple[float, float, float]:
        """Shares of the draws that are low, value and high: equal ones if none is stated."""
        if self.low_weight is None and self.high_weight is None:
            return (1 / 3,) * 3
        low, high = (share_of(x) for x in (self.low_weight, self.high_weight))
        return low, 1.0 - low - high, high

    @property
    def correlation(self) -> float:
        """Rank correlation with the other word, -1..1."""
        return share_of(self.rank_correlation)


def share_of(quantity: Quantity | None) -> float:
    """A constant share as a number; 0 where there is none."""
    return 0.0 if quantity is None else float(quantity.in_month(0, "1")[0])


@dataclass(frozen=True, kw_only=True)
class Work(Row):
    """A work that numbers are from."""

    table = "sources"
    key = ("source_id",)
    role = "source"

    source_id: Annotated[str, Own(), "its name in tables"]
    title: Annotated[str, Text(), "its title"]
    authors: Annotated[str, Text(), "who wrote it"] = ""
    year: Annotated[str, Text(), "when it was published"] = ""
    publisher: Annotated[str, Text(), "who published it"] = ""
    url_or_doi: Annotated[str, Text(), "where to read it"] = ""
    licence: Annotated[str, Text(), "on which terms it may be used"] = ""
    note: Annotated[str, Text(), "anything else"] = ""


@dataclass(frozen=True, kw_only=True)
class Result(Row):
    """A column of a table of results, or with `row` its cells in one row of that table.

    Without `column` it is the table itself: its title, in `how` its note, and in `answer` what must
    be above zero in a row that is kept. Rows of the tables are named where they first occur.
    """

    table = "results"
    key = ("table", "column", "row", "by")

    table_: Annotated[str, Own(), "table of results"]
    column: Annotated[str, Own(), "its column; the table itself if empty"] = ""
    row: Annotated[str, Own(), "name of a row, for which this answer holds"] = ""
    by: Annotated[str, Own(), "second name of the row"] = ""
    title: Annotated[str, Text(), "for people; a column without title is not shown"] = ""
    unit: Annotated[str, Text("a unit"), "of the answer; 1 for a plain number or a share"] = ""
    answer: Annotated[str, Text("a formula"), "formula of what was walked"] = ""
    how: Annotated[str, Text(), "how it is computed, in words; of a table its note"] = ""


@dataclass(frozen=True, kw_only=True)
class Curve(Row):
    """Figures over a range of one number, or with `line` one of these figures.

    A row without `line` has the numbers that are moved, all to the same value; each other row of
    the curve is a line. With `against` a line is how much more it is than without, or with, that
    switch.
    """

    table = "curves"
    key = ("curve", "line")

    curve: Annotated[str, Own(), "its name"]
    line: Annotated[str, Own(), "name of a line; the curve itself if empty"] = ""
    title: Annotated[str, Text(), "for people"] = ""
    over: Annotated[str, Text("addresses"), "rows whose number is moved, with ; between them"] = ""
    least: Annotated[str, Text("a quantity"), "where the range begins"] = ""
    most: Annotated[str, Text("a quantity"), "where it ends"] = ""
    against: Annotated[str, Ref("a switch", "switch"), "switch that the other run changes"] = ""
    unit: Annotated[str, Text("a unit"), "of the answer"] = ""
    answer: Annotated[str, Text("a formula"), "one number, such as sum(cash(Maker))"] = ""
    gain: Annotated[str, Choice("yes"), "yes if the range counts in which it is not below zero"] = (
        ""
    )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Rows whose number is moved."""
        return tuple(x.strip() for x in self.over.split(";"))
