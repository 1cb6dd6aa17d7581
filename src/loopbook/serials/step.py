"""A register in step with its book: the moves that its events name, up to a known event.

The register notes the last event whose moves it has, with its seal. Later events are read from the
book when a question is asked, so that answers never wait for a rebuild. A register that knows an
event which the book does not have is of a book that was restored, or of another one.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from loopbook.book import Book, last_event, lot_names, seal_of, serial_moves
from loopbook.errors import InputError
from loopbook.report import Answer, counted
from loopbook.serials.family import Family
from loopbook.serials.manifest import commit
from loopbook.serials.moves import Move, joined, move_of, write_moves
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import lot_pieces
from loopbook.serials.writing import Related, writing

_REMEDY = (
    "was the book restored, or is the register of another book? name the right one with --book or "
    "--register, or play this book's events again: loopbook serials rebuild"
)


def moves_in_step(register: SerialRegister, book: Book) -> list[Move]:
    """Moves of a register and of the events since.

    Raises
    ------
    InputError : the register is newer than the book, or of another one.
    """
    manifest = register.manifest
    if not is_of(register, book):
        last = last_event(book.store)
        raise InputError.of(
            "register",
            str(register.folder),
            f"a register in step with the book, which has {counted(last, 'event')}",
            f"one in step with event {manifest.event} of a book that had another or more",
            hint=_REMEDY,
        )
    return [*register.moves, *map(move_of, serial_moves(book.store, manifest.event))]


def is_of(register: SerialRegister, book: Book) -> bool:
    """Whether the book has the last event that a register is in step with."""
    event, seal = register.manifest.event, register.manifest.seal
    return not event or seal_of(book.store, event).hex() == seal


def keep_step(folder: Path, book: Book, *, new: bool = True) -> None:
    """Keep in a register what the book's events have named since; a `new` one may be made."""
    if not new and not folder.exists():
        return
    with writing(folder) as register:
        last = book.settled()
        _keep(register, moves_in_step(register, book), book, last)


def _keep(register: SerialRegister, moves: list[Move], book: Book, last: int) -> None:
    """Keep the moves up to an event of the book, and none that somebody names meanwhile."""
    manifest, moves = register.manifest, [move for move in moves if move.event <= last]
    if moves != register.moves:
        name = write_moves(register.folder, moves, manifest.number)
        manifest = replace(manifest, moves=name, number=manifest.number + 1)
    commit(register.folder, replace(manifest, event=last, seal=seal_of(book.store, last).hex()))


@dataclass(frozen=True, slots=True)
class Rebuilt(Answer):
    """A register whose moves were read again from the book's events."""

    register: Annotated[str, "folder of the register"]
    before: Annotated[int, "last event that it was in step with"]
    event: Annotated[int, "last event that it is in step with"]
    newer: Annotated[bool, "whether it had been in step with another book, or a later state"]
    events: Annotated[int, "how many events name serials"]
    serials: Annotated[int, "how many serials they name"]
    lots_not_in_book: Annotated[int, "lots that have serials entered and are not in the book"]
    notes: Annotated[tuple[str, ...], "lots that are not there, and serials named for two lots"]

    def headline(self) -> str:
        """What the register is in step with."""
        named = counted(self.serials, "serial")
        events = counted(self.events, "event names", "events name")
        return f"{self.register}: in step with event {self.event}; {events} {named}"


def read_again(folder: Path, book: Book) -> Rebuilt:
    """Read all moves again from a book's events.

    Serials that were entered stay. Those of lots that the book does not have count again when the
    lots are in the book again.

    Parameters
    ----------
    folder : of the register; made if it does not exist.
    book : an open book.
    """
    with writing(folder) as register:
        before, newer = register.manifest.event, not is_of(register, book)
        last = book.settled()
        named = [
            move for one in serial_moves(book.store, 0) if (move := move_of(one)).event <= last
        ]
        parts = [one for one in register.moves if not one.event]
        _keep(register, [*parts, *named], book, last)
        entered = {one.serials.lot for one in parts}
        entered.update(register.ranges.columns["lot"].to_pylist())
        for run in register.runs:
            entered |= {piece.lot for piece in lot_pieces(folder, run)}
    missing = sorted(entered - lot_names(book))
    note = (
        f"{counted(len(missing), 'lot')} with serials, but not in the book "
        f"({', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}): "
        "the serials are kept, and count when the lots are posted again"
    )
    return Rebuilt(
        str(folder),
        before,
        last,
        newer,
        len({one.event for one in named}),
        sum(one.count for one in joined(move.serials for move in named)),
        len(missing),
        (note,) if missing else (),
    )


def related_in(book: Book, lots: Collection[str]) -> Related:
    """Whether one of two lots was made of the other, or the older entry's lot is not in the book.

    Parameters
    ----------
    lots : names of the book's lots.
    """
    family = Family(book)

    def related(lot: str, entered: str) -> bool:
        if entered not in lots:
            return True
        above = family.ancestors((lot, entered))
        return entered in above[lot] or lot in above[entered]

    return related
