"""Names and units in formulas of results, found when the loop is read."""

from loopbook.errors import InputError
from loopbook.loop.answers.evaluate import PERIOD, Evaluator, Place
from loopbook.loop.answers.value import Value
from loopbook.loop.checking.subject import Subject


def check_results(subject: Subject) -> None:
    """A finding for each formula that cannot be read, or has an unknown name or a wrong unit."""
    evaluator = Evaluator(subject.loop, None, subject.names)
    seen: set[str] = set()

    def note(error: InputError) -> None:
        for one in error.findings:
            if str(one) not in seen:
                seen.add(str(one))
                subject.findings.items.append(one)

    for table, sheet in evaluator.sheets.items():
        for column, rows in sheet.columns.items():
            for key in sheet.keys:
                row = sheet.answer(column, key)
                if row is None or row.answer == PERIOD:
                    continue
                try:
                    value = evaluator.cell(table, column, key)
                    if isinstance(value, Value) and any(x.title for x in rows.values()):
                        array = value.into(sheet.unit(column), row.where)
                        if len(array) > 1 and not sheet.by_period:
                            what = "one number, such as sum(...), for no column has periods"
                            raise InputError.of("formula", row.where, what, "a number a period")
                except InputError as error:
                    note(error)
        if sheet.head and sheet.head.answer:
            try:
                for key in sheet.keys:
                    evaluator.formula(sheet.head.answer, Place(table, key, sheet.head.where))
            except InputError as error:
                note(error)
