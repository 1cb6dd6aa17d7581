"""What the commands of a register answer: ranges and serials of lots, as declared records."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.report import HIDDEN, Answer, Column, Rows, counted
from loopbook.serials.ranges import spanning
from loopbook.serials.register import SerialRegister, open_register
from loopbook.serials.writing import add_ranges


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
    lot: Annotated[str, "the lot that it belongs to"]


@dataclass(frozen=True, slots=True)
class LotsOfSerials(Answer):
    """The lots of some serials."""

    serials: Annotated[tuple[LotOfSerial, ...], Rows("Serials")]


@dataclass(frozen=True, slots=True)
class SerialOfLot:
    """A lot and one of its serials."""

    lot: Annotated[str, "name of the lot"]
    serial: Annotated[str, "of a cell or a pack of the lot"]


@dataclass(frozen=True, slots=True)
class SerialsOfLots(Answer):
    """Serials of lots, sorted: all of them, or the first."""

    count: Annotated[int, "how many serials the lots have"]
    serials: Annotated[Sequence[SerialOfLot], Rows("Serials")]

    def headline(self) -> str:
        """How many serials there are, and how to get those that are not listed."""
        count = counted(self.count, "serial")
        if len(self.serials) == self.count:
            return count
        return f"{len(self.serials):,} of {count}; --limit 0 or --out FILE for all"


@dataclass(frozen=True, slots=True)
class SerialCount:
    """A lot and the number of its serials."""

    lot: Annotated[str, "name of the lot"]
    serials: Annotated[int, "how many serials it has", Column(adds=True, decimals=0)]


@dataclass(frozen=True, slots=True)
class SerialCounts(Answer):
    """How many serials some lots have."""

    count: Annotated[int, "how many serials the lots have together", Column(drops=HIDDEN)]
    lots: Annotated[tuple[SerialCount, ...], Rows("Lots")]


@dataclass(frozen=True, slots=True)
class SavedSerials(Answer):
    """A file with the serials of lots."""

    file: Annotated[str, "the file"]
    serials: Annotated[int, "how many serials it has"]
    lots: Annotated[int, "of how many lots"]

    def headline(self) -> str:
        """What was written."""
        return f"{self.file}: {counted(self.serials, 'serial')} of {counted(self.lots, 'lot')}"


def add_range(
    folder: Path, labels: tuple[str, str, str], *, lots: Collection[str], month: str
) -> AddedRange:
    """Add one range to a register.

    Parameters
    ----------
    folder, lots, month : see `add_ranges`.
    labels : the lot, its first and its last serial.
    """
    one = spanning(*labels)
    added = add_ranges(folder, [one], lots=lots, month=month)
    return AddedRange(*labels, one.count, not added, str(folder))


def find_lots(folder: Path, serials: Iterable[str]) -> LotsOfSerials:
    """The lot of each serial; an unknown serial is a finding."""
    register = open_register(folder)
    lots = {serial: register.lot_of(serial) for serial in serials}
    raise_findings(
        Finding("unknown-name", "SERIAL", "a serial of the register", serial)
        for serial, lot in lots.items()
        if lot is None
    )
    return LotsOfSerials(tuple(LotOfSerial(serial, lot) for serial, lot in lots.items() if lot))


def count_serials(folder: Path, asked: Iterable[str], *, lots: Collection[str]) -> SerialCounts:
    """How many serials each lot has; `lots` are the names of the book's."""
    counts = _register_of_lots(folder, asked, lots).count_of(asked)
    rows = tuple(SerialCount(lot, count) for lot, count in counts.items())
    return SerialCounts(sum(counts.values()), rows)


def list_serials(
    folder: Path, asked: Iterable[str], *, lots: Collection[str], limit: int | None
) -> SerialsOfLots:
    """Serials of lots, sorted, the first `limit` of them; `lots` are the names of the book's."""
    register = _register_of_lots(folder, asked, lots)
    rows = (
        SerialOfLot(**row)
        for table in register.serials_of(asked)
        for batch in table.to_batches(1000)
        for row in batch.to_pylist()
    )
    return SerialsOfLots(sum(register.count_of(asked).values()), tuple(islice(rows, limit)))


def save_serials(
    folder: Path, asked: Collection[str], path: Path, *, lots: Collection[str]
) -> SavedSerials:
    """Write serials of lots to a CSV or Parquet file; `lots` are the names of the book's."""
    rows = _register_of_lots(folder, asked, lots).write_serials(asked, path)
    return SavedSerials(str(path), rows, len(set(asked)))


def _register_of_lots(folder: Path, asked: Iterable[str], lots: Collection[str]) -> SerialRegister:
    """A register that is asked about lots; one that the book does not have is a finding."""
    register = open_register(folder)
    raise_findings(
        Finding("unknown-name", "LOT", "a lot of the book", lot, nearest_hint(lot, lots))
        for lot in asked
        if lot not in lots
    )
    return register
