"""What if this lot is bad: where its matter is, who received some, and what was stated of it.

A *certificate* is anything that was stated of a lot to somebody, by a name: a recycled-content
certificate, a passport entry, a delivery's paper. The papers of deliveries are in the book;
others are given as a list.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np

from loopbook.book import (
    NOW,
    AsOf,
    Book,
    Content,
    Scope,
    deliveries,
    holdings,
    holds,
    lots_named,
    says_modelled,
    unknown_lot,
    unknown_names,
)
from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.report import (
    HIDDEN,
    KEYS,
    Answer,
    Column,
    Rows,
    counted,
    each_mass,
    each_share,
    moment_of,
)
from loopbook.serials import NOT_SURE, InLot, SerialRegister, Whereabouts
from loopbook.tables import read_table
from loopbook.trace.genealogy.answers import METALS, Reached, Recall
from loopbook.trace.genealogy.columns import Shares
from loopbook.trace.genealogy.files import genealogy_beside
from loopbook.trace.genealogy.genealogy import Genealogy, recall
from loopbook.trace.genealogy.reading import one_moment
from loopbook.trace.origins import site_origins


@dataclass(frozen=True, slots=True)
class Certificate:
    """Something that was stated of a lot."""

    id: Annotated[str, "its name", Column("certificate", "Certificate")]
    lot: Annotated[str, "the lot that it is about"]
    claim: Annotated[str, "what was stated", Column(drops=1)] = ""


@dataclass(frozen=True, slots=True)
class Touched(Certificate):
    """A certificate of a lot with matter from the suspected one."""

    shares: Annotated[Shares | None, "of the lot's matter, from the suspected", each_share()] = None


@dataclass(frozen=True, slots=True)
class Held:
    """What a site has of a lot."""

    lot: Annotated[str, "name of the lot"]
    material: Annotated[str, "what it is", Column(drops=2)]
    owner: Annotated[str, "who owns it"]
    site: Annotated[str, "where it is"]
    content: Annotated[Content, "all of its matter there", each_mass()]


@dataclass(frozen=True, slots=True)
class Reachable(Held):
    """A lot with matter from the suspected one that can still be stopped."""

    shares: Annotated[Shares, "of the lot's matter, from the suspected one", each_share()]
    serials: Annotated[
        int | str | None, "serials of the lot there", Column(decimals=0, adds=True)
    ] = None
    on_hold: Annotated[str | None, "why the lot is on hold"] = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of a lot with matter from the suspected one."""

    customer: Annotated[str, "to whom"]
    lot: Annotated[str, "what was delivered"]
    document: Annotated[str, "on which paper"]
    key: Annotated[str, "key of the event", Column(drops=HIDDEN)]
    occurred_at: Annotated[int, "when", Column(title="When", read=moment_of, drops=2)]
    amounts_mg: Annotated[Shares, "matter from the suspected lot in it", each_mass()]
    serials: Annotated[
        int | str | None, "serials of the lot that went", Column(decimals=0, adds=True)
    ] = None


@dataclass(frozen=True, slots=True)
class Suspicion(Answer):
    """What is affected if a lot is bad.

    Parameters
    ----------
    recall : where its matter went.
    deliveries : who received some, in order of time.
    held : what is in stock of the lots that contain some, all of their matter.
    certificates : what was stated of lots that contain or contained some.
    """

    prefers: ClassVar[tuple[str, ...]] = METALS
    version: ClassVar[int] = 2

    recall: Recall
    deliveries: Annotated[tuple[Delivery, ...], Rows("Delivered")]
    held: Annotated[tuple[Reachable, ...], Rows("In stock")]
    certificates: Annotated[tuple[Touched, ...], Rows("Certificates to withdraw")]
    notes: Annotated[tuple[str, ...], "what is not known, and what to do about it"] = ()

    @property
    def lot(self) -> Annotated[str, "the suspected lot"]:
        """The suspected lot."""
        return self.recall.lot

    @property
    def substances(self) -> Annotated[tuple[str, ...], KEYS]:
        """In the order of the contents."""
        return self.recall.substances

    def headline(self) -> str:
        """How far the lot reached."""
        deliveries = counted(len(self.deliveries), "delivery", "deliveries")
        both = f"{deliveries} and {counted(len(self.held), 'lot')} in stock"
        return f"{self.lot} ({self.recall.material}): {both} contain matter from it"


