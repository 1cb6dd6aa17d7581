"""What if this lot is bad: where its matter lies, who got some, and what was said of it.

A *certificate* is anything that was stated of a lot to somebody, by a name: a recycled-content
certificate, a passport entry, a delivery's paper. The papers of deliveries stand in the book;
others are given as a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.book.nouns import Account
from loopbook.book.storage.database import in_lists
from loopbook.book.storage.schema import quoted
from loopbook.book.storage.snapshots import TRANSIT, balances_before
from loopbook.errors import Finding, Findings, InputError, nearest_hint
from loopbook.tables import read_table
from loopbook.trace.genealogy.answers import Reached, Recall
from loopbook.trace.genealogy.genealogy import Genealogy, recall
from loopbook.trace.genealogy.numpy_loops import Shares
from loopbook.trace.genealogy.reading import NOW, AsOf, one_moment, recent_lots

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.book.nouns import Content


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
    for account, content in _lying(book, [x.lot for x in lots], asof):
        there.setdefault(account.lot, []).append((account.site, account.party, content))
    for x in lots:
        for site, party, content in sorted(there.get(x.lot, ())):
            yield Held(x.lot, x.material, party, site, content)


def _lying(book: Book, lots: Sequence[str], asof: AsOf) -> Iterator[tuple[Account, Content]]:
    """What lies on accounts of some lots, without the empty ones."""
    if not asof.now:
        before = None if asof.occurred is None else asof.occurred + 1
        wanted = set(lots)
        for account, content in balances_before(
            book.store, book.substances, before, known_at=asof.recorded, boundaries=False
        ).items():
            if account.lot in wanted:
                yield account, content
        return
    columns = ", ".join(f"b.{quoted(s)}" for s in book.substances)
    for some, places in in_lists(lots):
        rows = book.store.rows(
            f"SELECT a.lot, a.party, a.site, {columns} FROM account a JOIN balance b "
            f"ON b.account = a.id WHERE a.kind = 'lot' AND a.lot IN ({places})",
            some,
        )
        for lot, party, site, *amounts in rows:
            if any(amounts):
                yield Account("lot", party, site, lot), tuple([int(x) for x in amounts])


def _deliveries(book: Book, reached: dict[str, Reached], asof: AsOf) -> list[Delivery]:
    """Deliveries that were not taken back."""
    found = []
    columns = ", ".join(f"g.{quoted(s)}" for s in book.substances)
    (happened, values), (taken_back, _) = asof.limits("e"), asof.limits("r")
    for some, places in in_lists(list(reached)):
        rows: list[tuple[Any, ...]] = book.store.rows(
            f"SELECT g.source, g.target, e.document, e.key, e.occurred_at, {columns} FROM edge g "
            f"JOIN event e ON e.id = g.event LEFT JOIN event r ON r.reverses = e.key{taken_back} "
            f"WHERE g.source IN ({places}) AND g.target LIKE 'customer/%' AND r.id IS NULL "
            f"AND e.reverses IS NULL{happened}",
            (*values, *some, *values),
        )
        for lot, target, document, key, moment, *content in rows:
            amounts = np.nan_to_num(reached[lot].shares) * np.array(content, np.float64)
            customer = target.split("/")[1]
            found.append(Delivery(customer, lot, document, key, int(moment), amounts))
    return sorted(found, key=lambda x: (x.occurred_at, x.key, x.lot))


def on_site(book: Book, site: str, *, asof: AsOf = NOW) -> tuple[Held, ...]:
    """Everything that lies at a site, by lot and owner; all of it at one moment.

    Parameters
    ----------
    book : an open book.
    site : its name; ``in transit`` for all that is on the road. An unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
    """
    with one_moment(book, asof):
        sites = book.store.nouns().sites
        if site != TRANSIT and site not in sites:
            hint = nearest_hint(site, sites)
            raise InputError(
                [Finding("unknown-name", "site", "a site of the book", repr(site), hint)]
            )
        beyond = f"{TRANSIT} " if site == TRANSIT else f"{site}/"  # no name has a slash
        there = {
            account: content
            for account, content in book.balances(
                occurred=asof.occurred, recorded=asof.recorded
            ).items()
            if account.kind == "lot" and (account.site == site or account.site.startswith(beyond))
        }
        materials: dict[str, str] = {}
        for some, places in in_lists(sorted({account.lot for account in there})):
            rows = book.store.rows(f"SELECT id, material FROM lot WHERE id IN ({places})", some)
            materials.update(dict(rows))
    return tuple(
        Held(account.lot, materials[account.lot], account.party, account.site, content)
        for account, content in sorted(there.items(), key=lambda x: (x[0].lot, x[0].party))
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
    known = _known(book, [row["lot"] for _, row in rows])
    made: dict[tuple[str, str], Certificate] = {}
    for line, row in rows:
        name, lot, at = row["certificate"], row["lot"], f"{path.name}:{line}"
        if not name or not lot:
            findings.missing("a certificate and a lot", at=at)
        elif lot not in known:
            findings.unknown("a lot of the book", lot, recent_lots(book), at=at)
        elif (name, lot) in made:
            findings.note("duplicate", "a new certificate", f"{name} of {lot}", at=at)
        else:
            made[name, lot] = Certificate(name, lot, row.get("claim", ""))
    findings.raise_all()
    return tuple(made.values())


def _known(book: Book, lots: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some, places in in_lists(sorted(set(lots))):
        rows = book.store.rows(f"SELECT id FROM lot WHERE id IN ({places})", some)
        found.update(name for (name,) in rows)
    return found
