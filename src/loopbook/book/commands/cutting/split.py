"""Parts of a lot become lots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, in_proportion, kg
from loopbook.book.commands.fields import FreeLot, MadeLot, SomeMass
from loopbook.book.commands.moving.locating import LocationName, locate_parts
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account, add, mass, negate, part
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class Split(Command):
    """Parts of a lot become lots; what is not named stays in the old one."""

    lot: Annotated[FreeLot, "the lot that is split"]
    parts_kg: Annotated[Mapping[MadeLot, SomeMass], "mass of each new lot"]
    serials: Annotated[
        Mapping[str, Sequence[SerialText]] | None, "by new lot, all serials that went into it"
    ] = None
    locations: Annotated[
        Mapping[str, LocationName] | None, "by new lot, where it is; else where the old one does"
    ] = None

    copies = True
    example = {"lot": "S-1", "parts_kg": {"S-1a": 500, "S-1b": "750.5"}}
    added = ("serials", "locations")

    def check_parts(self, draft: Draft, *, parts_kg: Mapping[str, int]) -> None:
        """There are parts."""
        if not parts_kg:
            draft.note("empty", "at least one part", "none", at="parts_kg")

    def check_serials(
        self, draft: Draft, *, parts_kg: Mapping[str, int], serials: Mapping[str, Spans] | None
    ) -> None:
        """Serials are of the parts."""
        check_spans(draft, serials, parts_kg, "a part of the split")

    def check_locations(
        self,
        draft: Draft,
        *,
        lot: str,
        parts_kg: Mapping[str, int],
        locations: Mapping[str, str] | None,
    ) -> None:
        """Each part is at a location of the lot's site."""
        sites = {account.site for account in draft.view.holdings(lot)}
        if len(sites) == 1:
            locate_parts(draft, parts_kg, sites.pop(), locations)

    def plan(self, draft: Draft, *, lot: str, parts_kg: Mapping[str, int]) -> None:
        """Parts of the lot to new lots, in its proportions."""
        cut(draft, lot, parts_kg, at="parts_kg")

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """From the lot to its parts."""
        for part_name, serials in stored["serials"].items():
            yield stored["lot"], part_name, serials


def cut(draft: Draft, lot: str, masses: Mapping[str, int], *, at: str) -> None:
    """Masses, mg, of a lot to new lots of its material, in the lot's proportions."""
    made = draft.view.lot(lot)
    left = dict(draft.view.holdings(lot))
    sites = sorted({account.site for account in left})
    if len(sites) > 1:
        draft.note(
            "place",
            "one site",
            ", ".join(sites),
            at="lot",
            sentence=f"lot {lot} is at several sites: {', '.join(sites)}",
            about="state",
        )
        return
    for name, amount in masses.items():
        draft.make(name, "" if made is None else made.material)
        whole = sum(mass(content) for content in left.values())
        if amount > whole:
            draft.short(f"lot {lot} has {kg(whole)} left for {name}", whole, amount, at=at)
            return
        for account, share in in_proportion(amount, left):
            taken = part(left[account], share)
            left[account] = add(left[account], negate(taken))
            draft.shift(account, Account("lot", account.party, account.site, name), taken)
