"""What moved in a stretch of time, by line of the metal statement and by lot.

The lines of an event are those that its kind of command declares (`Command.line`): what lots gain
and what they lose. Emissions, waste and unaccounted matter have lines of their own, or are a part
of the second line (`Command.of_which`). A reversal undoes its event on the same lines, so that
lines of adjoining periods add up.
"""

from collections.abc import Iterator, Mapping, Sequence

from loopbook.book.commands.command import LINES, ROAD, Command, lines_of
from loopbook.book.commands.draft import kg
from loopbook.book.commands.kinds import all_commands
from loopbook.book.nouns import Content, add_to, is_zero, mass, negate, zero
from loopbook.book.scope import Scope, Stretch
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.events import first_of_kind, postings_between
from loopbook.errors import Finding, InputError
from loopbook.tables import class_place

RUN_LOSSES = ("emissions", "waste", "unaccounted")
"""Where what a run consumed and did not produce went."""


def moved(
    db: Database, substances: Sequence[str], stretch: Stretch, *, scope: Scope, by_lot: bool = True
) -> Mapping[str, Mapping[str, Content]]:
    """What moved, mg, by line and lot; what runs lost is on lines ``run emissions`` and so on.

    Parameters
    ----------
    db, substances : the book's database, and the order of the contents.
    stretch, scope : when, and which accounts.
    by_lot : distinguish lots; without it everything is under the empty name, and long stretches
        are quicker.
    """
    commands = all_commands()
    single = [x.kind for x in commands.values() if not x.line[1] or ROAD in x.line[1]]
    moves: dict[str, dict[str, Content]] = {}
    for kind, account, road, sign, lot, *milligrams in postings_between(
        db, substances, stretch, scope, by_lot=by_lot, single=single
    ):
        command, content = _command(commands, kind), tuple(milligrams)
        for line, part in lines_of(command, account, content, road=bool(road), sign=sign):
            add_to(moves.setdefault(line, {}), lot, part)
    return moves


def unstated(
    db: Database, substances: Sequence[str], stretch: Stretch, scope: Scope
) -> Iterator[Finding]:
    """A finding for each kind of events whose lines do not show all that lots gained.

    Parameters
    ----------
    db, substances, stretch, scope : as in `moved`.
    """
    commands = all_commands()
    single = [x.kind for x in commands.values() if not x.line[1] or ROAD in x.line[1]]
    gaps: dict[str, Content] = {}
    for kind, account, road, sign, _, *milligrams in postings_between(
        db, substances, stretch, scope, by_lot=False, single=single
    ):
        command, content = _command(commands, kind), tuple(milligrams)
        if account == "lot":
            add_to(gaps, kind, content)
        for line, part in lines_of(command, account, content, road=bool(road), sign=sign):
            if line in LINES:
                add_to(gaps, kind, negate(part))
    for kind, gap in gaps.items():
        if not is_zero(gap):
            first, line = first_of_kind(db, kind, stretch), f"line = {commands[kind].line}"
            yield Finding(
                "plan",
                f"events of kind {kind} ({class_place(commands[kind])}), the first {first!r}",
                "lines that show all that they moved",
                line,
                "write line and of_which in the class as they were when its events were posted",
                sentence=f"{line} leaves {kg(mass(gap))} out of the metal statement",
            )


def _command(commands: Mapping[str, type[Command]], kind: str) -> type[Command]:
    """The kind of command of an event."""
    if kind not in commands:
        raise InputError.of(
            "unknown-name",
            f"events of kind {kind}",
            "a kind of command",
            kind,
            hint="install its package, or name its file under plugins in loopbook.toml",
        )
    return commands[kind]


def amounts(content: Content, substances: Sequence[str]) -> dict[str, int]:
    """Milligrams by name of the substance, and of all together by the name ``mass``.

    >>> amounts((2, 3), ("Ni", "Co"))
    {'mass': 5, 'Ni': 2, 'Co': 3}
    """
    return {"mass": mass(content), **dict(zip(substances, content, strict=True))}


def total(lots: Mapping[str, Content], count: int) -> Content:
    """Sum over lots, or other keys, of `count` substances.

    >>> total({"A": (1, 2), "B": (3, 4)}, 2)
    (4, 6)
    """
    return tuple(map(sum, zip(zero(count), *lots.values(), strict=True)))
