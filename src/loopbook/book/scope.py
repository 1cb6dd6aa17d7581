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
    """

    occurred: int | None = None
    recorded: int | None = None

    @property
    def now(self) -> bool:
        """Whether everything counts."""
        return self.occurred is None and self.recorded is None


NOW = AsOf()
EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to, but not including, `end`; as known at `known_at`, None for now."""

    start: int
    end: int
    known_at: int | None = None

    @property
    def before(self) -> AsOf:
        """The last moment before the stretch."""
        return AsOf(self.start - 1, self.known_at)

    @property
    def asof(self) -> AsOf:
        """The last moment of the stretch."""
        return AsOf(self.end - 1, self.known_at)
