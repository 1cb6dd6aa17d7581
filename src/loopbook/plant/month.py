"""A month of operations is posted to a book, and its metal statement becomes a table.

The month follows from a record of what the sites did in it and from ``month.toml`` (`settings`);
what truly happens is drawn from the seed (`matter`), and entered into the book as people would
enter it (`events`). The same record gives the same events, byte for byte.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from loopbook.book import Book, MarkModelled, Statement, metal_statement, microseconds
from loopbook.plant.events import MonthEvents, month_events
from loopbook.plant.matter import MonthMatter
from loopbook.plant.settings import MonthSettings
from loopbook.report import Column, Table

_PAIRS = (
    ("title in", "title out"),
    ("from lots", "to lots"),
    ("shipped out", "into transit"),
    ("out of transit", "shipped in"),
)


@dataclass(frozen=True, slots=True)
class MonthRecord:
    """What a month is drawn from.

    Parameters
    ----------
    case : its name.
    settings : of the month.
    matter : what the sites did in the month; only components that occur in it.
    keys : input rows that the month rests on.
    """

    case: str
    settings: MonthSettings
    matter: MonthMatter
    keys: tuple[str, ...] = ()


@np.errstate(divide="raise", invalid="raise", over="raise")
def post_month(record: MonthRecord, path: Path) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Draw the month and post it to a new book.

    Parameters
    ----------
    record : what the month is drawn from.
    path : file of the book.

    Returns
    -------
    Result tables (the plant's metal statement, the whole book's, lots of finished cells), and the
    names of these lots in the order in which they were made.

    Raises
    ------
    InputError : the book refuses an event, such as one beyond a limit of `settings`.
    ArithmeticError : nothing is there of what the month needs.
    """
    settings, matter = record.settings, record.matter.with_reagents()
    digest = hashlib.sha256(settings.texts["seed"].encode("utf-8")).digest()
    events = month_events(matter, settings, int.from_bytes(digest[:8], "big"))
    clock = [0]
    with Book(path, create=True, clock=lambda: clock[0]) as book:
        first, opening = events.days[0]
        mark = _mark(record.case, settings, first)
        for entered, commands in ((first, [mark, *opening]), *events.days[1:]):
            clock[0] = microseconds(entered)
            book.post(commands)
        tables = _statements(book, settings, record.keys)
    lots = tuple(lot.lot for lot in events.cell_lots)
    return (*tables, _cell_lots(events, matter, settings, record.keys)), lots


def _mark(case: str, settings: MonthSettings, entered: datetime) -> MarkModelled:
    """The book's first event: nothing in it was measured."""
    model = f"case {case}, month {settings.texts['month']}"
    return MarkModelled(key="modelled", actor="loopbook run", occurred_at=entered, model=model)


def _statements(book: Book, settings: MonthSettings, keys: tuple[str, ...]) -> tuple[Table, Table]:
    """The metal statement of the plant's site, and that of the whole book."""
    month, site = settings.texts["month"], settings.texts["plant_site"]
    start, end = settings.start, settings.end
    return (
        statement_table(
            metal_statement(book, start=start, end=end, site=site),
            f"Metal statement of {site}, {month}, a modelled month",
            keys,
        ),
        statement_table(
            metal_statement(book, start=start, end=end),
            f"Metal statement of the loop, {month}, a modelled month",
            keys,
            name="loop_statement",
        ),
    )


def statement_table(
    statement: Statement, title: str, keys: tuple[str, ...], *, name: str = "metal_statement"
) -> Table:
    """A metal statement as a result table, in tonnes; lines that are zero are left out.

    So are pairs of lines that take away each other: of the whole book, changes of title, of lot
    and of place.
    """
    gone = {
        both
        for pair in _PAIRS
        if not any(map(sum, zip(*(statement.line(both).content for both in pair), strict=True)))
        for both in pair
    }
    shown = [line for line in statement.lines if any(line.content) and line.name not in gone]
    moving = [k for k in range(len(statement.substances)) if any(x.content[k] for x in shown)]
    how = "sum of the book's postings in the month, by line of the metal statement"
    columns = (
        Column("line", "Line"),
        Column("mass_t", "Mass", "t", keys, how),
        Column(
            "mass_u_t", "Mass, standard uncertainty", "t", keys, "from tickets; groups by scale"
        ),
        *(
            Column(f"{name.lower()}_t", name, "t", keys, how)
            for name in (statement.substances[k] for k in moving)
        ),
    )
    return Table(
        name,
        title,
        columns,
        tuple(
            (
                line.name,
                line.mass / 1e9,
                line.sure.mass / 1e9 if line.sure is not None and line.sure.mass_covered else None,
                *(line.content[k] / 1e9 for k in moving),
            )
            for line in shown
        ),
        (
            "Opening and movements are closing, in whole milligrams; lines 'of which' are in the "
            "lines above them, and pairs that take away each other are left out. Tickets, "
            "assays, runs and shipments are drawn from the computed year by month.toml, not "
            "recorded at a plant; the whole book is in book.sqlite. "
            + " ".join(f"{text[0].upper()}{text[1:]}." for text in statement.notes)
        ),
    )


def _cell_lots(
    events: MonthEvents, matter: MonthMatter, settings: MonthSettings, keys: tuple[str, ...]
) -> Table:
    """Lots of finished cells with their serial numbers."""
    per_kwh = matter.lines.kg_per_kwh if matter.lines else 0.0
    columns = (
        Column("lot", "Lot"),
        Column("delivered", "Delivered"),
        Column("mass_t", "Mass", "t", keys, "as weighed after the run"),
        Column("energy_mwh", "Energy", "MWh", keys, f"mass / {per_kwh:.4g} kg/kWh of cell"),
        Column("cells", "Cells", "1", keys, "mass / mass of one cell"),
        Column("first_serial", "First serial number"),
        Column("last_serial", "Last serial number"),
    )
    rows = [
        (
            lot.lot,
            (settings.start + timedelta(days=lot.delivered)).date().isoformat(),
            lot.mass_kg / 1e3,
            lot.mass_kg / per_kwh / 1e3,
            lot.cells,
            lot.first,
            lot.last,
        )
        for lot in events.cell_lots
    ]
    month = settings.texts["month"]
    return Table(
        "cell_lots",
        f"Lots of finished cells of {month}, a modelled month",
        columns,
        tuple(rows),
        (
            "Cells made of the month's recovered metal and of bought metal, in the proportion of "
            "the year. What is delivered after the month's last day is dated into the next "
            "month. Real lead times are months: refining, active material and formation take "
            "days here so that scrap of the month is seen in cells of the month."
        ),
    )
