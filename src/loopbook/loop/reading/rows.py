"""Rows as nouns: every cell by its declaration, with what the row rests on."""

from collections.abc import Sequence
from dataclasses import MISSING, replace
from typing import TypeVar

from loopbook.errors import Findings, InputError
from loopbook.loop.nouns.matter import BASES, Material, Split
from loopbook.loop.nouns.row import PROVENANCE, Provenance, Row, all_columns, column_of, columns_of
from loopbook.loop.nouns.trade import Term
from loopbook.loop.reading.keys import SET, address_of
from loopbook.loop.reading.written import Line
from loopbook.loop.terms.ours import LAWS
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import LIBRARY, SHARE, factor_to, read_quantity
from loopbook.loop.values.quantity import Amount, Quantity
from loopbook.matter import Sourced, component_names, composition
from loopbook.tables import Field, Value, Whole, exact_or_none, remedy

Noun = TypeVar("Noun", bound=Row)


def read_row(
    noun: type[Noun], line: Line, findings: LoopFindings, *, fields: Sequence[Field] = ()
) -> Noun | None:
    """The noun of a row, or None with a finding for each cell that cannot be read.

    Parameters
    ----------
    noun : its class.
    line : the row as it is written.
    findings : takes the errors.
    fields : in place of the declared ones; a parameter's value has the type of its declaration.
    """
    before, lost, address = len(findings), len(findings.losses), address_of(line)
    values: dict[str, Value] = {}
    for field in fields or columns_of(noun):
        column = column_of(field.name)
        at = _about(line, column, address, findings)
        values[field.name] = _read_cell(line[column], field, column, at)
    if issubclass(noun, (Material, Split)):
        values["components"] = _components(noun, line, address, findings)
    provenance = read_provenance(line, address, findings)
    if len(findings) > before or len(findings.losses) > lost:
        return None
    row = noun(provenance=provenance, **values)
    if isinstance(row, Material) and row.like:
        composed = _of_library(row, findings.about(line.where, address))
        if composed is None:
            return None
        row = replace(row, components=composed, basis=BASES[1])
    row = _with_range(row, line, findings)
    return row if len(findings) == before else None


def read_term(line: Line, findings: LoopFindings) -> Term | None:
    """A term, as its law."""
    law = LAWS.get(line["term"])
    if law is None:
        at = _about(line, "term", "", findings)
        at.unknown("a law of terms", line["term"] or "nothing", LAWS, at="term")
        return None
    row, known = read_row(law, line, findings), all_columns(law)
    for column, cell in line.cells.items():
        if cell.text and column not in known:
            what = f"nothing, for {law.law} does not read {column}"
            hint = f"{law.law} reads {', '.join(sorted(columns_read(law)))}"
            findings.about(cell.where).note("column", what, cell.text, at=column, hint=hint)
            row = None
    return row


def columns_read(law: type[Term]) -> set[str]:
    """Columns that a law reads beside those that every term has."""
    return all_columns(law).keys() - all_columns(Term).keys()


def _about(line: Line, column: str, address: str, findings: LoopFindings) -> LoopFindings:
    cell = line.cells.get(column)
    where = cell.where if cell and cell.text else line.where
    return findings.about(where, address, line["source_id"])


def _read_cell(text: str, field: Field, column: str, findings: LoopFindings) -> Value:
    """Value of a cell, its default, or None with a finding."""
    if not text:
        if field.default is MISSING:
            findings.missing(column, at=column)
            return None
        return field.default
    if isinstance(field.type, Whole):
        return _whole(text, field.type, column, findings)
    value = field.type.read(text, column, findings)
    return None if value is None else field.type.check(value, column, findings)


def _whole(text: str, kind: Whole[Findings], at: str, findings: LoopFindings) -> int | None:
    number = exact_or_none(text, kind.words, at, findings)
    if number is None or number.is_integer():
        checked: int | None = None if number is None else kind.check(int(number), at, findings)
        return checked
    return findings.refuse("range", "a whole number", text, at=at)


