"""Check-in and check-out of runs: what each lot brought, what each lot made took, what is missing.

    unaccounted = checked in - checked out - emissions - waste

per substance, in kg and as a share of what was checked in, as AMIRA P754
wants it shown: measured, not made to balance. Runs that were reversed are not shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from loopbook.book.book import Book
from loopbook.book.nouns import Content, add_to, mass, negate, zero
from loopbook.book.scope import Stretch
from loopbook.book.statement.movements import amounts, total
from loopbook.book.statement.statement import moment_text
from loopbook.book.statement.uncertainty import Knowledge, Sure, knowledge, sure_of
from loopbook.book.storage.known import stored_object
from loopbook.book.storage.questions.events import run_legs
from loopbook.report import KEYS, Answer, Column, Rows, each_mass, moment_of, record_text


@dataclass(frozen=True, slots=True)
class RunLine:
    """A line of a run's account: milligrams of a lot, or of all of them."""

    line: Annotated[str, "in, out, their sums, emissions, waste or unaccounted"]
    lot: Annotated[str, "empty for a sum"]
    content: Annotated[Content, "in the lot or the sum", each_mass(adds=False)]


@dataclass(frozen=True, slots=True)
class RunAccount(Answer):
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

    run: Annotated[str, "name of the run"]
    site: Annotated[str, "where it ran"]
    occurred_at: Annotated[int, "when it ran", Column(read=moment_of)]
    key: Annotated[str, "key of its event"]
    substances: Annotated[tuple[str, ...], KEYS]
    checked_in: Mapping[str, Content]
    checked_out: Mapping[str, Content]
    emissions: Content
    waste: Content
    unaccounted: Content
    sure: Sure

    def share(self, substance: str = "mass") -> float | None:
        """Unaccounted as a share of what was checked in; None where nothing was."""
        entered = total(self.checked_in, len(self.substances))
        whole = amounts(entered, self.substances)[substance]
        return amounts(self.unaccounted, self.substances)[substance] / whole if whole else None

    @property
    def notes(self) -> Annotated[tuple[str, ...], "what is unaccounted, of what was checked in"]:
        """Shares that are unaccounted of what was checked in."""
        shares = [
            f"{name} {100 * x:z.2f} %"
            for name in ("mass", *self.substances)
            if (x := self.share(name)) is not None
        ]
        return ("unaccounted of checked in: " + ", ".join(shares),)

    @property
    def lines(self) -> Annotated[tuple[RunLine, ...], Rows("Lines")]:
        """Each lot that was checked in or out, their sums, and where the difference went."""
        count = len(self.substances)
        return (
            *(RunLine("in", lot, content) for lot, content in self.checked_in.items()),
            RunLine("checked in", "", total(self.checked_in, count)),
            *(RunLine("out", lot, content) for lot, content in self.checked_out.items()),
            RunLine("checked out", "", total(self.checked_out, count)),
            RunLine("emissions", "", self.emissions),
            RunLine("waste", "", self.waste),
            RunLine("unaccounted", "", self.unaccounted),
        )

    def headline(self) -> str:
        """Run, site and time."""
        return f"Run {self.run} at {self.site}, {moment_text(self.occurred_at)} UTC"

    def text(self) -> str:
        """The account as plain text."""
        return record_text(self.as_record())


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
    asked = [account for account in made if site is None or account.site == site]
    return tuple(replace(account, modelled=book.modelled) for account in asked)


Head = tuple[str, int, str]
LegRow = tuple[str, str, Content]


def _account(
    head: Head, legs: Sequence[LegRow], substances: tuple[str, ...], known: Knowledge
) -> RunAccount:
    key, moment, command = head
    entered: dict[str, Content] = {}
    made: dict[str, Content] = {}
    lost = dict.fromkeys(("emission", "waste", "unaccounted"), zero(len(substances)))
    for kind, lot, content in legs:
        if kind in lost:
            add_to(lost, kind, content)
        elif mass(content) < 0:
            add_to(entered, lot, negate(content))
        else:
            add_to(made, lot, content)
    out = {lot: negate(content) for lot, content in made.items()}
    fields = stored_object(command, f"the command of event {key!r}")
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
