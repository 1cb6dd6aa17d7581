"""Formulas of results: Python's expressions on a whitelist, over functions, columns and names.

A name in quotes may have blanks. ``+ - * /`` have units; a ratio by nothing is none, and
``x or 0`` is x, and 0 where x is none. A quantity in quotes begins with a digit: ``"1 short_ton"``.
"""

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from loopbook.errors import InputError, nearest_hint, require_known
from loopbook.loop.answers.functions import (
    FILTERS,
    FUNCTIONS,
    MONEY,
    OVER_PERIODS,
    STREAM,
    TERMS,
    Function,
)
from loopbook.loop.answers.value import Value
from loopbook.loop.answers.world import World, is_on
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.facts import Result
from loopbook.tables import parse_quantity

Key = tuple[str, str]
"""Names of a row of a table of results; empty where its rows are periods alone."""

Answer = Value | str | bool

PERIOD = "period"
"""The answer of a column of periods."""

SOME = "some"
"""The function of a column that is left out where it is zero throughout."""

_LONGEST = 1500  # characters of a formula
_QUANTITY = re.compile(r"[+-]?[\d.][\d.,]*(?:[eE][+-]?\d+)?\s*(?P<unit>.*)")


class Known(Protocol):
    """Lists of names."""

    def of(self, roles: str) -> Collection[str]:
        """Names of one list, or of several with ``|`` between them."""


