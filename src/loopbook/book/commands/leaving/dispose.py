"""Mass of a lot leaves as waste or emission."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownSite, SomeMass
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account
from loopbook.tables import Choice, Value


@dataclass(frozen=True, kw_only=True)
class Dispose(Command):
    """Mass of a lot leaves as waste or emission."""

    lot: Annotated[FreeLot, "the lot"]
    site: Annotated[KnownSite, "where it is"]
    way: Annotated[str, Choice("waste", "emission"), "how it leaves"] = "waste"
    mass_kg: Annotated[SomeMass | None, "how much; null for all of it"] = None
    serials: Annotated[Sequence[SerialText] | None, "all serials that were disposed of"] = None

    line = ("", "")
    example = {"lot": "S-1", "site": "Works", "mass_kg": "12.5"}
    added = ("serials",)

    def check_serials(self, draft: Draft, *, serials: Spans | None) -> None:
        """Each serial is named once."""
        check_spans(draft, {self.lot: serials or ()}, {self.lot: None}, "the lot")

    def plan(self, draft: Draft, *, lot: str, site: str, mass_kg: int | None = None) -> None:
        """Mass of the lot to ``waste`` or ``emission``."""
        taken = draft.take(lot, site, mass_kg, at="site" if mass_kg is None else "mass_kg")
        for account, content in taken.items():
            draft.shift(account, Account(self.way, account.party, account.site), content)

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """From the lot to the waste."""
        yield stored["lot"], f"{stored['way']}//{stored['site']}/", stored["serials"]
