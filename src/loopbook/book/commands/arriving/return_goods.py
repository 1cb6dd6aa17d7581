"""Goods that were delivered come back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.fields import DeliveredLot, KnownParty, KnownSite, MadeLot, SomeMass
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account, mass, part
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class ReturnGoods(Command):
    """Goods that were delivered come back, all of a lot or a part of it, as a new lot."""

    lot: Annotated[DeliveredLot, "the lot that was delivered"]
    customer: Annotated[KnownParty, "who sends it back"]
    new_lot: Annotated[MadeLot, "name of what came back, a new lot"]
    owner: Annotated[KnownParty, "who has title to it now"]
    site: Annotated[KnownSite, "where it arrives"]
    mass_kg: Annotated[SomeMass | None, "how much; null for all that the customer has of it"] = None
    serials: Annotated[Sequence[SerialText] | None, "all serials that came back"] = None

    line = ("returned", "returned")
    copies = True
    example = {
        "lot": "D-1",
        "customer": "Trader",
        "new_lot": "D-1-returned",
        "owner": "Maker",
        "site": "Works",
        "mass_kg": 250,
    }
    added = ("serials",)

    def check_serials(self, draft: Draft, *, serials: Spans | None) -> None:
        """Each serial is named once."""
        named, lots = {self.new_lot: serials or ()}, {self.new_lot: None}
        check_spans(draft, named, lots, "what came back")

    def plan(self, draft: Draft, *, lot: str, customer: str, mass_kg: int | None = None) -> None:
        """From the customer to the new lot, in the proportions of what the customer has."""
        delivered = draft.view.delivered(lot)
        if customer not in delivered:
            verb = "has" if len(delivered) == 1 else "have"
            others = f"; {' and '.join(delivered)} {verb} some of it" if delivered else ""
            dated = draft.moment.isoformat()
            draft.note(
                "place",
                f"goods of lot {lot}",
                "none",
                at="customer",
                sentence=f"{customer} has nothing of lot {lot} at {dated}{others}",
                about="state",
            )
            return
        content = delivered[customer]
        whole = mass(content)
        if mass_kg is not None and mass_kg > whole:
            has = f"{customer} has {kg(whole)} of lot {lot}"
            hint = "leave out mass_kg, and report what the scale showed as a ticket of the new lot"
            draft.short(has, whole, mass_kg, at="mass_kg", hint=hint)
            return
        made = draft.view.lot(lot)
        draft.make(self.new_lot, "" if made is None else made.material)
        back = content if mass_kg is None else part(content, mass_kg)
        new = Account("lot", self.owner, self.site, self.new_lot)
        draft.shift(Account("customer", party=customer), new, back)
        draft.pass_through(Account("lot", self.owner, self.site, lot))

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """From the lot that was delivered to the new one."""
        yield stored["lot"], stored["new_lot"], stored["serials"]
