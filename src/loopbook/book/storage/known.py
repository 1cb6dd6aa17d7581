"""Parties, sites, materials, periods and substances of a book, as its events stated them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loopbook.book.nouns import Location, Material, Party, Period, Site, Tare, Vehicle
from loopbook.book.storage.database import Database
from loopbook.errors import StorageError
from loopbook.tables import near

BEFORE_ALL = -(2**63)
"""A moment before all dates."""


@dataclass(slots=True)
class Nouns:
    """Parties, sites, materials and periods as they are now.

    Parameters
    ----------
    closed_until : the end of the last closed period; below all dates if none is closed.
    modelled : what computed the book; empty for a book of what happened.
    strange_lots : lots whose name is not what it looks like, by that look; those of the events up
        to number `strange_until`.
    """

    substances: tuple[str, ...]
    parties: dict[str, Party] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    materials: dict[str, Material] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)
    closed_until: int = BEFORE_ALL
    vehicles: dict[str, Vehicle] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    modelled: str = ""
    strange_lots: dict[str, str] = field(default_factory=dict)
    strange_until: int = -1

    def counts_from(self, period: Period) -> int:
        """From when a period counts: the end of the one before it; its start if there is none.

        A date between two periods belongs to the later one.
        """
        earlier = [x.end for x in self.periods.values() if x.end <= period.start]
        return max(earlier, default=period.start)

    def alike(self, kind: str, name: str) -> str:
        """Another party, site, material, vehicle or period of nearly the name; empty if none is."""
        named: dict[str, Iterable[str]] = {"party": self.parties, "site": self.sites}
        named |= {"material": self.materials, "vehicle": self.vehicles, "location": self.locations}
        known, nearly = named.get(kind, self.periods), near(name)
        return next((x for x in known if x != name and near(x) == nearly), "")

    def learn(self, kind: str, name: str, body: str, *, number: int) -> None:
        """Take in one noun of an event, by the event's number."""
        try:
            values = stored_object(body, f"the {kind} {name!r}")
            if kind in ("vehicle", "tare"):
                self._learn_tare(name, values, number)
            else:
                self._learn(kind, name, values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(
                f"the {kind} {name!r} is damaged in the book: loopbook book verify names its event"
            ) from error

    def _learn_tare(self, name: str, values: dict[str, Any], number: int) -> None:
        """Take in a vehicle, or another tare of one."""
        tare, old = Tare(int(values["at"]), number, int(values["tare"])), self.vehicles.get(name)
        if old is None:
            self.vehicles[name] = Vehicle(name, values["name"], (tare,))
        else:
            self.vehicles[name] = Vehicle(name, old.name, (*old.tares, tare))

    def _learn(self, kind: str, name: str, values: dict[str, Any]) -> None:
        if kind == "party":
            self.parties[name] = Party(name, values["name"])
        elif kind == "site":
            limits = {h: int(mg) for h, mg in values["limits"].items()}
            self.sites[name] = Site(name, values["name"], limits)
        elif kind == "material":
            self.materials[name] = Material(name, values["name"], values["hazard"])
        elif kind == "location":
            self.locations[name] = Location(name, values["site"], values["name"])
        elif kind == "period":
            self.periods[name] = Period(name, int(values["start"]), int(values["end"]))
        elif kind == "close":
            old = self.periods[name]
            self.periods[name] = Period(name, old.start, old.end, closed=True)
            self.closed_until = max(self.closed_until, old.end)
        elif kind == "modelled":
            self.modelled = name
        elif kind == "substance":
            self.substances = (*self.substances, name)


def stored_object(text: str, what: str) -> dict[str, Any]:
    """The JSON object of a stored text; a `StorageError` if the text is damaged.

    >>> stored_object('{"run": "R-1"}', "event 7")
    {'run': 'R-1'}
    """
    try:
        value: dict[str, Any] = {**json.loads(text)}
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"{what} is damaged in the book: loopbook book verify names its event"
        ) from error
    return value


_NOUNS = (
    "SELECT event, kind, id, body FROM noun WHERE kind NOT IN ('hold', 'clock', 'located') "
    "ORDER BY event, kind, id"
)


def first_substances(db: Database) -> tuple[str, ...]:
    """The substances of the book when it was made."""
    settings: dict[str, str] = dict(db.rows("SELECT key, value FROM book"))
    return tuple(json.loads(settings["substances"]))


def read_nouns(db: Database) -> Nouns:
    """All nouns of a book but holds, in the order in which they were stated."""
    nouns = Nouns(first_substances(db))
    stated: list[tuple[int, str, str, str]] = db.rows(_NOUNS)
    for number, kind, name, body in stated:
        nouns.learn(kind, name, body, number=number)
    return nouns
