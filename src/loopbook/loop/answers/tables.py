"""Tables of results: what formulas are worth, a row a period and a name, means of the draws."""

import numpy as np

from loopbook.errors import Finding, UnitError
from loopbook.loop.answers.basis import basis_of
from loopbook.loop.answers.evaluate import Answer, Evaluator, Place
from loopbook.loop.answers.sheet import PERIOD, Key, Sheet
from loopbook.loop.answers.value import OtherUnitError, Value
from loopbook.loop.answers.world import World
from loopbook.loop.money.accounts import Accounts
from loopbook.loop.walking.result import Walk
from loopbook.report import Cell, Column, Table
from loopbook.tables import Array


def result_tables(walked: Walk, money: Accounts) -> dict[str, Table]:
    """The tables that `results` declares, by name.

    Each cell is the mean of the draws, and None where there is no number. A column rests on the
    rows behind what it names, by address.

    Raises
    ------
    InputError : a price or a number of a series that is missing.
    """
    return tables_with_zeros(walked, money)[0]


def tables_with_zeros(
    walked: Walk, money: Accounts
) -> tuple[dict[str, Table], tuple[Finding, ...]]:
    """The tables of results, and what they count as zero: parts of streams that are nothing in
    every period, those within ``some`` left out.
    """
    evaluator = Evaluator(walked.loop, World(walked, money))
    tables = {name: _table(name, sheet, evaluator) for name, sheet in evaluator.sheets.items()}
    sentences = (
        (x.where, f"{x.text} is nothing in every period ({', '.join(x.names)})")
        for x in evaluator.asked
        if x.is_zero
    )
    zeros = (Finding("zero", at, "", "", sentence=words) for at, words in sentences)
    return tables, tuple(dict.fromkeys(zeros))


def answer(walked: Walk, money: Accounts, formula: str, *, unit: str = "1") -> Array:
    """Numbers of a formula in a unit, (period, draw); in one period where it is the same in all.

    Raises
    ------
    InputError : a formula that cannot be read, or of another unit.
    """
    value = Evaluator(walked.loop, World(walked, money)).formula(formula, Place())
    hint = f"give a unit of {value.kind}, as in unit='t'" if isinstance(value, Value) else ""
    return in_unit(value, unit, "formula", hint=hint)


def in_unit(value: Answer, unit: str, where: str, *, hint: str = "") -> Array:
    """Numbers of a value in a unit; of another dimension, or a text, it is an `InputError`."""
    try:
        if not isinstance(value, Value):
            raise OtherUnitError(f"a formula in {unit}", f"{value}, no number")
        return value.into(unit or "1", where)
    except OtherUnitError as error:
        raise UnitError.of("unit", where, *error.args, hint=hint) from None


def _table(name: str, sheet: Sheet, evaluator: Evaluator) -> Table:
    count = len(evaluator.loop.calendar.periods) if sheet.by_period else 1
    columns, cells = [], []
    for column in sheet.columns:
        row = sheet.title(column)
        if row is None:
            continue
        made = {key: _cells(evaluator, name, column, key)[:count] for key in sheet.keys}
        if row.answer.startswith("some(") and not any(x for some in made.values() for x in some):
            continue
        basis = basis_of(evaluator.loop, evaluator.uses.get((name, column), ()))
        how = row.how or row.answer
        columns.append(Column(column, row.title, row.unit, basis, how=how, formula=row.answer))
        cells.append(made)
    places = [(key, k) for k in range(count) for key in sheet.keys]
    title, note = name, ""
    if sheet.head:
        title, note, keep = sheet.head.title, sheet.head.how, sheet.head.answer
        kept = {key: _kept(evaluator, keep, Place(name, key)) for key in sheet.keys}
        places = [(key, k) for key, k in places if kept[key][k % len(kept[key])]]
    rows = tuple(tuple(column[key][k] for column in cells) for key, k in places)
    return Table(name, title, tuple(columns), rows, note)


def _cells(evaluator: Evaluator, table: str, column: str, key: Key) -> list[Cell]:
    """Cells of a column in the rows of one name, in the order of the periods."""
    sheet, spans = evaluator.sheets[table], evaluator.loop.calendar.periods
    row = sheet.answer(column, key)
    if row is not None and row.answer == PERIOD:
        names = [x.name for x in spans]
        return [*map(int, names)] if all(map(str.isdigit, names)) else [*names]
    value = evaluator.cell(table, column, key)
    if not isinstance(value, Value):
        return [value] * len(spans)
    means = in_unit(value, sheet.unit(column), table).mean(axis=-1)
    return [None if np.isnan(x) else float(x) for x in np.broadcast_to(means, len(spans))]


def _kept(evaluator: Evaluator, formula: str, at: Place) -> list[bool]:
    """Whether a formula is above zero in each period; without one all rows are kept."""
    value = evaluator.formula(formula, at) if formula else True
    if not isinstance(value, Value):
        return [bool(value)]
    return [bool(x > 0.0) for x in value.number.array.mean(axis=-1)]
