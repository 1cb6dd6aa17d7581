"""Nested tables of a document, read to their leaves: every good value with its path.

A value with an error is left out and the others are still read, so that all errors of a document
are reported at once.

>>> from loopbook.tables import Name, Number
>>> price = TableOf((Field("item", Name(), "what is sold"), Field("usd", Number(low=0), "price")))
>>> fields = (Field("title", Name(), "for people"), Field("price", ListOf(price), "prices", []))
>>> findings = Findings("deck.toml")
>>> data = {"title": "Deck", "price": [{"item": "nickel", "usd": -17}]}
>>> [(leaf.path, leaf.value) for leaf in read_leaves(fields, data, findings)]
[('title', 'Deck'), ('price.0.item', 'nickel')]
>>> [(finding.code, finding.where) for finding in findings]
[('negative', 'deck.toml, price.0.usd')]
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from loopbook.errors import Findings
from loopbook.tables.declared import Field, FieldType, ListOf, MapOf


@dataclass(frozen=True)
class TableOf(FieldType[Findings]):
    """A table with declared fields."""

    fields: tuple[Field, ...]
    words: str = "a table"


class Leaf(NamedTuple):
    """A good value: its path with dots, items of a list by number from 0, and its field."""

    path: str
    field: Field
    value: object


def read_leaves(
    fields: tuple[Field, ...], written: Mapping[str, object], findings: Findings, *, at: str = ""
) -> Iterator[Leaf]:
    """Good values of a table and the tables in it; unknown and missing fields are findings.

    Parameters
    ----------
    fields : of the table.
    written : the table as it was read.
    findings : takes the errors, each at its path.
    at : path of the table; empty for a whole document.
    """
    head = f"{at}." if at else ""
    known = {head + field.name: field for field in fields}
    for name, value in written.items():
        path = head + name
        if path in known:
            yield from _leaves(known[path], known[path].type, value, findings, at=path)
        else:
            findings.unknown(
                f"a setting of {at}" if at else "a setting",
                name,
                [field.name for field in fields],
                at=path,
            )
    for path, field in known.items():
        if field.required and field.name not in written:
            findings.missing(path, at=path)


def _leaves(
    field: Field, kind: FieldType[Any], written: object, findings: Findings, *, at: str
) -> Iterator[Leaf]:
    match kind, written:
        case TableOf(), dict():
            yield from read_leaves(kind.fields, written, findings, at=at)
        case ListOf(), list():
            for number, item in enumerate(written):
                yield from _leaves(field, kind.item, item, findings, at=f"{at}.{number}")
        case MapOf(), dict():
            for name, item in written.items():
                yield from _leaves(field, kind.value, item, findings, at=f"{at}.{name}")
        case TableOf() | ListOf() | MapOf(), _:
            kind.expect(False, written, at, findings)
        case _:
            value = kind.read(written, at, findings)
            value = None if value is None else kind.check(value, at, findings)
            if value is not None:
                yield Leaf(at, field, value)
