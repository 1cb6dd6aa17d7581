"""Formulas of results: Python's expressions on a whitelist, over functions, columns and names.

A name with blanks is in quotes. ``+ - * /`` have units; a ratio by nothing is none, and ``x or 0``
is x, and 0 where x is none. A quantity in quotes begins with a digit: ``'1 short_ton'``.
"""

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np

from loopbook.errors import FormulaError, InputError, UnitError, article, require_known
from loopbook.loop.answers.basis import MONEY_OF
from loopbook.loop.answers.functions import (
    FILTERS,
    FUNCTIONS,
    MONEY,
    OWN,
    STREAM,
    TERMS,
    TEXT,
    VALUE,
    Function,
)
from loopbook.loop.answers.sheet import Key, Sheet, sheets_of
from loopbook.loop.answers.value import OtherUnitError, Value
from loopbook.loop.answers.world import World
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.matter import READINGS
from loopbook.tables import parse_quantity

Answer = Value | str | bool

_LONGEST = 1500  # characters of a formula
_UNIT = re.compile(r"[\d.,]+(?:[eE][+-]?\d+)?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula is: its table, the names of its row, and ``file:line``."""

    table: str = ""
    key: Key = ("", "")
    where: str = "formula"


class Asked(NamedTuple):
    """A call of a formula, for what it counts as zero.

    Parameters
    ----------
    function, names : what is called, and the names that it is given.
    text : the call as it is written.
    where : ``file:line``.
    is_zero : whether a part of a stream is nothing in all periods, though its site is in force.
    """

    function: str
    names: tuple[str, ...]
    text: str
    where: str
    is_zero: bool


class Evaluator:
    """Values of formulas; each cell of a table once.

    Parameters
    ----------
    loop : with its tables of results.
    world : what was walked; None to check units and names alone, on zeros.

    Attributes
    ----------
    sheets : tables by name.
    uses : lists and names that a column rests on, by table and column.
    asked : calls of functions of what is walked, those within ``some`` left out.
    """

    def __init__(self, loop: Loop, world: World | None = None) -> None:
        self.loop, self.world = loop, world
        self.sheets = sheets_of(loop.results)
        self.uses: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.asked: list[Asked] = []
        self._done: dict[tuple[str, str, Key], Answer | InputError | None] = {}
        self._used: set[tuple[str, str]] = set()

    def cell(self, table: str, column: str, key: Key) -> Answer:
        """The value of a column in a row of its table.

        Raises
        ------
        InputError : an unknown name, a wrong unit, or a formula that cannot be read.
        """
        name, row = (table, column, key), self.sheets[table].answer(column, key)
        if row is None:
            what = f"an answer of {table}.{column} in the row {' '.join(key).strip()}"
            raise InputError.of("missing", table, what, "none")
        if name not in self._done:
            self._done[name] = None
            outer, self._used = self._used, set()
            try:
                at = Place(table, key, f"{row.where}, answer")
                self._done[name] = self.formula(row.answer, at)
            except InputError as error:
                self._done[name] = error
            self.uses.setdefault((table, column), set()).update(self._used)
            self._used = outer
        value = self._done[name]
        if value is None:
            what = "a formula that does not need itself"
            raise InputError.of("cycle", row.where, what, f"{table}.{column}")
        if isinstance(value, InputError):
            raise value
        self._used |= self.uses[table, column]
        return value

    def formula(self, text: str, at: Place) -> Answer:
        """The value of a formula; errors as of `cell`."""
        try:
            if len(text) > _LONGEST:
                raise ValueError(f"more than {_LONGEST} characters")
            with np.errstate(over="ignore"):  # what is infinite is a finding
                return self._eval(ast.parse(text.strip(), mode="eval").body, at)
        except OtherUnitError as error:
            raise UnitError.of("unit", at.where, *error.args) from None
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            found = f"{text[:200] or 'nothing'}: {getattr(error, 'msg', error)}"
            raise FormulaError.of("formula", at.where, "a formula", found) from None

    def _eval(self, node: ast.expr, at: Place) -> Answer:
        match node:
            case ast.Constant(value=int() | float() as number) if (
                type(number) is not bool and number < np.inf
            ):
                value: Answer = Value(np.array([[float(number)]]))
            case ast.Constant(value=str() as text):
                value = _quantity(text, at.where)
            case ast.Name(id="row" | "by" as name):
                value = at.key[name == "by"]
            case ast.Name(id="time"):
                months = [[float(span.months)] for span in self.loop.calendar.periods]
                value = Value.of(np.array(months), "month")
            case ast.Name(id=name):
                columns = self._columns(at)
                require_known("a column of the row, row, by or time", name, columns, where=at.where)
                value = self.cell(at.table, name, at.key)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                value = self._value(inner, at).map(np.negative)
            case ast.BinOp(left=left, op=op, right=right):
                value = self._binary(op, self._value(left, at), self._value(right, at))
            case ast.BoolOp(op=ast.Or(), values=[first, *others]):
                value = self._value(first, at)
                for other in others:
                    value = value.otherwise(self._value(other, at))
            case ast.Attribute() | ast.Subscript():
                value = self._elsewhere(node, at)
            case ast.Call(func=ast.Name(id=name)):
                value = self._call(name, node, at)
            case _:
                raise ValueError(f"{ast.unparse(node)} has no meaning here")
        return value

    def _value(self, node: ast.expr, at: Place) -> Value:
        return _number(self._eval(node, at))

    def _binary(self, op: ast.operator, left: Value, right: Value) -> Value:
        match op:
            case ast.Add() | ast.Sub():
                return left.plus(right, 1.0 if isinstance(op, ast.Add) else -1.0)
            case ast.Mult() | ast.Div():
                return left.times(right, 1 if isinstance(op, ast.Mult) else -1)
        raise ValueError("the signs are + - * /")

    def _columns(self, at: Place) -> Collection[str]:
        return self.sheets[at.table].columns if at.table else ()

    def _column(self, node: ast.expr, at: Place) -> tuple[Sheet, str, str]:
        """The table and the column of ``table.column``."""
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            raise ValueError(f"{ast.unparse(node)} is no table.column")
        table, column = node.value.id, node.attr
        require_known("a table of results", table, self.sheets, where=at.where)
        known = self.sheets[table].columns
        require_known(f"a column of {table}", column, known, where=at.where)
        return self.sheets[table], table, column

    def _elsewhere(self, node: ast.Attribute | ast.Subscript, at: Place) -> Answer:
        """``table.column``, or ``table.column[row]``."""
        parts: list[ast.expr] = []
        if isinstance(node, ast.Subscript):
            parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        key = [self._name(part, at) for part in parts]
        sheet, table, column = self._column(node.value if parts else node, at)
        row, by = (*key, "", "")[:2]
        if (row, by) not in sheet.keys:
            known = [" ".join(filter(None, key)) for key in sheet.keys]
            what = f"a row of {table}, as in {table}.{column}[row]"
            require_known(what, " ".join(key) or "nothing", known, where=at.where)
        return self.cell(table, column, (row, by))

    def _name(self, node: ast.expr, at: Place) -> str:
        """A name: as it is written, of a column of the row, or put together with ``+``."""
        match node:
            case ast.Constant(value=str() | int() as name):
                return str(name)
            case ast.Name(id=name) if name not in ("row", "by", *self._columns(at)):
                return name
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._name(left, at) + self._name(right, at)
        text = self._eval(node, at)
        if not isinstance(text, str):
            raise ValueError(f"{ast.unparse(node)} is no name")
        return text

    # -- functions

    def _call(self, name: str, node: ast.Call, at: Place) -> Answer:
        if name == "parameter":
            return self._parameter("/".join(self._name(x, at) for x in node.args), at)
        if name == "total":
            if len(node.args) != 1:
                raise ValueError("total takes table.column")
            sheet, table, column = self._column(node.args[0], at)
            first, *rest = (_number(self.cell(table, column, key)) for key in sheet.keys)
            return reduce(Value.plus, rest, first)
        require_known("a function", name, (*FUNCTIONS, "parameter", "total"), where=at.where)
        function = FUNCTIONS[name]
        roles = function.arguments(len(node.args))
        if roles is None or (function.takes and node.keywords):
            raise ValueError(f"{name} takes {', '.join(function.takes) or 'arguments by name'}")
        before = len(self.asked)
        values = [self._argument(x, role, at) for x, role in zip(node.args, roles, strict=True)]
        if name == "some":
            del self.asked[before:]
        if not function.takes:
            values = [self._filter(node.keywords, at)]
        if function.unit in (MONEY, "tCO2e"):
            self._used.add((MONEY_OF, ""))
        if not function.unit:
            value = function.law(self.loop, *values)
            assert isinstance(value, (Value, bool))
            return value
        answer = self._walked(function, values, roles)
        names = tuple(x for x in values if isinstance(x, str))
        whole = values[0].any() if isinstance(values[0], np.ndarray) else len(names) > 1
        is_on = self.world is not None and all(map(self.world.is_on, roles, map(str, values)))
        is_stream = STREAM in (function.unit, *roles)
        is_zero = bool(is_on and is_stream and whole and not answer.array.any())
        self.asked.append(Asked(name, names, ast.unparse(node), at.where, is_zero))
        return answer

    def _walked(self, function: Function, values: list[object], roles: tuple[str, ...]) -> Value:
        """What was walked; zero where a name is off, and to check."""
        world, stream = self.world, function.unit == STREAM
        unit = {STREAM: "t", MONEY: self.loop.settings.money.currency}.get(function.unit)
        if world and all(map(world.is_on, roles, values)):
            array = function.law(world, *values)
            assert isinstance(array, np.ndarray)
        else:
            width = [world.nothing.shape[1] if world else 1] * stream
            periods = 1 if function.once else len(self.loop.calendar.periods)
            array = np.zeros((periods, *width, 1))
        return Value.of(array, unit or function.unit, stream=stream)

    def _argument(self, node: ast.expr, role: str, at: Place) -> object:
        if role not in (STREAM, VALUE):
            return self._known(self._name(node, at), role, at)
        value = self._value(node, at)
        if role == STREAM and not value.stream:
            raise ValueError(f"{ast.unparse(node)} is no stream")
        return value.array / 1000.0 if role == STREAM else value

    def _known(self, name: str, roles: str, at: Place) -> str:
        """A name, which a list must have; what the answer rests on is noted."""
        lists = {"term": TERMS, "statement": [x.id for x in self.loop.statements]}
        lists |= {TEXT: [name], OWN: [OWN], "reading": READINGS}
        if self.loop.names is not None:
            known = lists[roles] if roles in lists else self.loop.names.of(roles)
            require_known(article(roles.replace("|", " or ")), name, known, where=at.where)
        self._used |= {(role, name) for role in roles.split("|")}
        return name

    def _filter(self, words: list[ast.keyword], at: Place) -> Mapping[str, frozenset[str]]:
        some = {}
        for word in words:
            name = word.arg or ""
            require_known("an argument by name", name, FILTERS, where=at.where)
            nodes = word.value.elts if isinstance(word.value, ast.List) else [word.value]
            some[name] = frozenset(self._known(self._name(x, at), FILTERS[name], at) for x in nodes)
        return some

    def _parameter(self, address: str, at: Place) -> Value:
        """A quantity of a row by its address, ``parameters/`` left out or not; its mean."""
        known = {x.removeprefix("parameters/"): x for x in self.loop.quantities}
        address = address.removeprefix("parameters/")
        require_known("the address of a number", address, known, where=at.where)
        quantity = self.loop.quantities[known[address]]
        self._used.add(("quantity", known[address]))
        if self.world:
            return Value.of(self.world.mean(quantity), quantity.unit)
        periods = len(self.loop.calendar.periods) if quantity.series else 1
        return Value.of(np.zeros((periods, 1)), quantity.unit)


def _number(answer: Answer) -> Value:
    if isinstance(answer, str):
        raise ValueError(f"{answer} is a text and no number")
    return answer if isinstance(answer, Value) else Value(np.array([[float(answer)]]))


def _quantity(text: str, where: str) -> Answer:
    """A quantity of a text that begins with a digit; another text is one."""
    match = _UNIT.fullmatch(text)
    if not match or not text[:1].isdigit():
        return text
    unit = match[1] or "1"
    return Value.of(np.array([[parse_quantity(text, unit, where=where)]]), unit)
