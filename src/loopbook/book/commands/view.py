"""What a planner may know of the book: the one protocol between planning and storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from loopbook.book.nouns import (
    Account,
    Assayed,
    Content,
    Entry,
    Event,
    Location,
    Lot,
    Material,
    Month,
    Party,
    Period,
    Site,
    Vehicle,
)


class Past(Protocol):
    """What happened before a command."""

    def event(self, key: str) -> Event | None:
        """A posted event."""

    def reversal(self, key: str) -> str:
        """Key of the event that reversed an event; empty if none did."""

    def fact(self, key: str) -> Mapping[Account, Content]:
        """Legs of an event with all that amends or reverses it, by account."""

    def last_date(self, lot: str) -> int:
        """Date of the last posting on the lot's accounts; below all dates if there is none."""

    def history(self, lot: str) -> Sequence[Entry]:
        """All that was posted on the lot's accounts, by date and number of the event.

        On customers' accounts, what they got of the lot and sent back.
        """

    def counted_out(self, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty had before it was counted as nothing; nothing for others."""

    def assays(self, lot: str) -> Sequence[Assayed]:
        """All results of a lot that were not reversed, in the order in which they count."""

    def place(self, key: str) -> int:
        """Number of the place that an event has among those of its date."""


class Asked(Protocol):
    """What a view knows for warnings: vehicles, tickets with their stored tares, months."""

    def vehicle(self, name: str) -> Vehicle | None:
        """A registered vehicle."""

    def location(self, name: str) -> Location | None:
        """A registered location, by its site and name: ``Works/Bay 3``."""

    def taken(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of some keys that posted events have."""

    def number_of(self, key: str) -> int:
        """Number of an event in the order of recording."""

    def later_holds(self, lot: str, moment: int) -> Sequence[tuple[int, str]]:
        """Dates and reasons of a lot's holds after a moment, in order; empty of a release."""

    def month(self, period: Period) -> Month:
        """What was posted into a period and the time before it, and what is open at its end."""

    def tickets(self, vehicle: str, moment: int) -> Sequence[tuple[int, str]]:
        """Date and key of the tickets from a moment on that took a stored tare of a vehicle."""


class View(Past, Asked, Protocol):
    """The book as it is before a command, inside the transaction that will post it."""

    @property
    def substances(self) -> tuple[str, ...]:
        """Declared substances, in the order of every content."""

    def party(self, name: str) -> Party | None:
        """A registered party."""

    def site(self, name: str) -> Site | None:
        """A registered site."""

    def material(self, name: str) -> Material | None:
        """A registered material."""

    def lot(self, name: str) -> Lot | None:
        """A lot that was ever made, with when that was."""

    def period(self, name: str) -> Period | None:
        """A period by name."""

    def closed_until(self) -> int:
        """The end of the last closed period; below all dates if none is closed."""

    def open_before(self, moment: int) -> Period | None:
        """A period that began before a moment and is open."""

    def overlapping(self, start: int, end: int, *, but: str = "") -> Period | None:
        """A period but one that shares time with a stretch of it."""

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """The content of the lot's accounts, without the empty ones."""

    def delivered(self, lot: str) -> Mapping[str, Content]:
        """What customers have of a lot, by customer, without those that have nothing."""

    def hold(self, lot: str, moment: int) -> str:
        """Why the lot was on hold at a moment; empty if it was not."""

    def load_mg(self, site: str, hazard: str) -> int:
        """Mass of a hazard class that a site holds, mg."""

    def alike(self, kind: str, name: str) -> str:
        """Another name of a kind that people cannot see apart from a name; empty if none is."""

    def names(self, kind: str) -> Sequence[str]:
        """Known names of a kind (``lot``, ``party``, ...), for hints; may be cut short."""