def _components(
    noun: type[Row], line: Line, address: str, findings: LoopFindings
) -> dict[str, Value]:
    """Cells of the further columns: numbers of a composition, or shares of a process."""
    values, known = dict[str, Value](), all_columns(noun)
    for column, cell in line.cells.items():
        if cell.text and column not in known:
            at = _about(line, column, address, findings)
            at.uses.add(("component", column))
            read = _parts if noun is Material else SHARE.read
            values[column] = read(cell.text, column, at)
    return values


def _of_library(row: Material, findings: LoopFindings) -> dict[str, float] | None:
    """Parts of a material that is like one of the library, its active material put into it."""
    name = row.like.removeprefix(LIBRARY)
    table, _, subject = name.partition("/")
    if not row.like.startswith(LIBRARY) or not subject:
        hint = "write lib:composition_cell/NMC811"
        findings.note(
            "unknown-name", "a composition of the library", row.like, at="like", hint=hint
        )
    elif row.components:
        what = "no components beside a composition of the library"
        findings.note("column", what, ", ".join(row.components), at="like")
    elif row.active and row.active not in component_names():
        findings.unknown("an active material", row.active, component_names(), at="active")
    else:
        try:
            numbers = Sourced(findings.library)
            return composition(numbers, table, subject, active=row.active or None)
        except InputError as error:
            findings.adopt(error, at="like")
    return None


def _parts(text: str, at: str, findings: LoopFindings) -> float | None:
    number = exact_or_none(text, "a number in the row's basis", at, findings, hint=_parts_hint)
    if number is None or number >= 0:
        return number
    findings.note("negative", "0 or more", text, at=at)
    return None


def _parts_hint(text: str) -> str:
    percent = "write the number only; the column basis has its unit"
    return percent if text.endswith("%") else remedy(text)


def read_provenance(line: Line, address: str, findings: LoopFindings) -> Provenance:
    """The last columns of a row."""
    texts = {field.name: line[field.name] for field in PROVENANCE}
    for field in PROVENANCE:
        if texts[field.name]:
            at = _about(line, field.name, address, findings)
            field.type.check(texts[field.name], field.name, at)
    changed = {x: cell.where for x, cell in line.cells.items() if cell.where.startswith(SET)}
    return Provenance(where=line.where, address=address, changed=changed, **texts)


def _with_range(row: Noun, line: Line, findings: LoopFindings) -> Noun:
    """The row with low and high in the quantity that they are of.

    A number that one run sets has the range that the run sets, or none.
    """
    provenance = row.provenance
    if row.ranged in provenance.changed and not {"low", "high"} & provenance.changed.keys():
        provenance = replace(provenance, low="", high="")
    limits = provenance.low or provenance.high
    if not (limits or provenance.moves):
        return row
    at = _about(line, "low" if provenance.low else "high", row.address, findings)
    quantity = row.number
    if quantity is None:
        if limits:
            at.note("range", "no low and high, for the row has no number", limits)
        return row
    if quantity.series is not None and limits:
        hint = f"write them in the row {quantity.series.name} of series"
        at.note("range", "no low and high of a series in its place", limits, hint=hint)
        return row
    low = read_limit(provenance.low, quantity, "low", at)
    high = read_limit(provenance.high, quantity, "high", at)
    low, high = quantity.low if low is None else low, quantity.high if high is None else high
    ordered = [x for x in (low, quantity.number, high) if x is not None]
    if quantity.series is None and ordered != sorted(ordered):
        shown = f"{quantity.number:g} in [{provenance.low}, {provenance.high}]"
        at.note("range", "low <= value <= high", shown)
    ranged = replace(quantity, moves=provenance.moves, low=low, high=high)
    whole = getattr(row, row.ranged)
    changed: Value = replace(whole, upper=ranged) if isinstance(whole, Amount) else ranged
    return replace(row, **{row.ranged: changed})


def read_limit(text: str, quantity: Quantity, at: str, findings: LoopFindings) -> float | None:
    """The 5 % or 95 % point in the unit of a quantity; None where the cell is empty."""
    limit = read_quantity(text, at, findings) if text else None
    if limit is None:
        return None
    factor = factor_to(limit.unit, quantity.unit)
    if factor is None or limit.series is not None or limit.currency != quantity.currency:
        findings.note("unit", f"a quantity in {quantity.unit}", text, at=at)
        return None
    return limit.number * factor
