"""What if this lot is bad: where its matter lies, who got some, and what was said of it.

A *certificate* is anything that was stated of a lot to somebody, by a name: a recycled-content
certificate, a passport entry, a delivery's paper. The papers of deliveries stand in the book;
others are given as a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loopbook.book import (
    NOW,
    AsOf,
    Book,
    Content,
    Scope,
    deliveries,
    holdings,
    lots_named,
    unknown_lot,
    unknown_names,
)
from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.tables import read_table
from loopbook.trace.genealogy.answers import Reached, Recall
from loopbook.trace.genealogy.genealogy import Genealogy, recall
from loopbook.trace.genealogy.numpy_loops import Shares
from loopbook.trace.genealogy.reading import one_moment


@dataclass(frozen=True, slots=True)
class Certificate:
    """Something that was stated of a lot: its name, the lot, and what was stated."""

    id: str
    lot: str
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """What lies at a site of a lot: whose it is, mg of each substance."""

    lot: str
    material: str
    owner: str
    site: str
    content: Content


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of a lot with matter from the suspected one.

    Parameters
    ----------
    customer, lot, document, key : to whom, what, on which paper, by which event.
    occurred_at : microseconds since 1970 UTC.
    amounts_mg : matter from the suspected lot in it, by substance.
    """

    customer: str
    lot: str
    document: str
    key: str
    occurred_at: int
    amounts_mg: Shares


@dataclass(frozen=True, slots=True)
class Touched:
    """A certificate of a lot with matter from the suspected one, and that matter's shares."""

    certificate: Certificate
    shares: Shares


@dataclass(frozen=True, slots=True)
class Suspicion:
    """All that hangs on a suspected lot.

    Parameters
    ----------
    recall : where its matter went.
    held : what lies somewhere now of the lots that hold some, all of their matter.
    deliveries : who got some, in order of time.
    certificates : what was stated of lots that hold or held some.
    """

    recall: Recall
    held: tuple[Held, ...]
    deliveries: tuple[Delivery, ...]
    certificates: tuple[Touched, ...]


def suspect(
    book: Book,
    lot: str,
    *,
    asof: AsOf = NOW,
    genealogy: Genealogy | None = None,
    certificates: Sequence[Certificate] = (),
) -> Suspicion:
    """What hangs on a lot if it is bad; all of it at one moment.

    Parameters
    ----------
    book : an open book.
    lot : its name; an unknown one is an InputError.
    asof : only what had happened, or was known, by a moment. A certificate has no moment: whoever
        asks as of one gives those that there were.
    genealogy : of the book as of then; without one the lot's descendants are read.
    certificates : what was stated of which lots.

    Raises
    ------
    InputError : no such lot; or a genealogy as of another moment.
    """
    if genealogy is not None and genealogy.asof != asof:
        told = Finding("asof", "genealogy", f"one as of {asof}", f"{genealogy.asof}")
        raise InputError([told])
    with one_moment(book, asof):
        found = recall(book, lot, asof=asof) if genealogy is None else genealogy.recall(lot)
        reached = {x.lot: x for x in found.reached}
        still = [x for x in found.reached if x.held_mg.sum() > 0.5]
        touched = [Touched(x, reached[x.lot].shares) for x in certificates if x.lot in reached]
        return Suspicion(
            found,
            tuple(_held(book, still, asof)),
            tuple(_deliveries(book, reached, asof)),
            tuple(sorted(touched, key=lambda x: (x.certificate.id, x.certificate.lot))),
        )


def _held(book: Book, lots: Sequence[Reached], asof: AsOf) -> Iterator[Held]:
    """What lies of some lots, as they were made."""
    there: dict[str, list[tuple[str, str, Content]]] = {}
    names = [x.lot for x in lots]
    for account, content in holdings(book.store, book.substances, names, asof):
        there.setdefault(account.lot, []).append((account.site, account.party, content))
    for x in lots:
        for site, party, content in sorted(there.get(x.lot, ())):
            yield Held(x.lot, x.material, party, site, content)


def _deliveries(book: Book, reached: dict[str, Reached], asof: AsOf) -> list[Delivery]:
    """Deliveries that were not reversed."""
    given = []
    for lot, end, document, key, moment, *content in deliveries(
        book.store, book.substances, list(reached), asof
    ):
        amounts = np.nan_to_num(reached[lot].shares) * np.array(content, np.float64)
        given.append(Delivery(end.split("/")[1], lot, document, key, int(moment), amounts))
    return sorted(given, key=lambda x: (x.occurred_at, x.key, x.lot))


def on_site(book: Book, site: str, *, asof: AsOf = NOW) -> tuple[Held, ...]:
    """Everything that lies at a site, by lot and owner; all of it at one moment.

    Parameters
    ----------
    book : an open book.
    site : its name; ``in transit`` for all that is on the road. An unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
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
        lots = lots_named(book.store, sorted({account.lot for account in held}))
    materials = {lot: material for _, _, lot, material in lots}
    return tuple(
        Held(account.lot, materials[account.lot], account.party, account.site, content)
        for account, content in sorted(held.items(), key=lambda x: (x[0].lot, x[0].party))
    )


def read_certificates(path: Path, book: Book) -> tuple[Certificate, ...]:
    """Certificates from a CSV file with the columns certificate, lot and, if wanted, claim.

    Raises
    ------
    InputError : all that is wrong with the file, by line: no such columns, empty names, unknown
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
