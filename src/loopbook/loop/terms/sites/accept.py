"""Grades that are accepted."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Substance
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When


@dataclass(frozen=True, kw_only=True)
class Accept(Term):
    """A lot with another grade of `of` is a finding of the walk, and a bound of a plan."""

    law = "accept"
    kinds = ("contract", "site")

    of: Substance
    when: Annotated[When, WhenOf("grade"), "grades that are accepted"]
