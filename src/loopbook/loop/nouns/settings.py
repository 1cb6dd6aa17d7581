"""What ``case.toml`` sets: title, time, money, carbon, and switches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from loopbook.loop.nouns.matter import READINGS
from loopbook.loop.time.calendar import Calendar
from loopbook.loop.values.cells import Day
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import CURRENCIES, Quantity
from loopbook.tables import Choice, Flag, Name, Text

NOMINAL = "nominal"
"""The year of money that is not converted."""


@dataclass(frozen=True, kw_only=True)
class Money:
    """The money of results: nothing before `from_` counts."""

    currency: Annotated[str, Choice(*CURRENCIES), "of results"] = CURRENCIES[0]
    year: Annotated[str, Text("a year or nominal"), "year of the money, or nominal"] = NOMINAL
    from_: Annotated[str, Text("a period"), "first period whose money counts"] = ""
    index: Annotated[
        str, Text("a series"), "price index by which money of another year is converted"
    ] = ""


@dataclass(frozen=True, kw_only=True)
class PresentValue:
    """How cash flows are discounted."""

    rate: Annotated[Quantity, SHARE, "interest of a year"]
    at: Annotated[date, Day(), "day that they are discounted to"]
    flows: Annotated[str, Choice("end", "middle"), "when the flows of a period fall"] = "end"


@dataclass(frozen=True, kw_only=True)
class Carbon:
    """How burdens are added up before they go to what is sold."""

    boundary: Annotated[str, Choice("site", "party"), "within which they are added up"] = "site"
    allocate: Annotated[str, Choice("mass", "revenue"), "by what they go to products"] = "mass"


@dataclass(frozen=True, kw_only=True)
class Recycled:
    """What counts as recycled."""

    readings: Annotated[
        tuple[Annotated[str, Choice(*READINGS)], ...], "readings of a regulation"
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A scenario that can be switched on."""

    title: Annotated[str, Name("a title"), "what it is, for people"]
    default: Annotated[bool, Flag(), "whether it is on unless it is switched"] = False
    as_of: Annotated[
        date | None, Day(), "of a later version of the case: the day of what its rows know"
    ] = None
    on: bool = False
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a loop.

    Parameters
    ----------
    calendar : its periods and steps.
    money, npv, carbon, recycled : see there; no `npv` where nothing is discounted.
    as_of : day of what the rows without a switch know; None if it is not given.
    switches : by name, with whether each is on in this run.
    written : settings as they are written, by path (``money/currency``): text and place.
    """

    title: str
    calendar: Calendar
    money: Money = Money()
    npv: PresentValue | None = None
    carbon: Carbon = Carbon()
    recycled: Recycled = Recycled()
    as_of: date | None = None
    switches: Mapping[str, Switch] = field(default_factory=dict)
    written: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def dated(self) -> tuple[str, ...]:
        """Names of the switches in force that are later versions of the case, in order of time."""
        days = {name: x.as_of for name, x in self.switches.items() if x.on and x.as_of}
        return tuple(sorted(days, key=days.__getitem__))

    @property
    def version(self) -> date | None:
        """Day of what the rows in force know."""
        return self.switches[self.dated[-1]].as_of if self.dated else self.as_of
