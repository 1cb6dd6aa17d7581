"""Pages of events as they are read, and each event's hash and edges computed again.

Nothing here needs another event, so a second process can do it for a part of a large book (see
`loopbook.book.verification.second_process`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias, TypeVarTuple

from loopbook.book.edges import edges_of
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.nouns import Account, Content, Leg
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.history import legs_before
from loopbook.book.storage.rows import Head, event_from, event_rows
from loopbook.errors import BalanceError

Rest = TypeVarTuple("Rest")
PAGE = 4_000  # events read at once

Wrong: TypeAlias = tuple[str, str, str]
"""An error of an event: code, expected, found."""


def one_line(error: Exception) -> str:
    """An error as text for a finding."""
    return f"{type(error).__name__}: {error}".replace("\n", "; ")


def by_event(rows: Iterable[tuple[int, *Rest]]) -> dict[int, list[tuple[*Rest]]]:
    """The rest of each row by its event, which comes first.

    >>> by_event([(1, "A"), (1, "B"), (2, "C")])
    {1: [('A',), ('B',)], 2: [('C',)]}
    """
    rest: dict[int, list[tuple[*Rest]]] = {}
    for row in rows:
        rest.setdefault(row[0], []).append(row[1:])
    return rest


class Page:
    """Some events after a number, in order, with their rows by event; and errors by event.

    Raises
    ------
    StorageError, TypeError, ValueError : rows that cannot be read.
    """

    def __init__(self, db: Database, substances: Sequence[str], after: int, count: int) -> None:
        rows = event_rows(db, substances, after, count)
        self._db, self._substances = db, substances
        self.heads, self.postings, self.edge_rows = rows.heads, rows.postings, rows.edges
        self.lots, self.nouns = by_event(rows.lots), by_event(rows.nouns)
        self.measurements = by_event(rows.measurements)
        self.dates = {head[0]: head[5] if type(head[5]) is int else 0 for head in rows.heads}
        self.sizes = {table: len(of_table) for table, of_table in rows._asdict().items()}
        self.wrong: dict[int, list[Wrong]] = {}

    @cached_property
    def legs(self) -> dict[int, list[Leg]]:
        """Legs by event; made when the first seal of the page is computed here."""
        accounts: dict[int, Account] = {}
        legs: dict[int, list[Leg]] = {}
        for row in self.postings:
            account = accounts.get(row[1])
            if account is None:
                account = accounts[row[1]] = Account(*[x or "" for x in row[2:6]])
            legs.setdefault(row[0], []).append(Leg(account, row[7:]))
        return legs

    @cached_property
    def edges(self) -> dict[int, list[tuple[str, str, int, *tuple[int, ...]]]]:
        """Source, target, mass and content of edges by event; made as the legs are."""
        return by_event(self.edge_rows)

    def before(self, key: str, number: int) -> Mapping[Account, Content]:
        """Legs of an event before another one, of this number, amends it."""
        return legs_before(self._db, self._substances, [key], number)[key]

    def add(self, number: int, *wrong: *Wrong) -> None:
        """Note an error of an event: code, expected, found."""
        self.wrong.setdefault(number, []).append(wrong)


def wrong_seal(page: Page, head: Head, substances: Sequence[str]) -> Iterator[Wrong]:
    """Compute an event's hash and its edges again from its rows."""
    number = head[0]
    lots, measured = page.lots.get(number, ()), page.measurements.get(number, ())
    for table, rows in (("lot", lots), ("measurement", measured)):
        if rows and (lines := [row[0] for row in rows]) != [*range(len(rows))]:
            yield "line", f"lines of {table} 0, 1, 2, ...", ", ".join(map(str, lines))
    try:
        event = event_from(
            head, page.legs.get(number, ()), lots, measured, nouns=page.nouns.get(number, ())
        )
        sealed = bytes(head[9])
        leaf = leaf_of(event_bytes(event, substances))
    except (TypeError, ValueError) as error:
        yield "leaf", "rows that make an event", one_line(error)
        return
    if leaf != sealed:
        expected = f"the sealed hash {sealed.hex()[:16]}..."
        yield "leaf", expected, f"its rows give {leaf.hex()[:16]}..."
        return
    try:
        before = page.before(event.amends, number) if event.amends else {}
        derived = edges_of(event.legs, reverses=bool(event.reverses), before=before)
    except (BalanceError, TypeError, ValueError):  # the sums are findings
        return
    edges = [(source, target, sum(x), *x) for source, target, x in derived]
    kept = page.edges.get(number, [])
    if edges != kept:
        wrong = set(edges).symmetric_difference(kept)
        yield "edge", "edges that follow from the legs", ", ".join(sorted(map(str, wrong))[:2])
