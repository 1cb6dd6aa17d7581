"""Lots become one new lot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownMaterial, KnownSite, MadeLot, SomeMass
from loopbook.book.commands.moving.locating import LocationName, check_location
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class Blend(Command):
    """Lots at one site become one new lot; each owner keeps what is its own."""

    inputs_kg: Annotated[Mapping[FreeLot, SomeMass | None], "mass of each lot; null for all of it"]
    site: Annotated[KnownSite, "where"]
    lot: Annotated[MadeLot, "name of the blend"]
    material: Annotated[KnownMaterial, "what it is"]
    serials: Annotated[
        Mapping[str, Sequence[SerialText]] | None, "by input, all serials of it that went in"
    ] = None
    location: Annotated[LocationName | None, "where inside the site the blend is"] = None

    copies = True
    example = {
        "inputs_kg": {"S-1": 1000, "G-1": None},
        "site": "Works",
        "lot": "B-1",
        "material": "electrode scrap",
    }
    added = ("serials", "location")
    check_location = check_location

    def check_serials(
        self,
        draft: Draft,
        *,
        inputs_kg: Mapping[str, int | None],
        serials: Mapping[str, Spans] | None,
    ) -> None:
        """Serials are of the inputs."""
        check_spans(draft, serials, inputs_kg, "an input of the blend")

    def plan(self, draft: Draft, *, inputs_kg: Mapping[str, int | None], site: str) -> None:
        """All inputs to one new lot."""
        draft.make(self.lot, self.material)
        for account, content in draft.take_all(inputs_kg, site).items():
            draft.shift(account, Account("lot", account.party, self.site, self.lot), content)

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """From the inputs to the blend."""
        for lot, serials in stored["serials"].items():
            yield lot, stored["lot"], serials