@dataclass(slots=True)
class Sheet:
    """A table of results as it is declared.

    Parameters
    ----------
    head : its own row; None without one.
    columns : by name, in order, the rows that answer it, by names of the row.
    keys : names of its rows in order; one empty name where there are none.
    """

    head: Result | None = None
    columns: dict[str, dict[Key, Result]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    def answer(self, column: str, key: Key) -> Result | None:
        """The row that answers a column in a row of the table."""
        rows = self.columns[column]
        return (
            rows.get(key) or rows.get((key[0], "")) or rows.get(("", key[1])) or rows.get(("", ""))
        )

    def unit(self, column: str) -> str:
        """The unit of a column: that of the first row which has one."""
        return next((row.unit for row in self.columns[column].values() if row.unit), "1")

    @property
    def by_period(self) -> bool:
        """Whether it has a row for each period."""
        rows = (x for column in self.columns.values() for x in column.values())
        return any(row.answer == PERIOD for row in rows)


def sheets_of(results: Sequence[Result]) -> dict[str, Sheet]:
    """Tables of results by name, in the order in which they are declared."""
    sheets: dict[str, Sheet] = {}
    for row in results:
        sheet = sheets.setdefault(row.table_, Sheet())
        if not row.column:
            sheet.head = row
            continue
        sheet.columns.setdefault(row.column, {})[row.row, row.by] = row
        if row.row and (row.row, row.by) not in sheet.keys:
            sheet.keys.append((row.row, row.by))
    for sheet in sheets.values():
        twofold = any(by for _, by in sheet.keys)
        sheet.keys = [key for key in sheet.keys if key[1] or not twofold] or [("", "")]
    return sheets


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula is: its table, the names of its row, and ``file:line``."""

    table: str
    key: Key
    where: str


class Evaluator:
    """Values of formulas; each cell of a table once.

    Parameters
    ----------
    loop : with its tables of results.
    world : what was walked; None to check units and names alone, on zeros.
    names : lists of names to check; None where they have been checked.
    """

    def __init__(self, loop: Loop, world: World | None, names: Known | None = None) -> None:
        self.loop, self.world, self.names = loop, world, names
        self.sheets = sheets_of(loop.results)
        self.uses: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._done: dict[tuple[str, str, Key], Answer] = {}
        self._open: list[tuple[str, str, Key]] = []
        self._used: set[tuple[str, str]] = set()

    def cell(self, table: str, column: str, key: Key) -> Answer:
        """The value of a column in a row of its table.

        Raises
        ------
        InputError : an unknown name, a wrong unit, or a formula that cannot be read.
        """
        name, row = (table, column, key), self.sheets[table].answer(column, key)
        if row is None:
            raise InputError.of("missing", table, f"an answer of {column}", f"none for {key[0]}")
        if name in self._open:
            what = "a formula that does not need itself"
            raise InputError.of("cycle", row.where, what, f"{table}.{column}")
        if name not in self._done:
            self._open.append(name)
            outer, self._used = self._used, set()
            try:
                self._done[name] = self.formula(row.answer, Place(table, key, row.where))
            finally:
                self._open.pop()
                self.uses.setdefault((table, column), set()).update(self._used)
                self._used = outer
        self._used |= self.uses[table, column]
        return self._done[name]

    def formula(self, text: str, place: Place) -> Answer:
        """The value of a formula."""
        try:
            if len(text) > _LONGEST:
                raise ValueError(f"more than {_LONGEST} characters")
            tree = ast.parse(text.strip(), mode="eval").body
            return self._eval(tree, place)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = getattr(error, "msg", "") or str(error) or "too deep"
            hint = 'names with blanks are in quotes: content(made(plant, "black mass"), Ni)'
            raise InputError.of(
                "formula", place.where, "a formula", f"{text}: {what}", hint=hint
            ) from None

    # -- nodes

    def _eval(self, node: ast.expr, at: Place) -> Answer:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                value: Answer = Value(np.array([[float(number)]]))
            case ast.Constant(value=str() as text):
                value = _quantity(text, at.where)
            case ast.Name(id=name):
                value = self._named(name, at)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self._value(inner, at).map(np.negative)
            case ast.BinOp(left=left, op=op, right=right):
                value = self._binary(op, self._eval(left, at), self._eval(right, at), at)
            case ast.BoolOp(op=ast.Or(), values=[first, *others]):
                value = self._value(first, at)
                for other in others:
                    value = value.otherwise(self._value(other, at), at.where)
            case ast.Attribute() | ast.Subscript():
                value = self._elsewhere(node, at)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                value = self._call(name, args, keywords, at=at)
            case _:
                raise ValueError(f"{ast.unparse(node)} has no meaning here")
        return value

    def _value(self, node: ast.expr, at: Place) -> Value:
        return _as_value(self._eval(node, at), at.where)

    def _binary(self, op: ast.operator, left: Answer, right: Answer, at: Place) -> Answer:
        if isinstance(op, ast.Add) and isinstance(left, str) and isinstance(right, str):
            return left + right
        one, two = _as_value(left, at.where), _as_value(right, at.where)
        match op:
            case ast.Add() | ast.Sub():
                return one.plus(two, at.where, 1.0 if isinstance(op, ast.Add) else -1.0)
            case ast.Mult():
                return one.times(two)
            case ast.Div():
                return one.over(two)
        raise ValueError("the signs are + - * /")

    def _named(self, name: str, at: Place) -> Answer:
        """A column of the row, the names of the row, or the length of the period."""
        if name in ("row", "by"):
            return at.key[name == "by"]
        if name == "time":
            spans = self.world.periods if self.world else ()
            months = np.array([[float(x.months)] for x in spans]) if spans else np.zeros((2, 1))
            return Value.of(months, "month")
        columns = self.sheets[at.table].columns if at.table in self.sheets else {}
        require_known("a column of the row, row, by or time", name, columns, where=at.where)
        return self.cell(at.table, name, at.key)

    def _elsewhere(self, node: ast.expr, at: Place) -> Answer:
        """``table.column``, or ``table.column[row]``."""
        inner = node.value if isinstance(node, ast.Subscript) else node
        if not (isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name)):
            raise ValueError(f"{ast.unparse(node)} is no table.column")
        table, column = inner.value.id, inner.attr
        require_known("a table of results", table, self.sheets, where=at.where)
        sheet = self.sheets[table]
        require_known(f"a column of {table}", column, sheet.columns, where=at.where)
        key: Key = ("", "")
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            row, by = (*(self._name(part, at) for part in parts), "")[:2]
            key = row, by
        if key not in sheet.keys:
            known = [" ".join(filter(None, key)) for key in sheet.keys]
            what, name = f"a row of {table}, as in {table}.{column}[row]", " ".join(key).strip()
            require_known(what, name or "none", known, where=at.where)
        return self.cell(table, column, key)

    def _name(self, node: ast.expr, at: Place) -> str:
        """A name: as it is written, of a column of the row, or put together with ``+``."""
        columns = self.sheets[at.table].columns if at.table in self.sheets else {}
        match node:
            case ast.Constant(value=str() | int() as name):
                return str(name)
            case ast.Name(id=name) if name not in ("row", "by") and name not in columns:
                return name
            case ast.Name() | ast.Subscript():
                text: Answer = self._eval(node, at)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._name(left, at) + self._name(right, at)
            case _:
                text = False
        if not isinstance(text, str):
            raise ValueError(f"{ast.unparse(node)} is no name")
        return text

    # -- functions

    def _call(
        self, name: str, args: list[ast.expr], keywords: list[ast.keyword], *, at: Place
    ) -> Answer:
        if name in OVER_PERIODS or name in (SOME, "total"):
            return self._reduced(name, args, at)
        if name == "parameter":
            return self._parameter("/".join(self._name(x, at) for x in args), at)
        if name == "on":
            (node,) = args
            return self._switch(self._name(node, at), at)
        known = (*FUNCTIONS, *OVER_PERIODS, SOME, "total", "parameter", "on")
        require_known("a function", name, known, where=at.where)
        function = FUNCTIONS[name]
        roles = [*function.takes]
        if roles and roles[-1].startswith("*"):
            last = roles.pop().removeprefix("*")
            roles += [last] * max(len(args) - len(roles), 0)
        if len(args) != len(roles):
            raise ValueError(f"{name} takes {', '.join(function.takes) or 'arguments by name'}")
        values: list[object] = []
        is_there = True
        for role, node in zip(roles, args, strict=True):
            if role == STREAM:
                stream = self._value(node, at)
                if not stream.stream:
                    raise ValueError(f"{ast.unparse(node)} is no stream")
                values.append(stream.array / 1000.0)
                continue
            values.append(text := self._known(self._name(node, at), role, at))
            is_there &= is_on(self.loop, role.partition("|")[0], text) or "|" in role
        if not function.takes:
            values.append(self._filter(keywords, at))
        elif keywords:
            raise ValueError(f"{name} has no {keywords[0].arg}")
        return self._answer(function, values if is_there else None, at)

    def _answer(self, function: Function, values: list[object] | None, at: Place) -> Value:
        """The answer of a function; zero where what it names is off."""
        stream = function.unit == STREAM
        unit = {STREAM: "t", MONEY: self.loop.settings.money.currency}.get(
            function.unit, function.unit
        )
        if self.world is not None and values is not None:
            array = function.law(self.world, *values)
        else:
            periods = len(self.world.periods) if self.world else 2
            width = (self.world.nothing.shape[1],) if self.world else (1,)
            array = np.zeros((1 if function.once else periods, *(width if stream else ()), 1))
        return Value.of(array, unit, stream=stream, where=at.where)

    def _known(self, name: str, roles: str, at: Place) -> str:
        """A name, which a list must have; what it stands for is noted."""
        if self.names is not None and roles != "number":
            require_known(
                f"a {roles.replace('|', ' or ')}", name, self._names(roles), where=at.where
            )
        for role in roles.split("|"):
            if role in ("site", "contract", "party"):
                self._used.add((role, name))
        return name

    def _names(self, roles: str) -> Collection[str]:
        assert self.names is not None
        if roles == "term":
            return TERMS
        return (
            [x.id for x in self.loop.statements] if roles == "statement" else self.names.of(roles)
        )

    def _filter(self, keywords: list[ast.keyword], at: Place) -> Mapping[str, frozenset[str]]:
        some = {}
        for word in keywords:
            name = word.arg or ""
            require_known("an argument by name", name, FILTERS, where=at.where)
            nodes = word.value.elts if isinstance(word.value, ast.List) else [word.value]
            some[name] = frozenset(self._known(self._name(x, at), FILTERS[name], at) for x in nodes)
            if name == "term":
                self._used |= {("term", x) for x in some[name]}
        return some

    def _reduced(self, name: str, args: list[ast.expr], at: Place) -> Answer:
        """One number for all periods; the larger or smaller of two; the sum of all rows."""
        if name == "total":
            (node,) = args
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
                raise ValueError("total is of all rows of a table.column")
            table, column = node.value.id, node.attr
            require_known("a table of results", table, self.sheets, where=at.where)
            sheet = self.sheets[table]
            require_known(f"a column of {table}", column, sheet.columns, where=at.where)
            first, *rest = (
                _as_value(self.cell(table, column, key), at.where) for key in sheet.keys
            )
            for value in rest:
                first = first.plus(value, at.where)
            return first
        values = [self._value(x, at) for x in args]
        if len(values) == 2 and name in ("max", "min"):
            one, two = values[0].number, values[1].number
            one.plus(two, at.where)
            law = np.maximum if name == "max" else np.minimum
            return Value(law(one.array, two.array), one.powers)
        if len(values) != 1:
            raise ValueError(f"{name} takes one value")
        return values[0] if name == SOME else values[0].map(OVER_PERIODS[name])

    def _parameter(self, address: str, at: Place) -> Value:
        """A quantity of a row by its address, ``parameters/`` left out or not; its mean."""
        known = self.loop.quantities
        full = address if address in known else f"parameters/{address}"
        if full not in known:
            hint = nearest_hint(address, known) or nearest_hint(full, known)
            raise InputError.of(
                "unknown-name", at.where, "the address of a number", address, hint=hint
            )
        quantity = known[full]
        self._used.add(("quantity", full))
        if self.world is not None:
            return Value.of(self.world.mean(quantity), quantity.unit, where=at.where)
        return Value.of(np.zeros((2 if quantity.series else 1, 1)), quantity.unit, where=at.where)

    def _switch(self, name: str, at: Place) -> bool:
        require_known("a switch of the case", name, self.loop.settings.switches, where=at.where)
        return self.loop.settings.switches[name].on


def _as_value(answer: Answer, where: str) -> Value:
    if isinstance(answer, bool):
        return Value(np.array([[float(answer)]]))
    if isinstance(answer, str):
        raise InputError.of("formula", where, "a number", f"the text {answer}")
    return answer


def _quantity(text: str, where: str) -> Answer:
    match = _QUANTITY.fullmatch(text)
    if not match or not text[:1].isdigit():
        return text
    unit = match["unit"] or "1"
    return Value.of(np.array([[parse_quantity(text, unit, where=where)]]), unit, where=where)