@dataclass(frozen=True, slots=True)
class Group:
    """Matter of one group of origins."""

    group: Annotated[str, "supplier or material; or the boundary where metal appeared"]
    amounts_mg: Annotated[Shares, "its matter", each_mass()]


@dataclass(frozen=True, slots=True)
class OnSite(Answer):
    """What is at a site, by lot and owner; and where it came from, if that was asked."""

    prefers: ClassVar[tuple[str, ...]] = METALS

    site: Annotated[str, "the site; in transit for the road"]
    substances: Annotated[tuple[str, ...], KEYS]
    lots: Annotated[tuple[Held, ...], Rows("Lots and owners")]
    origins: Annotated[tuple[Group, ...], Rows("Where it came from")] = ()

    def headline(self) -> str:
        """How many lots, and of how many owners."""
        lots, owners = {x.lot for x in self.lots}, {x.owner for x in self.lots}
        return f"{self.site}: {counted(len(lots), 'lot')} of {counted(len(owners), 'owner')}"

    def shown(self) -> tuple[str, ...]:
        """The lots; and the origins, if there are any."""
        return ("lots", "origins") if self.origins else ("lots",)


@says_modelled
def suspect(
    book: Book,
    lot: str,
    *,
    asof: AsOf = NOW,
    genealogy: Genealogy | None = None,
    certificates: Sequence[Certificate] = (),
    register: SerialRegister | None = None,
) -> Suspicion:
    """What is affected if a lot is bad; all of it at one moment.

    Parameters
    ----------
    book : an open book.
    lot : its name; an unknown one is an InputError.
    asof : only what had happened, or was known, by a moment. A certificate has no moment: give
        those that there were by then.
    genealogy : of the book as of then; without one the lot's descendants are read.
    certificates : what was stated of which lots.
    register : where the serials of the lots are counted.

    Raises
    ------
    InputError : no such lot; or a genealogy as of another moment.
    """
    if genealogy is not None and genealogy.asof != asof:
        finding = Finding("asof", "genealogy", f"one as of {asof}", f"{genealogy.asof}")
        raise InputError([finding])
    with one_moment(book, asof):
        recalled = recall(book, lot, asof=asof) if genealogy is None else genealogy.recall(lot)
        reached = {x.lot: x for x in recalled.reached}
        places = None if register is None else Whereabouts(register, book, asof)
        serials = {} if places is None else places.of_lots(reached)
        touched = (
            Touched(x.id, x.lot, x.claim, reached[x.lot].shares)
            for x in certificates
            if x.lot in reached
        )
        delivered = _deliveries(book, reached, asof)
        held = list(_in_stock(book, recalled, asof))
        at = Counter([x.lot for x in delivered] + [x.lot for x in held])
        unsure = [NOT_SURE] if any(x.possible for x in serials.values()) else []
        return Suspicion(
            recalled,
            tuple(replace(x, serials=_serials(x.lot, serials, at)) for x in delivered),
            tuple(replace(x, serials=_serials(x.lot, serials, at)) for x in held),
            tuple(sorted(touched, key=lambda x: (x.id, x.lot))),
            (*unsure, *(() if places is None else places.doubles())),
        )


def _serials(lot: str, serials: Mapping[str, InLot], places: Mapping[str, int]) -> int | str | None:
    """Serials of a lot that are at one of its places: where it has several, up to all of them."""
    known = serials.get(lot)
    if known is None or places[lot] == 1 or not known.most:
        return None if known is None else known.cell
    return f"up to {known.most:,}"


