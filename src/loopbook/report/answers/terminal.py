"""An answer as text for people: a headline, then tables that fit the screen and cut no number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from textwrap import TextWrapper
from unicodedata import east_asian_width

from loopbook.errors import visible
from loopbook.report.answers.answer import Record, as_text, counted
from loopbook.report.answers.writing import kind_of
from loopbook.report.format import is_share
from loopbook.report.table import HIDDEN, Cell, Column, Table

_GAP = "  "
_ROOMY, _SHORTEST = 32, 12  # cells of a column of long texts: before another drops, and at least


def record_text(record: Record, *, width: int | None = None, only: Sequence[str] = ()) -> str:
    """A record as text.

    Parameters
    ----------
    width : cells of the screen; None for as many as it takes, with every column.
    only : show only these keys, and rows that have some of them; an unknown one is a finding.
    """
    keys = record.chosen(only)
    tables = record.seen()
    facts = _shown(record.facts, keys) if not record.headline else []
    blocks = ["\n".join(_lines(record.facts, facts, record.facts.rows, width))] if facts else []
    blocks += [_headline(record, width)] if record.headline else []
    for whole in tables:
        table, columns = (_of_keys(whole, only) if only else whole), _shown(whole, keys)
        rows = table.rows
        made = (
            _lines(table, columns, rows, width)
            if record.blocks
            else _grid(table, columns, rows, width)
        )
        alone = len(tables) == 1 and rows
        title = [] if alone else [table.title if rows else f"{table.title}: none"]
        blocks.append("\n".join([*title, *(made if rows else [])]))
    notes = next(record.facts.records(), {}).get("notes")
    for note in notes if isinstance(notes, tuple) else ():
        blocks.append("\n".join(wrapped(visible(f"Note: {note}"), width)))
    return "\n\n".join(blocks)


def _headline(record: Record, width: int | None) -> str:
    """The headline; what is given away or posted, such as a signed text or JSON, is not wrapped."""
    lines = visible(record.headline).split("\n")
    if record.verbatim:
        return "\n".join(lines)
    return "\n".join(x for line in lines for x in wrapped(line, None if "{" in line else width))


def _of_keys(table: Table, keys: Sequence[str]) -> Table:
    """A table about these keys: their columns stay, and rows without them are one at the end."""
    columns = tuple(
        replace(x, drops=0) if x.key in keys and x.drops < HIDDEN else x for x in table.columns
    )
    rows = [row for row in table.rows if _has(table, row, keys)]
    others = [row for row in table.rows if not _has(table, row, keys)]
    if others:
        text = f"{counted(len(others), 'other')} without {' or '.join(keys)}"
        first = next((k for k, x in enumerate(columns) if x.drops < HIDDEN), 0)
        sums = _sums(columns, others)
        rows.append(tuple(text if k == first else sums.get(k) for k in range(len(columns))))
    return replace(table, columns=columns, rows=rows)


def _sums(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> dict[int, Decimal]:
    """Sums of the columns that add up; limits, such as "up to 5", have none."""
    return {
        k: sum((Decimal(c) for row in rows if isinstance(c := row[k], Decimal | int)), Decimal(0))
        for k, column in enumerate(columns)
        if column.adds and not any(isinstance(row[k], str) for row in rows)
    }


def _has(table: Table, row: Sequence[Cell], keys: Sequence[str]) -> bool:
    """Whether a row has some of these keys, or is not about keys at all."""
    cells = [row[k] for k, column in enumerate(table.columns) if column.key in keys]
    return not cells or any(cells)


def _shown(table: Table, keys: Sequence[str]) -> list[int]:
    """Places of the columns that people see: not hidden, not empty, of the keys that are shown."""
    return [
        k
        for k, column in enumerate(table.columns)
        if column.drops < HIDDEN
        and column.name != "notes"
        and column.key in ("", column.whole, *keys)
        and any(row[k] not in (None, "", ()) for row in table.rows)
    ]


# ---- a table as a grid ----


def grid_text(table: Table, width: int | None) -> str:
    """Columns of a table that are not empty, side by side; no heads if the first has none."""
    return "\n".join(_grid(table, _shown(table, ()), table.rows, width)) if table.rows else ""


def _grid(
    table: Table, places: list[int], rows: Sequence[Sequence[Cell]], width: int | None
) -> Iterator[str]:
    """Head, rows and total.

    On a narrow screen heads take several lines, then the columns that may drop do, then texts take
    several lines. If that is too wide as well, each row is shown as lines.
    """
    texts = {k: [cell_text(row[k], table.columns[k]) for row in rows] for k in places}
    totals = _total(table, places)
    for k, total in totals.items():
        texts[k].append(total)
    heads = {k: _head(table.columns[k]) for k in places}
    kinds = {k: kind_of(table.columns[k], (row[k] for row in table.rows)) for k in places}
    worded = {k for k in places if kinds[k] in (str, tuple)}
    wide = {k: max(map(cells_wide, [heads[k], *texts[k]])) for k in places}
    if width:
        low = {k: max(_longest_word([heads[k]]), *map(cells_wide, texts[k])) for k in places}
        words = {k: _longest_word([heads[k], *texts[k]]) if k in worded else low[k] for k in places}
        roomy, least = (
            {k: max(words[k], min(cells, low[k])) for k in places} for cells in (_ROOMY, _SHORTEST)
        )
        for k in sorted(places, key=lambda k: (-table.columns[k].drops, -k)):
            if table.columns[k].drops and _together(roomy) > width:
                del roomy[k]
        wide = {k: wide[k] for k in roomy}
        for narrow in (low, least):
            wide = _narrowed(wide, narrow, width)
        if _together(wide) > width:
            yield from _lines(table, places, rows, width)
            return
    right = {
        k
        for k in wide
        if kinds[k] in (int, float, Decimal) or table.columns[k].decimals is not None
    }
    kept = [k for k in places if k in wide]
    named = [[heads[k] for k in kept]] * bool(table.columns[places[0]].title)
    lines = [*named, *zip(*(texts[k] for k in kept), strict=True)]
    if totals and not any(totals[k] for k in kept[1:]):
        lines.pop()
    for line in lines:
        parts = [wrapped(text, wide[k]) for k, text in zip(kept, line, strict=True)]
        for cells in zip_longest(*parts, fillvalue=""):
            padded = (
                _padded(text, wide[k], right=k in right)
                for k, text in zip(kept, cells, strict=True)
            )
            yield _GAP.join(padded).rstrip()
    if dropped := [table.columns[k].title for k in places if k not in wide]:
        more = f"{counted(len(dropped), 'more column')} ({', '.join(dropped)})"
        yield from wrapped(f"{more}: widen the window, or use --json", width)


def _longest_word(texts: Iterable[str]) -> int:
    """Cells of the longest word."""
    return max(map(cells_wide, " ".join(texts).split()), default=0)


def _together(wide: Mapping[int, int]) -> int:
    """Cells of columns side by side."""
    return sum(wide.values()) + len(_GAP) * (len(wide) - 1)


def _narrowed(wide: Mapping[int, int], least: Mapping[int, int], width: int) -> dict[int, int]:
    """The widest columns narrowed, a cell at a time, until all fit or each has its least."""
    narrowed = dict(wide)
    for _ in range(_together(wide) - width):
        if wider := [k for k in narrowed if narrowed[k] > least[k]]:
            narrowed[max(wider, key=narrowed.__getitem__)] -= 1
    return narrowed


def wrapped(text: str, width: int | None) -> list[str]:
    """A text as lines of so many cells, if it is longer; no word is cut."""
    if width is None or cells_wide(text) <= width:
        return [text]
    return TextWrapper(width, break_long_words=False, break_on_hyphens=False).wrap(text)


def _total(table: Table, places: list[int]) -> dict[int, str]:
    """Texts of the sum of all rows; nothing where no column adds up, or where there is one row."""
    sums = _sums(table.columns, table.rows)
    if len(table.rows) < 2 or not any(k in sums for k in places):
        return {}
    texts = {k: cell_text(sums.get(k), table.columns[k]) for k in places}
    texts[places[0]] = texts[places[0]] or "Total"
    return texts


def _lines(
    table: Table, places: list[int], rows: Iterable[Sequence[Cell]], width: int | None
) -> Iterator[str]:
    """Each row as lines, a column a line; a text that does not fit takes several."""
    heads = {k: _head(table.columns[k]) for k in places}
    wide = max(map(cells_wide, heads.values()), default=0)
    for number, row in enumerate(rows):
        yield from [""] * bool(number)
        for k in places:
            text = cell_text(row[k], table.columns[k])
            room = max(width - wide - len(_GAP), _SHORTEST) if width else None
            for number_of_line, part in enumerate(wrapped(text, room) if text else ()):
                yield f"{_padded('' if number_of_line else heads[k], wide)}{_GAP}{part}"


def _head(column: Column) -> str:
    unit = "%" if is_share(column) else column.unit if column.unit != "1" else ""
    return f"{column.title}, {unit}" if unit else column.title


def cells_wide(text: str) -> int:
    """How many cells of a terminal a text takes; signs of East Asia take two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(text: str, wide: int, *, right: bool = False) -> str:
    blanks = " " * (wide - cells_wide(text))
    return blanks + text if right else text + blanks


def cell_text(cell: Cell, column: Column) -> str:
    """A cell for people, without its unit.

    >>> cell_text(Decimal("1234.5678"), Column(unit="kg", decimals=3))
    '1,234.568'
    >>> cell_text(0.25, Column("Ni_share", unit="1", decimals=1)), cell_text(None, Column())
    ('25.0', '')
    """
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return number_text(cell, column)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return visible(" ".join(as_text(cell).split("\n")))


def number_text(number: float | Decimal, column: Column) -> str:
    """A number with the decimals of its column; zero without any, as 0.000 is rounded."""
    value = 100 * number if is_share(column) else number
    if isinstance(value, int) and column.decimals is None:
        return str(value)
    places = ".6g" if column.decimals is None else f".{column.decimals}f"
    return f"{value:z,{places}}" if value else "0"
