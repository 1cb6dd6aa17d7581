"""Metals of what was sold that nothing pays for, and grades that are not accepted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.loop.loop import Loop
from loopbook.loop.money.ledger import Ledger, Parts
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.terms.law import Graded
from loopbook.loop.terms.lot import ZERO, Lot, counted_in, elements_in
from loopbook.loop.terms.prices.fixed import Fixed
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.sites.accept import Accept
from loopbook.tables import Array

_NONMETALS = {
    *("H", "He", "B", "C", "N", "O", "F", "Ne", "Si"),
    *("P", "S", "Cl", "Ar", "Se", "Br", "Kr", "I", "Xe"),
}
_TRACE = 1e-9  # of the mass


@dataclass(frozen=True)
class Grades:
    """What a contract moved, looked at for metals that nothing pays for and grades.

    Parameters
    ----------
    ledger : that takes the findings.
    row : of the contract.
    whole : what moved under it, by step.
    pieces : months in which something moved, with the same terms.
    """

    ledger: Ledger
    row: Contract
    whole: Lot
    pieces: Sequence[Parts]

    def check(self) -> None:
        """Note the first step in which a metal is not paid, or a grade is refused.

        Of a contract with payables, a metal that has a price in the loop is ``not-stated`` where
        no term is on it, and ``not-paid`` where no price holds in a month, or fits the grade.
        """
        loop, row = self.ledger.loop, self.row
        if loop.buyer(row) != loop.seller(row) and loop.laws_on(row.contract, Payable):
            self._check_metals(loop)
        for limit in (*loop.laws_on(row.contract, Accept), *loop.laws_on(row.to, Accept)):
            for parts in self.pieces:
                refused = limit.refused(parts.of_lot(self.whole)) * parts.held(limit)
                for grade, step in self._first(parts, limit.of, refused):
                    sentence = f"{grade} {limit.of} in {row.contract} is refused ({step})"
                    self.ledger.note("grade", limit.where, sentence, row.where, limit.where)

    def _check_metals(self, loop: Loop) -> None:
        name = self.row.contract
        payables = loop.laws_on(name, Payable)
        prices: list[Payable | Fixed] = [*payables, *loop.laws_on(name, Fixed)]
        others = [term.of for term in loop.laws_on(name, Graded)]
        others += [term.of for term in loop.laws_on(name, Return)]
        bare = []
        for of in dict.fromkeys([*(term.of for term in payables), *_metals(loop)]):
            rows = [term for term in prices if self._is_of(term.of, of)]
            if rows:
                self._check_prices(of, rows)
            elif not any(self._is_of(other, of) for other in others):
                bare += [of] if _amount(self.whole, of).any() else []
        if bare:
            sentence = f"no payable of {', '.join(bare)} in {name} is stated"
            self.ledger.note("not-stated", self.row.where, sentence)

    def _check_prices(self, of: str, prices: Sequence[Payable | Fixed]) -> None:
        row = self.row
        for parts in self.pieces:
            lot = parts.of_lot(self.whole)
            held = [term for term in prices if parts.held(term).any()]
            fits = sum((parts.held(term) * lot.holds(term.when, of) for term in held), ZERO)
            for grade, step in self._first(parts, of, _amount(lot, of) * (fits == 0.0)):
                lacks = f"fits {grade}" if held else "holds"
                sentence = f"no payable of {of} in {row.contract} {lacks} ({step})"
                where = (held or prices)[0].where
                self.ledger.note("not-paid", where, sentence, row.where, of)

    def _first(self, parts: Parts, of: str, bad: Array) -> Iterator[tuple[str, str]]:
        """The highest bad grade of the first month that has one, and its step."""
        if bad.any():
            month = int(bad.any(axis=-1).argmax())
            grades = parts.of_lot(self.whole).grade(of)[month]
            highest = float(np.max(grades, where=bad[month] > 0.0, initial=0.0))
            yield f"{100.0 * highest:.4g} %", self.ledger.steps[int(parts.step[month])].name

    def _is_of(self, of: str, metal: str) -> bool:
        """Whether a price of something is one of this metal, or of the goods that it is in."""
        is_in = metal in elements_in(of) and metal not in _NONMETALS
        return of in ("", metal) or of in self.whole.goods or is_in


def _metals(loop: Loop) -> list[str]:
    """Elements that have a price: by a series or a term on it, or on a salt of it alone."""
    names = [row.of for row in loop.terms if isinstance(row, (Payable, Fixed))]
    names += [row.name for row in loop.series.values() if counted_in(row.unit, "USD") == "t"]
    metals = [{*elements_in(name)} - _NONMETALS for name in names]
    return sorted({metal for of in metals if len(of) == 1 for metal in of})


def _amount(lot: Lot, of: str) -> Array:
    """t of it in a lot; nothing where it is a trace."""
    content = lot.content(of)
    return np.where(content > _TRACE * lot.mass, content, 0.0)
