"""Formulas of results: Python's expressions on a whitelist, over functions, columns and names.

A name with blanks is in quotes. ``+ - * /`` have units; a ratio by nothing is none, and ``x or 0``
is x, and 0 where x is none. A quantity in quotes begins with a digit: ``'1 short_ton'``. A
comparison is 1 or 0, and none where a number is missing; ``and``, ``or`` join comparisons.
"""

import ast
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
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
from loopbook.loop.answers.value import OtherUnitError, Value, equal, units_in
from loopbook.loop.answers.world import World
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.matter import READINGS
from loopbook.loop.time.calendar import span_of
from loopbook.tables import Array, parse_quantity

Answer = Value | str | bool

_LONGEST = 1500  # characters of a formula
_COMPARE: Mapping[type[ast.cmpop], Callable[[Array, Array], Array]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
NONE = "none"
"""What people read where there is no number."""

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
    outside : places and calls of `at` that ask for a period before or after all that are run.
    """

    def __init__(self, loop: Loop, world: World | None = None) -> None:
        self.loop, self.world = loop, world
        self.sheets = sheets_of(loop.results)
        self.uses: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self.asked: list[Asked] = []
        self.outside: list[tuple[str, str]] = []
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
                self._done[name] = self._in_column(self.formula(row.answer, at), table, column)
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

    def _in_column(self, answer: Answer, table: str, column: str) -> Answer:
        """A value that people read in the unit of its column."""
        unit = self.sheets[table].unit(column)
        if not (isinstance(answer, Value) and unit):
            return answer
        factor, powers = units_in(unit)
        return replace(answer, scale=factor) if powers == answer.powers else answer

    def rested(self, text: str, at: Place) -> tuple[Answer, frozenset[tuple[str, str]]]:
        """The value of a formula, and the lists and names that it rests on; errors as of `cell`."""
        outer, self._used = self._used, set()
        try:
            return self.formula(text, at), frozenset(self._used)
        finally:
            self._used = outer

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
            case ast.Compare() | ast.BoolOp():
                value = self._joined(node, at)
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

    def _compare(self, node: ast.Compare, at: Place) -> Value:
        """Of several comparisons all; nothing is less or more of any unit."""
        sides = [node.left, *node.comparators]
        values = [self._value(side, at) for side in sides]
        zeros = [isinstance(side, ast.Constant) and side.value == 0 for side in sides]
        done = []
        for k, op in enumerate(node.ops):
            if type(op) not in _COMPARE:
                raise ValueError("comparisons are < <= > >=")
            left, right = values[k : k + 2]
            left = replace(left, powers=right.powers) if zeros[k] else left
            right = replace(right, powers=left.powers) if zeros[k + 1] else right
            done.append(left.compared(_COMPARE[type(op)], right))
        return reduce(lambda x, y: Value(np.minimum(x.array, y.array)), done)

    def _joined(self, node: ast.Compare | ast.BoolOp, at: Place) -> Value:
        """A comparison, several joined by ``and`` or ``or``, or ``x or 0``."""
        if isinstance(node, ast.Compare):
            return self._compare(node, at)
        is_all = isinstance(node.op, ast.And)
        if not is_all and not any(map(_is_test, node.values)):
            return reduce(Value.otherwise, [self._value(part, at) for part in node.values])
        for part in node.values:
            if not _is_test(part):
                raise ValueError(f"{ast.unparse(part)} is no comparison, such as x > 0")
        law = np.minimum if is_all else np.maximum
        tests = [self._value(part, at).array for part in node.values]
        return Value(reduce(law, tests))

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
        own: Mapping[str, Callable[[ast.Call, Place], Answer]] = {
            "total": self._total,
            "at": self._at,
            "when": self._when,
        }
        if name in own:
            return own[name](node, at)
        known = (*FUNCTIONS, "parameter", *own)
        require_known("a function", name, known, where=at.where)
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
        is_on = self.world is not None and all(map(self.world.is_on, roles, values))
        is_stream = STREAM in (function.unit, *roles)
        is_zero = bool(is_on and is_stream and whole and not answer.array.any())
        self.asked.append(Asked(name, names, ast.unparse(node), at.where, is_zero))
        return answer

    def _total(self, node: ast.Call, at: Place) -> Value:
        """The sum of a column over the names of its table."""
        if len(node.args) != 1:
            raise ValueError("total takes table.column")
        sheet, table, column = self._column(node.args[0], at)
        first, *rest = (_number(self.cell(table, column, key)) for key in sheet.keys)
        return reduce(Value.plus, rest, first)

    def _at(self, node: ast.Call, at: Place) -> Value:
        """A value in one period; none in a period before or after all that are run."""
        if len(node.args) != 2:
            raise ValueError("at takes a value and a period, as at(x, 2030)")
        value, name = self._value(node.args[0], at).number, self._name(node.args[1], at)
        calendar = self.loop.calendar
        names, span = [x.name for x in calendar.periods], span_of(name)
        if name in names:
            k = names.index(name) % len(value.array)
            return value.map(lambda x: x[k : k + 1])
        inside = span is None or (span.first < calendar.end and span.end > calendar.first)
        if inside and (self.world or span is None):
            raise ValueError(f"{name} is no period of {calendar.span.name}; one is {names[-1]}")
        self.outside.append((at.where, ast.unparse(node)))
        return value.map(lambda x: np.full_like(x[:1], np.nan))

    def _when(self, node: ast.Call, at: Place) -> str:
        """Name of the period in which a value is largest: the first such, or the last."""
        last = len(node.args) == 2 and self._name(node.args[1], at) == "last"
        if len(node.args) != 1 + last:
            raise ValueError("when takes a value, or a value and the word last")
        means = self._value(node.args[0], at).number.array.mean(axis=-1)
        names: list[str] = [x.name for x in self.loop.calendar.periods]
        means = np.broadcast_to(means, len(names))
        if np.isnan(means).all():
            return NONE
        largest = np.flatnonzero(equal(means, float(np.nanmax(means))))
        return names[int(largest[-1 if last else 0])]

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


def _is_test(node: ast.expr) -> bool:
    """Whether a part of a formula is a comparison, several, or whether a switch is on."""
    match node:
        case ast.Compare():
            return True
        case ast.BoolOp(values=parts):
            return all(map(_is_test, parts))
        case ast.Call(func=ast.Name(id=name)):
            return name == "on"
    return False


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
