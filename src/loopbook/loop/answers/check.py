"""Names and units in formulas of results, found when the loop is read."""

from collections.abc import Iterator

from loopbook.errors import FormulaError, InputError
from loopbook.loop.answers.evaluate import Evaluator, Place
from loopbook.loop.answers.sheet import OURS, PERIOD, Key, Sheet
from loopbook.loop.answers.tables import in_unit
from loopbook.loop.answers.value import Value
from loopbook.loop.checking.contracts import outputs
from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.trade import Contract


def check_results(subject: Subject) -> None:
    """A finding for each formula that cannot be read, or has an unknown name or a wrong unit,
    or asks for a material that a site cannot make or get, or that a contract does not carry.
    """
    evaluator, names = Evaluator(subject.loop), dict.fromkeys(OURS, "a table of any loop")
    for row in subject.loop.results:
        name = row.table_.casefold()
        if names.setdefault(name, row.table_) != row.table_:
            what = "a name of a table that no other has, in capitals or not"
            found, names[name] = f"{row.table_}, as {names[name]}", row.table_
            subject.at(row).note("duplicate", what, found, at="table")
    for table, sheet in evaluator.sheets.items():
        for column, key in _places(sheet):
            try:
                _check(evaluator, sheet, column, at=Place(table, key))
            except InputError as error:
                new = (x for x in error.findings if x not in subject.findings.items)
                subject.findings.items.extend(new)
    for asked in evaluator.asked:
        what, known = _parts_of(subject, asked.function, *asked.names[:1])
        for name in asked.names[1:] if known else ():
            at = subject.findings.about(asked.where)
            if not {name, *_members(subject, name)} & known:
                at.unknown(what, name, known)


def _parts_of(subject: Subject, function: str, of: str = "") -> tuple[str, set[str]]:
    """What a site makes or gets, or a contract carries, also where a switch is off; none if it is
    not known before the walk.
    """
    loop, rows = subject.loop, subject.every.of(Contract)
    if function in ("made", "feed"):
        site = loop.sites.get(of)
        of_it = (of, site.model) if site else ()
        stated = {x.of for x in subject.every.of(Parameter) if x.on in of_it} - {""}
        if function == "feed":
            arrive = {x for row in rows if row.to == of for x in _members(subject, row.material)}
            return f"a material that {of} gets", arrive | stated if site else set()
        splits = {x.to for x in subject.every.of(Split) if site and x.process == site.process}
        made = outputs(subject, of)
        return f"a material that {of} makes", set() if made is None else made | stated | splits
    if function in ("taken", "asked", "short", "footprint"):
        rows = tuple(row for row in rows if row.contract == of)
        known = {x for row in rows for x in (row.from_, row.to, row.material)}
        if function == "taken":
            known |= {x for row in rows for x in _members(subject, row.material)}
        return f"a site or material of the contract {of}", known
    return "", set()


def _members(subject: Subject, name: str) -> set[str]:
    """A material, or those of a group."""
    return {x.material for x in subject.every.of(Material) if x.group == name} or {name}


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
