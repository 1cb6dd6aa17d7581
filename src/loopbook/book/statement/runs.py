"""Check-in and check-out of runs: what each lot brought, what each lot made took, what is missing.

    unaccounted = checked in - checked out - emissions - waste

per substance, in kg and as a share of what was checked in, as AMIRA P754
wants it shown: measured, not made to balance. Runs that were taken back are not shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from loopbook.book.book import Book
from loopbook.book.nouns import Content, add, mass, negate, zero
from loopbook.book.scope import Stretch
from loopbook.book.statement.movements import total
from loopbook.book.statement.text import blocks, moment_text
from loopbook.book.statement.uncertainty import Knowledge, Sure, knowledge, sure_of
from loopbook.book.storage.questions.events import run_legs


@dataclass(frozen=True, slots=True)
class RunAccount:
    """Check-in and check-out of one run.

    Parameters
    ----------
    run, site, occurred_at, key : its name, where, when (microseconds since 1970 UTC), and the
        key of its event.
    substances : in the order of the contents.
    checked_in, checked_out : milligrams by lot.
    emissions, waste, unaccounted : milligrams.
    sure : uncertainty of `unaccounted`, where measurements give one.
    """

    run: str
    site: str
    occurred_at: int
    key: str
    substances: tuple[str, ...]
    checked_in: Mapping[str, Content]
    checked_out: Mapping[str, Content]
    emissions: Content
    waste: Content
    unaccounted: Content
    sure: Sure

    def share(self, substance: str = "mass") -> float | None:
        """Unaccounted as a share of what was checked in; None where nothing was."""
        entered = total(self.checked_in, len(self.substances))
        if substance == "mass":
            lost, whole = mass(self.unaccounted), mass(entered)
        else:
            place = self.substances.index(substance)
            lost, whole = self.unaccounted[place], entered[place]
        return lost / whole if whole else None

    def text(self, *, decimals: int = 3) -> str:
        """The account as plain text."""
        count = len(self.substances)
        entered, left = total(self.checked_in, count), total(self.checked_out, count)
        rows = [
            *((f"in   {lot}", content) for lot, content in self.checked_in.items()),
            ("checked in", entered),
            *((f"out  {lot}", content) for lot, content in self.checked_out.items()),
            ("checked out", left),
            ("emissions", self.emissions),
            ("waste", self.waste),
            ("unaccounted in the run", self.unaccounted),
        ]
        shown = [k for k in range(count) if any(content[k] for _, content in rows)]
        columns = [("mass", mass), *((self.substances[k], _reader(k)) for k in shown)]
        out = [f"Run {self.run} at {self.site}, {moment_text(self.occurred_at)}", ""]
        out += blocks("kg", rows, columns, lambda mg: f"{mg / 1e6:z,.{decimals}f}")
        names = ["mass", *(self.substances[k] for k in shown)]
        shares = [(name, self.share(name)) for name in names]
        told = [f"{name} {100 * x:.2f} %" for name, x in shares if x is not None]
        out[-1:] = ["unaccounted of checked in: " + ", ".join(told)]
        return "\n".join(out) + "\n"

    def as_rows(self) -> list[dict[str, object]]:
        """Rows for export, kg (exact to the mg)."""
        parts: list[tuple[str, str, Content]] = [
            *(("checked in", lot, x) for lot, x in self.checked_in.items()),
            *(("checked out", lot, x) for lot, x in self.checked_out.items()),
            ("emissions", "", self.emissions),
            ("waste", "", self.waste),
            ("unaccounted", "", self.unaccounted),
        ]
        return [
            {"run": self.run, "line": line, "lot": lot, "mass_kg": mass(content) / 1e6}
            | {f"{s}_kg": x / 1e6 for s, x in zip(self.substances, content, strict=True)}
            for line, lot, content in parts
        ]


def _reader(place: int) -> Callable[[Content], int]:
    return lambda content: content[place]


def run_accounts(
    book: Book, *, start: int, end: int, site: str | None = None, known_at: int | None = None
) -> tuple[RunAccount, ...]:
    """Check-in and check-out of the runs of a stretch of time, in the order in which they ran.

    Parameters
    ----------
    book : an open book.
    start, end, known_at : microseconds since 1970 UTC, as in a metal statement.
    site : only runs at this site.
    """
    substances, stretch = book.substances, Stretch(start, end, known_at)
    runs: dict[Head, list[LegRow]] = {}
    for head, leg in run_legs(book.store, substances, stretch):
        runs.setdefault(head, []).append(leg)
    lots = {lot for legs in runs.values() for kind, lot, _ in legs if kind == "lot"}
    known = knowledge(book.store, substances, lots, stretch.asof)
    made = [_account(head, legs, substances, known) for head, legs in runs.items()]
    return tuple(account for account in made if site is None or account.site == site)


Head = tuple[str, int, str]
LegRow = tuple[str, str, Content]


def _account(
    head: Head, legs: Sequence[LegRow], substances: tuple[str, ...], known: Knowledge
) -> RunAccount:
    key, moment, command = head
    nothing = zero(len(substances))
    entered: dict[str, Content] = {}
    made: dict[str, Content] = {}
    lost = dict.fromkeys(("emission", "waste", "unaccounted"), nothing)
    for kind, lot, content in legs:
        if kind in lost:
            lost[kind] = add(lost[kind], content)
        elif mass(content) < 0:
            entered[lot] = add(entered.get(lot, nothing), negate(content))
        else:
            made[lot] = add(made.get(lot, nothing), content)
    out = {lot: negate(content) for lot, content in made.items()}
    fields = json.loads(command)
    return RunAccount(
        str(fields["run"]),
        str(fields["site"]),
        moment,
        key,
        substances,
        entered,
        made,
        lost["emission"],
        lost["waste"],
        lost["unaccounted"],
        sure_of([entered, out], known),
    )
