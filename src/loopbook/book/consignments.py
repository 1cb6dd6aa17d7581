"""What consignments weigh by their papers and as they arrived, and what is still in transit.

A consignment comes on several trucks, each a lot of its own, while its papers state one mass. The
difference is the consignment's: no truck is made lighter or heavier by it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from loopbook.book.book import Book
from loopbook.book.commands.draft import kg
from loopbook.book.modelled import says_modelled
from loopbook.book.scope import NOW, TRANSIT, AsOf
from loopbook.book.storage.known import stored_object
from loopbook.book.storage.questions.consignments import loads, masses_in_transit, masses_received
from loopbook.report import Answer, Column, Rows, counted, kilograms


def _mass(title: str) -> Column:
    return Column(
        f"{title}_kg", title.capitalize().replace("_", " "), "kg", decimals=3, read=kilograms
    )


@dataclass(frozen=True, slots=True)
class Consignment:
    """One consignment; masses in mg."""

    consignment: Annotated[str, "its number"]
    way: Annotated[str, "received from a supplier, or shipped between sites", Column(drops=1)]
    declared: Annotated[int, "mass by its papers, or as dispatched", _mass("declared")]
    arrived: Annotated[int, "mass of the loads that arrived, as weighed", _mass("arrived")]
    in_transit: Annotated[int | None, "what is still in transit", _mass("in_transit")]
    difference: Annotated[
        int, "declared, less what arrived and what is in transit", _mass("difference")
    ]
    loads: Annotated[tuple[str, ...], "its lots", Column(drops=2)]
    papers: Annotated[str, "papers that state several masses"] = ""


@dataclass(frozen=True, slots=True)
class Consignments(Answer):
    """Consignments by number."""

    consignments: Annotated[tuple[Consignment, ...], Rows("Consignments")]

    def headline(self) -> str:
        """How many there are."""
        return counted(len(self.consignments), "consignment")


@says_modelled
def list_consignments(book: Book, *, asof: AsOf = NOW) -> Consignments:
    """Consignments that loads were received by, and those that were shipped between sites.

    Of a consignment from a supplier nobody knows what is still in transit: it is in the difference
    until it arrives. Without a mass by its papers, what each receipt declares is added up.

    Parameters
    ----------
    asof : only what had happened, or was known, by a moment.
    """
    rows = [*_received(book, asof), *_shipped(book, asof)]
    return Consignments(tuple(sorted(rows, key=lambda x: (x.consignment, x.way))))


def _received(book: Book, asof: AsOf) -> Iterator[Consignment]:
    """Consignments from suppliers."""
    lots: dict[str, dict[str, int]] = defaultdict(dict)
    papers: dict[str, set[int]] = defaultdict(set)
    for stored in _commands(book, "receive", "consignment", asof):
        consignment = stored.get("consignment")
        if consignment:
            lots[consignment][stored["lot"]] = _mg(stored["mass_kg"])
            if stored.get("papers_kg"):
                papers[consignment].add(_mg(stored["papers_kg"]))
    masses = masses_received(book.store, sorted({x for some in lots.values() for x in some}), asof)
    for consignment, declared in lots.items():
        stated = sorted(papers[consignment])
        whole = stated[-1] if stated else sum(declared.values())
        arrived = sum(masses[lot] for lot in declared)
        several = ", ".join(map(kg, stated)) if len(stated) > 1 else ""
        yield Consignment(
            consignment,
            "received",
            whole,
            arrived,
            None,
            whole - arrived,
            tuple(sorted(declared)),
            several,
        )


def _commands(book: Book, kind: str, field: str, asof: AsOf) -> Iterator[Mapping[str, str]]:
    """Commands of a kind that have a field, as they are stored."""
    for number, text in loads(book.store, kind, field, asof):
        yield stored_object(text, f"the command of event {number}")


def _mg(text: str) -> int:
    """Milligrams of a stored mass, kg."""
    return int((Decimal(text) * 1_000_000).to_integral_value())


def _shipped(book: Book, asof: AsOf) -> Iterator[Consignment]:
    """Consignments between sites."""
    places: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    lots: dict[str, set[str]] = defaultdict(set)
    for place, lot, account, kind, mg in masses_in_transit(book.store, asof):
        places[place][account, kind] += mg
        lots[place] |= {lot} - {""}
    for stored in _commands(book, "arrive", "load", asof):
        lots[f"{TRANSIT} {stored['consignment']}"].add(stored["load"])
    for place, sums in places.items():
        on_road = sum(mg for (account, _), mg in sums.items() if account == "lot")
        dispatched, missing = sums["lot", "ship"], sums["unaccounted", "arrive"]
        arrived = -sums["lot", "arrive"] - missing
        yield Consignment(
            place.removeprefix(f"{TRANSIT} "),
            "shipped",
            dispatched,
            arrived,
            on_road,
            dispatched - arrived - on_road,
            tuple(sorted(lots[place])),
        )
