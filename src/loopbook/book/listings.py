"""What a person asks of a book, as rows: balances, lots, one event, the latest events.

Rows are dictionaries; masses in kg are decimal text, exact to the milligram, and moments are ISO
8601 in UTC, so that the same rows serve a table on a screen and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from loopbook.book.book import Book, unknown_names
from loopbook.book.commands.draft import microseconds, moment_at
from loopbook.book.nouns import Account, Content, Event, mass
from loopbook.book.scope import Scope
from loopbook.book.storage.questions import events, lots
from loopbook.book.storage.rows import read_event
from loopbook.errors import raise_findings

ListingRow: TypeAlias = dict[str, Any]


def _kg(mg: int) -> str:
    """Milligrams as kg, exact.

    >>> _kg(-1_500_000)
    '-1.500000'
    """
    sign = "-" if mg < 0 else ""
    return f"{sign}{abs(mg) // 1_000_000}.{abs(mg) % 1_000_000:06d}"


def _content(content: Content, substances: Sequence[str]) -> ListingRow:
    named = {f"{s}_kg": _kg(x) for s, x in zip(substances, content, strict=True) if x}
    return {"mass_kg": _kg(mass(content)), **named}


def _account(account: Account) -> ListingRow:
    names = {"account": account.kind, "party": account.party, "site": account.site}
    return {**names, "lot": account.lot}


def balance_rows(
    book: Book,
    *,
    lot: str | None = None,
    party: str | None = None,
    site: str | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[ListingRow]:
    """The content of each account; an unknown lot, party or site is an `UnknownNameError`.

    Parameters
    ----------
    lot, party, site : only accounts of these; ``in transit`` is a site.
    as_of : what had happened by then, inclusive; now if not given.
    known_at : what the book knew then, inclusive; now if not given.
    """
    raise_findings(unknown_names(book.store, Scope(party, site, lot)))
    occurred, recorded = (None if m is None else microseconds(m) for m in (as_of, known_at))
    balances = book.balances(lot=lot, party=party, site=site, occurred=occurred, recorded=recorded)
    return [
        {**_account(account), **_content(content, book.substances)}
        for account, content in balances.items()
    ]


def lot_rows(book: Book, *, material: str | None = None, gone: bool = False) -> list[ListingRow]:
    """Lots with content, by name: material, where, whose, how much, and why it is on hold.

    Parameters
    ----------
    material : only lots of this material.
    gone : also lots that are empty now.
    """
    held: dict[str, dict[Account, Content]] = {}
    for account, content in book.balances().items():
        if account.kind == "lot":
            held.setdefault(account.lot, {})[account] = content
    on_hold = events.holds(book.store)
    rows = []
    for lot, made_of, key in lots.all_lots(book.store):
        here = held.get(lot, {})
        if material not in (None, made_of) or not (here or gone):
            continue
        total = [sum(x) for x in zip(*here.values(), strict=True)] or [0] * len(book.substances)
        row = {
            "lot": lot,
            "material": made_of,
            "sites": sorted({a.site for a in here}),
            "owners": sorted({a.party for a in here}),
            **_content(tuple(total), book.substances),
            "hold": on_hold.get(lot, ""),
            "made_by": key,
        }
        rows.append(row)
    return rows


def lot_names(book: Book) -> frozenset[str]:
    """Names of all lots that the book ever had."""
    return frozenset(lots.lot_names(book.store))


def event_row(event: Event, substances: Sequence[str], *, number: int = 0) -> ListingRow:
    """An event as a row, with its legs, lots and measurements inside."""
    return {
        "event": number,
        "key": event.key,
        "kind": event.kind,
        "actor": event.actor,
        "document": event.document,
        "occurred_at": moment_at(event.occurred_at),
        "recorded_at": moment_at(event.recorded_at),
        "reverses": event.reverses,
        "legs": [{**_account(x.account), **_content(x.content, substances)} for x in event.legs],
        "lots": [{"lot": x.id, "material": x.material} for x in event.lots],
        "measurements": [
            {
                "lot": m.lot,
                "quantity": m.quantity,
                "value": m.value,
                "uncertainty": m.uncertainty,
                "unit": "mg" if m.quantity in ("mass", "gross", "tare") else "kg/kg",
                "method": m.method,
                "laboratory": m.laboratory,
                "sample": m.sample,
                "group": m.group,
                "stage": m.stage,
                "basis": m.basis,
            }
            for m in event.measurements
        ],
        "nouns": [{"kind": kind, "id": name, **json.loads(x)} for kind, name, x in event.nouns],
    }


def one_event(book: Book, key: str) -> ListingRow:
    """A posted event by its key; the nearest keys are offered for one that is not there."""
    event = book.event(key)
    return event_row(event, book.substances, number=events.event_number(book.store, key) or 0)


def latest_events(book: Book, last: int = 20) -> list[ListingRow]:
    """The latest events in the order of recording, without their legs' contents.

    Parameters
    ----------
    last : how many.
    """
    rows = []
    for number in events.latest_events(book.store, last):
        event = read_event(book.store, number, book.substances)
        moved = sum(mass(x.content) for x in event.legs if mass(x.content) > 0)
        row = event_row(event, book.substances, number=number)
        for name in ("legs", "lots", "measurements", "nouns"):
            del row[name]
        touched = [*(x.id for x in event.lots), *(x.account.lot for x in event.legs)]
        names = [lot for lot in dict.fromkeys(touched) if lot]
        rows.append({**row, "lots": names, "mass_kg": _kg(moved)})
    return rows
