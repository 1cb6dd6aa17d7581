"""Tables of results: what formulas are worth, a row a period and a name, means of the draws."""

from collections.abc import Iterator

import numpy as np

from loopbook.loop.answers.basis import basis_of
from loopbook.loop.answers.evaluate import PERIOD, SOME, Answer, Evaluator, Key, Place, Sheet
from loopbook.loop.answers.value import Value
from loopbook.loop.answers.world import World
from loopbook.loop.money.accounts import Accounts
from loopbook.loop.nouns.facts import Result
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
    world = World(walked, money)
    evaluator = Evaluator(walked.loop, world)
    return {name: _table(name, sheet, evaluator) for name, sheet in evaluator.sheets.items()}


def answer(
    walked: Walk, money: Accounts, formula: str, *, unit: str = "1", where: str = ""
) -> Array:
    """Numbers of a formula in a unit, (period, draw); in one period where it is the same in all.

    Raises
    ------
    InputError : a formula that cannot be read, or of another unit.
    """
    value = Evaluator(walked.loop, World(walked, money)).formula(
        formula, Place("", ("", ""), where)
    )
    assert isinstance(value, Value)
    return value.into(unit, where)


def shown(sheet: Sheet) -> Iterator[tuple[str, Result]]:
    """Columns that people see, each with the row that has its title."""
    for name, rows in sheet.columns.items():
        titled = next((row for row in rows.values() if row.title), None)
        if titled:
            yield name, titled


def _table(name: str, sheet: Sheet, evaluator: Evaluator) -> Table:
    world = evaluator.world
    assert world is not None
    count = len(world.periods) if sheet.by_period else 1
    columns, cells = [], []
    for column, row in shown(sheet):
        made = {key: _cells(evaluator, name, column, key, count=count) for key in sheet.keys}
        if row.answer.startswith(f"{SOME}(") and not any(x for some in made.values() for x in some):
            continue
        used = evaluator.uses.get((name, column), set())
        basis = basis_of(world.loop, used)
        columns.append(Column(column, row.title, row.unit, basis, how=row.how or row.answer))
        cells.append(made)
    keep = sheet.head.answer if sheet.head else ""
    rows = tuple(
        tuple(column[key][k] for column in cells)
        for k in range(count)
        for key in sheet.keys
        if not keep or _is_kept(evaluator.formula(keep, Place(name, key, "")), k)
    )
    title, note = (sheet.head.title, sheet.head.how) if sheet.head else (name, "")
    return Table(name, title, tuple(columns), rows, note)


def _cells(evaluator: Evaluator, table: str, column: str, key: Key, *, count: int) -> list[Cell]:
    """Cells of a column in the rows of one name, in the order of the periods."""
    row = evaluator.sheets[table].answer(column, key)
    assert row is not None
    if row.answer == PERIOD:
        assert evaluator.world is not None
        names = (span.name for span in evaluator.world.periods)
        return [int(name) if name.isdigit() else name for name in names]
    value = evaluator.cell(table, column, key)
    if not isinstance(value, Value):
        return [value] * count
    unit = evaluator.sheets[table].unit(column)
    means = np.broadcast_to(value.into(unit, row.where).mean(axis=-1), (count,))
    return [None if np.isnan(x) else float(x) for x in means]


def _is_kept(value: Answer, period: int) -> bool:
    if not isinstance(value, Value):
        return bool(value)
    numbers = value.number.array.mean(axis=-1)
    return bool(numbers[min(period, len(numbers) - 1)] > 0.0)
