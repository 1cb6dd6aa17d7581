"""What the commands of a register answer: ranges and serials of lots, as declared records."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated, ClassVar

import pyarrow as pa

from loopbook.book import Book, lot_names
from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.report import HIDDEN, Answer, Column, Rows, counted
from loopbook.serials.importing import Imported, import_serials
from loopbook.serials.ranges import spanning
from loopbook.serials.register import open_register, recall, write_tables
from loopbook.serials.step import Rebuilt, keep_step, read_again, related_in
from loopbook.serials.whereabouts import NOT_SURE, InLot, Whereabouts
from loopbook.serials.writing import add_ranges

_NO_BOOK = "the book was not read: these are the lots that the serials were entered for"


@dataclass(frozen=True, slots=True)
class AddedRange(Answer):
    """A range that a register has; `again` if it had it before."""

    lot: Annotated[str, "lot of the serials"]
    first: Annotated[str, "its first serial"]
    last: Annotated[str, "its last serial"]
    serials: Annotated[int, "how many serials the range has"]
    again: Annotated[bool, "whether the register had the range already"]
    register: Annotated[str, "folder of the register"]

    def headline(self) -> str:
        """What was added."""
        span = f"{self.first} to {self.last}"
        if self.again:
            return f"{self.lot}: {span} in the register already; nothing was changed"
        return f"{self.lot}: {counted(self.serials, 'serial')}, {span}"


@dataclass(frozen=True, slots=True)
class LotOfSerial:
    """A serial and its lot."""

    serial: Annotated[str, "of a cell or a pack"]
    lot: Annotated[str | None, "the lot that it is in; none where that is not sure"]
    may_be_in: Annotated[tuple[str, ...], "lots that it may be in, where that is not sure"]


@dataclass(frozen=True, slots=True)
class LotsOfSerials(Answer):
    """The lots of some serials."""

    version: ClassVar[int] = 2

    serials: Annotated[tuple[LotOfSerial, ...], Rows("Serials")]
    notes: Annotated[tuple[str, ...], "what is not known, and what to do about it"]


@dataclass(frozen=True, slots=True)
class SerialOfLot:
    """A lot and one of its serials."""

    lot: Annotated[str, "name of the lot"]
    serial: Annotated[str, "of a cell or a pack of the lot"]
    sure: Annotated[str | None, "no, where it may be in another lot", Column("sure")] = None


@dataclass(frozen=True, slots=True)
class SerialsOfLots(Answer):
    """Serials of lots, sorted: all of them, or the first."""

    version: ClassVar[int] = 2

    count: Annotated[int, "how many serials the lots have, or may have"]
    sure: Annotated[bool, "whether all of them are in the lots"]
    serials: Annotated[Sequence[SerialOfLot], Rows("Serials")]
    notes: Annotated[tuple[str, ...], "what is not known, and what to do about it"]

    def headline(self) -> str:
        """How many serials there are, and how to get those that are not listed."""
        rows = len(self.serials)
        count = counted(self.count, "serial") if self.sure else f"up to {self.count:,} serials"
        all_listed = rows >= self.count
        return count if all_listed else f"{rows:,} of {count}; --limit 0 or --out FILE for all"


@dataclass(frozen=True, slots=True)
class SerialCount:
    """A lot and the number of its serials."""

    lot: Annotated[str, "name of the lot"]
    serials: Annotated[
        int | str, "how many serials it has, or may have", Column(adds=True, decimals=0)
    ]
    at_most: Annotated[int, "how many it may have", Column(drops=HIDDEN)]
    others: Annotated[
        tuple[str, ...],
        "lots that the serials may be in, too, or that they went to",
        Column(title="Others that may have them"),
    ]


@dataclass(frozen=True, slots=True)
class SerialCounts(Answer):
    """How many serials some lots have."""

    version: ClassVar[int] = 2

    count: Annotated[int, "how many the lots have, or may have, together", Column(drops=HIDDEN)]
    lots: Annotated[tuple[SerialCount, ...], Rows("Lots")]
    notes: Annotated[tuple[str, ...], "what is not known, and what to do about it"]

    def shown(self) -> tuple[str, ...]:
        """The lots."""
        return ("lots",)


@dataclass(frozen=True, slots=True)
class SavedSerials(Answer):
    """A file with the serials of lots."""

    version: ClassVar[int] = 2

    file: Annotated[str, "the file"]
    serials: Annotated[int, "how many serials it has"]
    lots: Annotated[int, "of how many lots"]
    sure: Annotated[bool, "whether all of them are in the lots; if not, a column shows which"]
    notes: Annotated[tuple[str, ...], "what is not known, and what to do about it"]

    def headline(self) -> str:
        """What was written."""
        serials = counted(self.serials, "serial")
        if self.sure:
            return f"{self.file}: {serials} of {counted(self.lots, 'lot')}"
        return f"{self.file}: {serials} that are, or may be, in {counted(self.lots, 'lot')}"


def add_range(folder: Path, labels: tuple[str, str, str], *, book: Book, month: str) -> AddedRange:
    """Add one range to a register, which is in step with its book then.

    Parameters
    ----------
    folder, month : see `add_ranges`.
    labels : the lot, its first and its last serial.
    """
    one, lots = spanning(*labels), lot_names(book)
    keep_step(folder, book, new=False)
    added = add_ranges(folder, [one], lots=lots, month=month, related=related_in(book, lots))
    keep_step(folder, book)
    return AddedRange(*labels, one.count, not added, str(folder))


def import_in_step(
    folder: Path, path: Path, *, book: Book, month: str, progress: Callable[[float], None]
) -> Imported:
    """Import a file into the register of a book, which is in step with it then."""
    lots = lot_names(book)
    keep_step(folder, book, new=False)
    imported = import_serials(
        folder, path, lots=lots, month=month, progress=progress, related=related_in(book, lots)
    )
    keep_step(folder, book)
    return imported


def rebuild_register(folder: Path, book: Book) -> Rebuilt:
    """Read all moves again from a book's events, and list serials that two events name.

    Parameters
    ----------
    folder : of the register; made if it does not exist.
    book : an open book.
    """
    rebuilt = read_again(folder, book)
    with book.store.snapshot():
        doubles = Whereabouts(open_register(folder), book).all_doubles()
    return replace(rebuilt, notes=(*rebuilt.notes, *doubles))


def find_lots(folder: Path, serials: Iterable[str], book: Book | None) -> LotsOfSerials:
    """The lots that each serial is, or may be, in; an unknown serial is a finding.

    Without a book these are the lots that the serials were entered for.
    """
    register, asked = open_register(folder), [*serials]
    doubles: tuple[str, ...] = ()
    if book is None:
        entered = {serial: register.lot_of(serial) for serial in asked}
        lots = {serial: tuple(filter(None, [lot])) for serial, lot in entered.items()}
    else:
        with book.store.snapshot():
            places = Whereabouts(register, book)
            lots = {serial: places.lots_of(serial) for serial in asked}
            doubles = places.doubles()
    raise_findings(
        Finding("unknown-name", "SERIAL", "a serial of the register", serial)
        for serial, some in lots.items()
        if not some
    )
    notes = [_NO_BOOK] if book is None else []
    unsure = any(len(some) > 1 for some in lots.values())
    notes += doubles or [NOT_SURE] * unsure
    rows = (
        LotOfSerial(serial, *((some[0], ()) if len(some) == 1 else (None, some)))
        for serial, some in lots.items()
    )
    return LotsOfSerials(tuple(rows), tuple(notes))


def count_serials(folder: Path, asked: Iterable[str], book: Book) -> SerialCounts:
    """How many serials each lot has, or may have."""
    with book.store.snapshot():
        places, lots = _in_lots(folder, asked, book)
        rows = tuple(SerialCount(x.lot, x.cell, x.most, x.others) for x in lots)
        return SerialCounts(places.count(_owners(lots)), rows, _notes(places, lots))


def list_serials(
    folder: Path, asked: Iterable[str], book: Book, *, limit: int | None
) -> SerialsOfLots:
    """Serials of lots, sorted, the first `limit` of them; sure ones before possible ones."""
    with book.store.snapshot():
        places, lots = _in_lots(folder, asked, book)
        rows = (
            SerialOfLot(**row)
            for table in _tables(places, lots)
            for batch in table.to_batches(1000)
            for row in batch.to_pylist()
        )
        count, sure = places.count(_owners(lots)), not any(x.possible for x in lots)
        return SerialsOfLots(count, sure, tuple(islice(rows, limit)), _notes(places, lots))


def save_serials(folder: Path, asked: Collection[str], path: Path, book: Book) -> SavedSerials:
    """Write serials of lots to a CSV or Parquet file; where some are not sure, with a column."""
    with book.store.snapshot():
        places, lots = _in_lots(folder, asked, book)
        sure = not any(x.possible for x in lots)
        columns = ("sure",) * (not sure) + ("modelled",) * bool(book.modelled)
        rows = write_tables(_marked(_tables(places, lots), book.modelled), path, columns)
        notes = _notes(places, lots)
    return SavedSerials(str(path), rows, len(set(asked)), sure, notes)


def _in_lots(folder: Path, asked: Iterable[str], book: Book) -> tuple[Whereabouts, Sequence[InLot]]:
    """Serials in lots; one that the book does not have is a finding."""
    register, names, lots = open_register(folder), [*asked], lot_names(book)
    raise_findings(
        Finding("unknown-name", "LOT", "a lot of the book", lot, nearest_hint(lot, lots))
        for lot in names
        if lot not in lots
    )
    places = Whereabouts(register, book)
    return places, [*places.of_lots(names).values()]


def _owners(lots: Iterable[InLot]) -> set[str]:
    return {owner for x in lots for owner in x.sure | x.possible}


def _tables(places: Whereabouts, lots: Sequence[InLot]) -> Iterator[pa.Table]:
    """Tables of lot and serial, and whether it is sure where some are not."""
    some = any(x.possible for x in lots)
    for x in lots:
        for owners, sure in ((x.sure, "yes"), (x.possible, "no")):
            for table in recall({x.lot: places.sources(owners)}):
                column = pa.array([sure] * table.num_rows, pa.string())
                yield table.append_column("sure", column) if some else table


def _marked(tables: Iterable[pa.Table], model: str) -> Iterator[pa.Table]:
    """Tables with a column for the mark of a modelled book."""
    for table in tables:
        column = pa.array([model] * table.num_rows, pa.string())
        yield table.append_column("modelled", column) if model else table


def _notes(places: Whereabouts, lots: Iterable[InLot]) -> tuple[str, ...]:
    unsure = (NOT_SURE,) if any(x.possible for x in lots) else ()
    return *unsure, *places.doubles()
