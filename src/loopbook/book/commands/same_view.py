"""A view of the book through another one: what a later view answers differently, it overrides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loopbook.book.commands.view import Asked, View
from loopbook.book.nouns import (
    Account,
    Assayed,
    Content,
    Event,
    Location,
    Material,
    Month,
    Party,
    Period,
    Site,
    Vehicle,
)


class SameAsked:
    """What another view, ``book``, knows for warnings."""

    __slots__ = ()
    book: Asked

    def vehicle(self, name: str) -> Vehicle | None:
        """A registered vehicle."""
        return self.book.vehicle(name)

    def location(self, name: str) -> Location | None:
        """A registered location."""
        return self.book.location(name)

    def taken(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of some keys that posted events have."""
        return self.book.taken(keys)

    def number_of(self, key: str) -> int:
        """Number of an event in the order of recording."""
        return self.book.number_of(key)

    def later_holds(self, lot: str, moment: int) -> Sequence[tuple[int, str]]:
        """Dates and reasons of a lot's holds after a moment; empty of a release."""
        return self.book.later_holds(lot, moment)

    def month(self, period: Period) -> Month:
        """What was posted into a period, and what is open at its end."""
        return self.book.month(period)

    def tickets(self, vehicle: str, moment: int) -> Sequence[tuple[int, str]]:
        """Tickets from a moment on that took a stored tare of a vehicle."""
        return self.book.tickets(vehicle, moment)


@dataclass(slots=True)
class SamePast(SameAsked):
    """What happened, with the answers of another view.

    Parameters
    ----------
    book : the other view.
    """

    book: View

    def assays(self, lot: str) -> Sequence[Assayed]:
        """All results of a lot that were not reversed."""
        return self.book.assays(lot)

    def event(self, key: str) -> Event | None:
        """A posted event."""
        return self.book.event(key)

    def fact(self, key: str) -> Mapping[Account, Content]:
        """Legs of an event with all that amends or reverses it."""
        return self.book.fact(key)

    def reversal(self, key: str) -> str:
        """Key of the event that reversed an event."""
        return self.book.reversal(key)

    def counted_out(self, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty had before it was counted as nothing."""
        return self.book.counted_out(lot)

    def place(self, key: str) -> int:
        """Number of the place that an event has among those of its date."""
        return self.book.place(key)


@dataclass(slots=True)
class SameView(SamePast):
    """A view with the answers of another."""

    @property
    def substances(self) -> tuple[str, ...]:
        """Declared substances."""
        return self.book.substances

    def party(self, name: str) -> Party | None:
        """A registered party."""
        return self.book.party(name)

    def site(self, name: str) -> Site | None:
        """A registered site."""
        return self.book.site(name)

    def material(self, name: str) -> Material | None:
        """A registered material."""
        return self.book.material(name)

    def period(self, name: str) -> Period | None:
        """A period by name."""
        return self.book.period(name)

    def closed_until(self) -> int:
        """The end of the last closed period."""
        return self.book.closed_until()

    def open_before(self, moment: int) -> Period | None:
        """A period that began before a moment and is open."""
        return self.book.open_before(moment)

    def overlapping(self, start: int, end: int, *, but: str = "") -> Period | None:
        """A period that shares time with a stretch of it."""
        return self.book.overlapping(start, end, but=but)

    def load_mg(self, site: str, hazard: str) -> int:
        """Mass of a hazard class at a site now."""
        return self.book.load_mg(site, hazard)

    def names(self, kind: str) -> Sequence[str]:
        """Known names of a kind."""
        return self.book.names(kind)
