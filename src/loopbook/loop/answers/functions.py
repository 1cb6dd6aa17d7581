"""Functions of formulas: what each takes, in which unit it answers, and its law; a row each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.flowsheet import COST_GROUPS
from loopbook.loop.answers.world import World
from loopbook.loop.money.owning import PAYOUT
from loopbook.loop.terms.ours import LAWS
from loopbook.matter import components
from loopbook.tables import Array

MONEY = "money"
"""Stands for the currency of the loop in the unit of a function."""

STREAM = "stream"
"""Stands for tonnes of components in the unit of a function."""

TERMS = frozenset({*LAWS, *COST_GROUPS, PAYOUT, "process", "energy", "reagents"})
"""Laws of terms, lines of a costing, and what owners get."""

GOODS = "material|group|component"
_SITE_OF, _CONTRACT = ("site", f"*{GOODS}"), ("contract", f"*site|{GOODS}")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas.

    Parameters
    ----------
    takes : list of names of each argument; ``*`` before one that may be left out or repeated.
        ``stream`` is a stream, ``number`` a number.
    unit : of the answer: ``t``, ``money``, ``stream``.
    law : of the world and the arguments.
    words : what it is, for people.
    once : whether it is one number and none by period.
    """

    takes: tuple[str, ...]
    unit: str
    law: Callable[..., Array]
    words: str
    once: bool = False


def _part(world: World, of: str, whole: str) -> Array:
    basis = world.walked.basis
    if whole in basis.index or whole in basis.compositions:
        return basis.content(basis.stream(whole, np.ones(1)), of)[None]
    return np.array([[components(whole).items[0].element_shares().get(of, 0.0)]])


def _stated(world: World, statement: str, place: str = "1") -> Array:
    (text,) = (row.stated for row in world.loop.statements if row.id == statement)
    numbers = re.findall(r"\d[\d,]*\.?\d*", text)
    return np.array([[float(numbers[int(place) - 1].replace(",", ""))]])


FUNCTIONS: Mapping[str, Function] = {
    "made": Function(
        _SITE_OF,
        STREAM,
        lambda w, x, *of: w.sums(w.stream(w.walked.sites[x].made, of)),
        "what a site makes",
    ),
    "feed": Function(
        _SITE_OF,
        STREAM,
        lambda w, x, *of: w.sums(w.stream(w.walked.sites[x].feed, of)),
        "what a site works on",
    ),
    "waiting": Function(
        _SITE_OF,
        STREAM,
        lambda w, x, *of: w.at_end(w.stream(w.walked.sites[x].waiting, of)),
        "what waits at a site at the end of a period",
    ),
    "disposal": Function(
        ("site",), STREAM, lambda w, x: w.sums(w.walked.sites[x].disposal), "what goes nowhere"
    ),
    "drawn": Function(
        ("site",),
        STREAM,
        lambda w, x: w.sums(w.walked.sites[x].drawn),
        "what comes without a contract",
    ),
    "held": Function(
        ("site",),
        STREAM,
        lambda w, x: w.at_end(w.walked.sites[x].held),
        "what a site holds at the end",
    ),
    "taken": Function(_CONTRACT, STREAM, World.taken, "what a contract moves"),
    "asked": Function(_CONTRACT, "t", World.asked, "what a contract asks for"),
    "short": Function(
        _CONTRACT,
        "t",
        lambda w, *x: w.asked(*x, what=lambda flow: flow.short_by_seller + flow.short_by_buyer),
        "what is missing of it",
    ),
    "footprint": Function(_CONTRACT, "tCO2e", World.footprint, "what the goods of it carry"),
    "needs": Function(
        ("site", f"element|{GOODS}"),
        "t",
        lambda w, x, of: w.sums(w.walked.sites[x].needs.get(of, np.zeros((1, 1)))),
        "what a site needs",
    ),
    "count": Function(
        ("site", "count|flow|material|component"),
        "t",
        lambda w, x, of: w.sums(w.walked.sites[x].quantity(of, w.walked.basis)),
        "what `of` of a cost of the site counts",
    ),
    "capacity": Function(
        ("site", "*material"), "t", World.capacity, "what a site can take or make, in operation"
    ),
    "reagent": Function(("site", "component"), "t", World.reagent, "what its route takes of one"),
    "content": Function(
        (STREAM, "element|component"),
        "t",
        lambda w, x, of: w.walked.content(x, of),
        "an element or component in a stream",
    ),
    "part": Function(
        ("element|component", GOODS), "1", _part, "share of the first in the second", once=True
    ),
    "account": Function(
        ("site",), MONEY, lambda w, x: w.sums(w.money.account(x)), "what a site receives - pays"
    ),
    "cash": Function(
        ("party|outside",),
        MONEY,
        lambda w, x: w.sums(w.money.cash(x)),
        "what a party receives - pays",
    ),
    "npv": Function(
        ("party|outside",),
        MONEY,
        lambda w, x: w.money.present_value(x)[None],
        "net present value of its cash",
        once=True,
    ),
    "share": Function(
        ("party", "party"), "1", World.share, "share that the first has in the second"
    ),
    "paid": Function(
        (), MONEY, World.paid, "payments, by `on`, `term`, `of`, `material`, `payer`, `payee`"
    ),
    "burden": Function(
        (), "tCO2e", World.burden, "burdens, by `site`, `on`, `term`, `of`, `material`"
    ),
    "stated": Function(
        ("statement", "*number"),
        "1",
        _stated,
        "a number of a statement, the first or the nth",
        once=True,
    ),
}
"""By name. Beside these are `parameter`, `on`, `sum`, `max` and the like; see `evaluate`."""

FILTERS: Mapping[str, str] = {
    "on": "contract|site|party",
    "term": "term",
    "of": f"element|flow|count|{GOODS}",
    "material": f"element|{GOODS}",
    "payer": "party|outside",
    "payee": "party|outside",
    "site": "site",
}
"""Lists of names of the arguments by name."""

OVER_PERIODS: Mapping[str, Callable[[Array], Array]] = {
    "sum": lambda x: x.sum(axis=0, keepdims=True),
    "mean": lambda x: x.mean(axis=0, keepdims=True),
    "max": lambda x: _known(x, np.fmax),
    "min": lambda x: _known(x, np.fmin),
    "first": lambda x: x[:1],
    "last": lambda x: x[-1:],
}
"""One number for all periods; the largest and smallest of those that there are."""


def _known(array: Array, law: np.ufunc) -> Array:
    return np.asarray(law.reduce(array, axis=0, keepdims=True))
