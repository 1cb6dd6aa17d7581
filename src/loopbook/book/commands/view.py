"""What a planner may know of the book: the one protocol between planning and storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from loopbook.book.nouns import Account, Content, Event, Lot, Material, Party, Period, Site


class Past(Protocol):
    """What happened before a command."""

    def event(self, key: str) -> Event | None:
        """A posted event."""

    def reversal(self, key: str) -> str:
        """Key of the event that reversed an event; empty if none did."""

    def dependents(self, key: str) -> Sequence[str]:
        """Keys of later events, not reversed, that touch the lots of an event."""

    def since(self, lot: str, moment: int) -> Mapping[Account, Mapping[int, Content]]:
        """What was posted on the lot's accounts by events dated after a moment, by their dates."""


class View(Past, Protocol):
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

    def closed_at(self, moment: int) -> Period | None:
        """The closed period that a moment is in."""

    def overlapping(self, start: int, end: int) -> Period | None:
        """A period that shares time with a stretch of it."""

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """The content of the lot's accounts, without the empty ones."""

    def hold(self, lot: str) -> str:
        """Why the lot is on hold; empty if it is not."""

    def load_mg(self, site: str, hazard: str) -> int:
        """Mass of a hazard class that a site holds, mg."""

    def alike(self, kind: str, name: str) -> str:
        """Another name of a kind that people cannot see apart from a name; empty if none is."""

    def names(self, kind: str) -> Sequence[str]:
        """Known names of a kind (``lot``, ``party``, ...), for hints; may be cut short."""