def _in_stock(book: Book, recalled: Recall, asof: AsOf) -> Iterator[Reachable]:
    """What is in stock of the lots that contain some, as they were made."""
    there: dict[str, list[tuple[str, str, Content]]] = {}
    lots = [x for x in recalled.reached if x.held_mg.sum() > 0.5]
    for account, content in holdings(book.store, book.substances, [x.lot for x in lots], asof):
        there.setdefault(account.lot, []).append((account.site, account.party, content))
    held = holds(book.store, asof)
    for x in lots:
        why = held.get(x.lot) or None
        for site, party, content in sorted(there.get(x.lot, ())):
            yield Reachable(x.lot, x.material, party, site, content, x.shares, on_hold=why)


def _deliveries(book: Book, reached: Mapping[str, Reached], asof: AsOf) -> list[Delivery]:
    """Deliveries that were not reversed, in order of time."""
    rows = deliveries(book.store, book.substances, list(reached), asof)
    made = [
        Delivery(
            end.split("/")[1],
            lot,
            document,
            key,
            int(moment),
            np.nan_to_num(reached[lot].shares) * np.array(content, np.float64),
        )
        for lot, end, document, key, moment, content in rows
    ]
    return sorted(made, key=lambda x: (x.occurred_at, x.key, x.lot))


@says_modelled
def on_site(book: Book, site: str, *, asof: AsOf = NOW, by: str | None = None) -> OnSite:
    """Everything at a site, by lot and owner; all of it at one moment.

    Parameters
    ----------
    book : an open book.
    site : its name; ``in transit`` for all that is on the road. An unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
    by : ``supplier`` or ``material``: also where all of it came from, in these groups.
    """
    with one_moment(book, asof):
        raise_findings(unknown_names(book.store, Scope(site=site)))
        held = {
            account: content
            for account, content in book.balances(
                site=site, occurred=asof.occurred, recorded=asof.recorded
            ).items()
            if account.kind == "lot"
        }
        materials = {
            lot: material
            for _, _, lot, material in lots_named(book.store, sorted({a.lot for a in held}))
        }
        lots = tuple(
            Held(account.lot, materials[account.lot], account.party, account.site, content)
            for account, content in sorted(held.items(), key=lambda x: (x[0].lot, x[0].party))
        )
        if by is None:
            return OnSite(site, book.substances, lots)
        held_by_lot = ((x.lot, x.content) for x in lots)
        groups = site_origins(genealogy_beside(book, asof), held_by_lot, by)
    return OnSite(site, book.substances, lots, tuple(starmap(Group, groups.items())))


def read_certificates(path: Path, book: Book) -> tuple[Certificate, ...]:
    """Certificates from a CSV file with the columns certificate, lot and, optionally, claim.

    Raises
    ------
    InputError : all errors in the file, by line: no such columns, empty names, unknown
        lots, a certificate given twice for a lot, bytes that are no UTF-8.
    """
    findings = Findings()
    table = read_table(path, ("certificate", "lot"), findings, others=True)
    rows = list(table.records()) if table else []
    known = {lot for _, _, lot, _ in lots_named(book.store, sorted({x["lot"] for _, x in rows}))}
    made: dict[tuple[str, str], Certificate] = {}
    for line, row in rows:
        name, lot, at = row["certificate"], row["lot"], f"{path.name}:{line}"
        if not name or not lot:
            findings.missing("a certificate and a lot", at=at)
        elif lot not in known:
            findings.items.append(unknown_lot(book.store, lot, at))
        elif (name, lot) in made:
            findings.note("duplicate", "a new certificate", f"{name} of {lot}", at=at)
        else:
            made[name, lot] = Certificate(name, lot, row.get("claim", ""))
    findings.raise_all()
    return tuple(made.values())
