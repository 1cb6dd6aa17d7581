"""What a question to the book is about: which accounts, and which moments on both clocks."""

from dataclasses import dataclass

TRANSIT = "in transit"
"""Site that stands for every road; the accounts on one are ``in transit NUMBER``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which accounts count: of a party, at a site, of a lot; None for all."""

    party: str | None = None
    site: str | None = None
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment on each clock, microseconds since 1970 UTC, inclusive; None for now.

    Parameters
    ----------
    occurred : what had happened by then counts.
    recorded : what the book knew by then counts.
    posted : what belongs to periods up to then counts; see `Event.posted_at`.
    """

    occurred: int | None = None
    recorded: int | None = None
    posted: int | None = None

    @property
    def now(self) -> bool:
        """Whether everything counts."""
        return self.occurred is self.recorded is self.posted is None


NOW = AsOf()
EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to, but not including, `end`; as known at `known_at`, None for now.

    What counts is the date that decides an event's period (`Event.posted_at`).
    """

    start: int
    end: int
    known_at: int | None = None

    @property
    def before(self) -> AsOf:
        """The last moment before the stretch."""
        return AsOf(recorded=self.known_at, posted=self.start - 1)

    @property
    def asof(self) -> AsOf:
        """The last moment of the stretch."""
        return AsOf(recorded=self.known_at, posted=self.end - 1)
