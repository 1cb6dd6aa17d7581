"""Numbers of formulas, and texts that quote formulas in braces.

``{formula|format}`` is a number, in the unit of the columns, functions and quantities that the
formula is made of: ``{sum(scrap.taken_t)|,.0f} t``; ``{formula|format|unit}`` is one in another
unit; ``{when(scrap.taken_t)}`` is a name. Each quotation leads to the column or input that its
formula begins with, and the text names all rows that it rests on.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from loopbook.errors import Finding, FormulaError, InputError, raise_findings
from loopbook.loop.answers.basis import basis_of
from loopbook.loop.answers.evaluate import NONE, Evaluator, Place
from loopbook.loop.answers.tables import in_unit
from loopbook.loop.answers.value import Value
from loopbook.loop.answers.world import World
from loopbook.loop.money.accounts import Accounts
from loopbook.report import Cell, Quote
from loopbook.tables import Array

_BRACES = re.compile(r"\{([^{}|]*)(?:\|([^{}|]*))?(?:\|([^{}|]*))?\}")
_NO_NAMES = ("", "")
_ZERO = re.compile(r"-(?=[0.,]*%?$)")


@dataclass(frozen=True, slots=True)
class Number:
    """What a formula is worth.

    Parameters
    ----------
    value : one number, or a name; None where there is none.
    quote : the column, or the address of the input, that it begins with.
    basis : addresses of the rows that it rests on.
    none : what people read where there is none.
    """

    value: float | str | None
    quote: Quote | None = None
    basis: tuple[str, ...] = ()
    none: str = NONE


@dataclass(frozen=True, slots=True)
class Written:
    """A text with its quotations filled in, and the rows that it rests on."""

    text: str = ""
    quotes: tuple[Quote, ...] = ()
    basis: tuple[str, ...] = ()


class Answers:
    """What formulas and texts are worth.

    Parameters
    ----------
    evaluator : with a world, or without one to find what is wrong.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._of = evaluator

    @classmethod
    def of(cls, money: Accounts) -> "Answers":
        """Those of a walk and its accounts."""
        return cls(Evaluator(money.walked.loop, World(money.walked, money)))

    @property
    def outside(self) -> list[tuple[str, str]]:
        """Places and texts of what was asked of a period that is not run."""
        return [*dict.fromkeys(self._of.outside)]

    def numbers(self, formula: str, unit: str = "1", where: str = "formula") -> Array:
        """Numbers of a formula in a unit, (period, draw); in one period if it has no periods.

        Raises
        ------
        InputError : a formula that cannot be read, with an unknown name or a wrong unit.
        """
        return in_unit(self._of.formula(formula, Place(where=where)), unit or "1", where)

    def cells(self, formula: str, unit: str, where: str) -> list[Cell]:
        """Means of the draws, a cell a period."""
        means = self.numbers(formula, unit, where).mean(axis=-1)
        every = np.broadcast_to(means, len(self._of.loop.calendar.periods))
        return [None if np.isnan(x) else float(x) for x in every]

    def number(self, formula: str, unit: str | None, where: str) -> Number:
        """One number, the mean of its draws; with the unit None as people read it, or a name.

        Raises
        ------
        InputError : as `numbers`, or a number a period.
        """
        before = len(self._of.outside)
        value, uses = self._of.rested(formula, Place(where=where))
        basis = (*basis_of(self._of.loop, uses), *_statements(uses))
        quote = next(self._quotes(formula), None)
        if isinstance(value, str) and unit is None:
            return Number(value, quote, basis)
        array = (
            value.shown
            if isinstance(value, Value) and unit is None
            else in_unit(value, unit or "1", where)
        )
        if len(array) > 1:
            what = "one number, such as sum(...) or at(..., 2030)"
            raise FormulaError.of("formula", where, what, f"{formula}: a number a period")
        mean = float(array.mean())
        span = self._of.loop.calendar.span.name
        none = f"(outside of {span})" if len(self._of.outside) > before else NONE
        return Number(None if np.isnan(mean) else mean, quote, basis, none)

    def holds(self, test: str, where: str) -> bool | None:
        """Whether a formula is above 0; None where it has no number."""
        value = self.number(test, "1", where).value
        return None if value is None else float(value) > 0.0

    def text(self, template: str, where: str) -> Written:
        """A text with each formula in braces replaced by its number or name.

        Raises
        ------
        InputError : all wrong formulas and formats of the text at once.
        """
        findings: list[Finding] = []
        quotes: list[Quote] = []
        basis: list[str] = []
        text, done = "", 0
        for match in _BRACES.finditer(template):
            text += template[done : match.start()]
            done = match.end()
            try:
                number = self.number(match[1], match[3] and match[3].strip(), where)
                words = (
                    number.none
                    if number.value is None
                    else _formatted(number.value, match[2] or "")
                )
            except InputError as error:
                findings.extend(error.findings)
                continue
            except ValueError as error:
                found = f"{match[2]}: {error}"
                findings.append(Finding("format", where, "a format such as ,.0f or .1%", found))
                continue
            words = _ZERO.sub("", words)
            if number.quote is not None:
                end = len(text) + len(words.rstrip("%"))
                quotes.append(replace(number.quote, start=len(text), end=end))
            basis += number.basis
            text += words
        rest = template[done:]
        text += rest
        if not findings and {"{", "}"} & set(text):
            hint = "a formula stands between { and }, with its format behind |"
            findings.append(Finding("format", where, "each brace with its other", template, hint))
        raise_findings(findings)
        return Written(text, tuple(quotes), tuple(dict.fromkeys(basis)))

    def _quotes(self, formula: str) -> Iterator[Quote]:
        """Columns and inputs of a formula, in its order."""
        nodes = ast.walk(ast.parse(formula.strip(), mode="eval"))
        named = [x for x in nodes if isinstance(x, ast.Attribute | ast.Call)]
        for node in sorted(named, key=lambda x: (x.lineno, x.col_offset, -(x.end_col_offset or 0))):
            match node:
                case ast.Attribute(value=ast.Name(id=table), attr=column):
                    if self._of.sheets[table].title(column) is not None:
                        yield Quote(table, column)
                case ast.Call(func=ast.Name(id="parameter"), args=args):
                    address = "/".join(map(_plain, args)).removeprefix("parameters/")
                    known = {x.removeprefix("parameters/"): x for x in self._of.loop.quantities}
                    if address in known:
                        yield Quote("", known[address])
                case ast.Call(func=ast.Name(id="stated"), args=[statement, *place]):
                    number = f"/{_plain(place[0])}" if place else ""
                    yield Quote("", f"statements/{_plain(statement)}/stated{number}")


def with_answer(test: str, answer: str) -> str:
    """A test in which a formula stands in place of the word `answer`.

    >>> with_answer("answer >= stated(A6)", "sum(scrap.taken_t) / 2")
    'sum(scrap.taken_t) / 2 >= stated(A6)'
    """
    try:
        tree, own = (
            ast.parse(text.strip(), mode="eval").body for text in (test, answer or "answer")
        )
    except (SyntaxError, ValueError, RecursionError):
        return test  # the finding is that of the formula as it is written

    class Own(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return own if node.id == "answer" else node

    return ast.unparse(Own().visit(tree))


def _formatted(value: float | str, form: str) -> str:
    return format(value, form or ("" if isinstance(value, str) else ",.6g"))


def _plain(node: ast.expr) -> str:
    return str(node.value if isinstance(node, ast.Constant) else getattr(node, "id", ""))


def _statements(uses: frozenset[tuple[str, str]]) -> Iterator[str]:
    """Addresses of the statements whose numbers are used."""
    for role, name in sorted(uses):
        if role == "statement":
            yield from (f"statements/{name}", f"statements/{name}/stated")
