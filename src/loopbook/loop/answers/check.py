"""Names and units in formulas of results, found when the loop is read."""

from collections.abc import Iterator

from loopbook.errors import FormulaError, InputError
from loopbook.loop.answers.evaluate import Evaluator, Place
from loopbook.loop.answers.sheet import PERIOD, Key, Sheet
from loopbook.loop.answers.tables import in_unit
from loopbook.loop.answers.value import Value
from loopbook.loop.checking.subject import Subject


def check_results(subject: Subject) -> None:
    """A finding for each formula that cannot be read, or has an unknown name or a wrong unit."""
    evaluator = Evaluator(subject.loop)
    for table, sheet in evaluator.sheets.items():
        for column, key in _places(sheet):
            try:
                _check(evaluator, sheet, column, at=Place(table, key))
            except InputError as error:
                new = (x for x in error.findings if x not in subject.findings.items)
                subject.findings.items.extend(new)


def _places(sheet: Sheet) -> Iterator[tuple[str, Key]]:
    """Cells with a formula; an empty column is that which keeps rows."""
    for key in sheet.keys:
        for column in ("", *sheet.columns):
            row = sheet.answer(column, key) if column else sheet.head
            if row is not None and row.answer != PERIOD and (row.answer or column):
                yield column, key


def _check(evaluator: Evaluator, sheet: Sheet, column: str, *, at: Place) -> None:
    row = sheet.answer(column, at.key) if column else sheet.head
    assert row is not None
    if not column:
        evaluator.formula(row.answer, Place(at.table, at.key, f"{row.where}, answer"))
        return
    value = evaluator.cell(at.table, column, at.key)
    if sheet.title(column) and (isinstance(value, Value) or sheet.unit(column)):
        array = in_unit(value, sheet.unit(column), f"{row.where}, answer")
        if len(array) > 1 and not sheet.by_period:
            what = "one number, such as sum(...), for no column has periods"
            raise FormulaError.of("formula", row.where, what, row.answer)
