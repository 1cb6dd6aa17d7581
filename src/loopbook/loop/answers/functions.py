"""Functions of formulas: what each takes, in which unit it answers, and its law; a row each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from loopbook.flowsheet import COST_GROUPS
from loopbook.loop.answers.value import Value
from loopbook.loop.answers.world import World
from loopbook.loop.goods.basis import elements_of, parts_of
from loopbook.loop.loop import Loop
from loopbook.loop.money.owning import PAYOUT
from loopbook.loop.terms.ours import LAWS
from loopbook.loop.values.measure import stated_in
from loopbook.matter import load_library
from loopbook.tables import Array

MONEY, STREAM, VALUE, TEXT, OWN = "money", "stream", "value", "text", "own"
"""In place of a unit or a list of names: the loop's currency, tonnes of components, what a formula
is worth, any text, the word `own`."""

TERMS = frozenset({*LAWS, *COST_GROUPS, PAYOUT, "process"})
"""Laws of terms, lines of a costing, and what owners get."""

GOODS = "material|group|component"
_DIGITS = re.compile(r"\d[\d,]*\.?\d*")
_PARTY = ("party|outside", f"*{OWN}")
_SITE_OF, _CONTRACT = ("site", f"*{GOODS}"), ("contract", f"*site|{GOODS}")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas.

    Parameters
    ----------
    takes : list of names of each argument, with ``|`` between several; ``*`` before one that may
        be left out or repeated. Empty where its arguments have names.
    unit : of the answer; empty where the law gives a value, without anything walked.
    law : of the world, or without unit of the loop, and of the arguments.
    words : what it is, for people.
    once : whether it is one number and none by period.
    """

    takes: tuple[str, ...]
    unit: str
    law: Callable[..., Array | Value | bool]
    words: str
    once: bool = False

    def arguments(self, count: int) -> tuple[str, ...] | None:
        """Lists of names of so many arguments; None where it does not take so many."""
        fixed = tuple(x for x in self.takes if not x.startswith("*"))
        last = tuple(x[1:] for x in self.takes if x.startswith("*"))
        roles = fixed + last * (count - len(fixed))
        return roles if len(roles) == count else None


def _part(loop: Loop, of: str, whole: str) -> Value:
    compositions = {name: row.parts() for name, row in loop.materials.items()}
    shares = {**parts_of(whole, compositions), **elements_of(whole, compositions)}
    return Value(np.array([[shares.get(of, 0.0)]]))


def _stated(loop: Loop, statement: str, place: str = "1") -> Value:
    library = loop.library or load_library()
    texts = (row.stated for row in loop.statements if row.id == statement)
    numbers = [
        part for text in texts for part in stated_in(text, library) if _DIGITS.search(part[0])
    ]
    if not (place.isdigit() and 0 < int(place) <= len(numbers)):
        raise ValueError(f"{statement} states {len(numbers)} numbers")
    text, quantity = numbers[int(place) - 1]
    if quantity is None:
        return Value(np.array([[float(_DIGITS.findall(text)[0].replace(",", ""))]]))
    return Value.of(np.array([[quantity.number]]), quantity.unit)


def _over_periods(law: Callable[[Array], Array], words: str) -> Function:
    return Function((VALUE,), "", lambda loop, x: x.map(law), f"{words} of all periods")


def _extreme(law: np.ufunc, known: np.ufunc, words: str) -> Function:
    def of(loop: Loop, first: Value, *others: Value) -> Value:
        """Of several values in each period, of one over all periods that have a number."""
        for other in others:
            array = law(first.number.array, first.alike(other).array)
            first = replace(first.number, array=array)
        return first if others else first.map(lambda x: known.reduce(x, axis=0, keepdims=True))

    return Function((VALUE, f"*{VALUE}"), "", of, f"{words} of all periods, or of several values")


FUNCTIONS: Mapping[str, Function] = {
    "made": Function(
        _SITE_OF, STREAM, lambda w, x, *of: w.stream(w.sites[x].made, of), "what a site makes"
    ),
    "feed": Function(
        _SITE_OF, STREAM, lambda w, x, *of: w.stream(w.sites[x].feed, of), "what it works on"
    ),
    "waiting": Function(
        _SITE_OF,
        STREAM,
        lambda w, x, *of: w.stream(w.sites[x].waiting, of, w.at_end),
        "what waits there at the end of a period",
    ),
    "held": Function(
        ("site",), STREAM, lambda w, x: w.at_end(w.sites[x].held), "what it holds at the end"
    ),
    "disposal": Function(
        ("site",), STREAM, lambda w, x: w.sums(w.sites[x].disposal), "what goes nowhere"
    ),
    "drawn": Function(
        ("site",), STREAM, lambda w, x: w.sums(w.sites[x].drawn), "what comes without a contract"
    ),
    "taken": Function(_CONTRACT, STREAM, World.taken, "what a contract moves"),
    "asked": Function(
        _CONTRACT, "t", lambda w, *x: w.of_flows(lambda k, y: y.asked, *x), "what it asks for"
    ),
    "short": Function(
        _CONTRACT,
        "t",
        lambda w, *x: w.of_flows(lambda k, y: y.short_by_seller + y.short_by_buyer, *x),
        "what is missing of it",
    ),
    "owed": Function(
        ("contract", "*element"), "t", World.owed, "metal due under its terms of return at the end"
    ),
    "footprint": Function(
        _CONTRACT,
        "tCO2e",
        lambda w, *x: w.of_flows(lambda k, y: w.carried.flows[k], *x),
        "the burden that it carries",
    ),
    "recycled": Function(
        ("contract|site", "element", "reading", "*material|group"),
        "t",
        World.recycled,
        "an element in what a contract moves or a site makes, of classes that a reading counts",
    ),
    "content": Function(
        (STREAM, "element|component"),
        "t",
        lambda w, stream, of: w.walked.content(stream, of),
        "an element or component in a stream",
    ),
    "needs": Function(
        ("site", f"element|{GOODS}"),
        "t",
        lambda w, x, of: w.sums(w.sites[x].needs.get(of, w.zero)),
        "what a site needs",
    ),
    "count": Function(
        ("site", "count|flow|material|component"),
        "t",
        lambda w, x, of: w.sums(w.sites[x].quantity(of, w.walked.basis)),
        "what `of` of a cost counts",
    ),
    "capacity": Function(
        ("site", "*material"), "t", World.capacity, "what a site can take or make, in operation"
    ),
    "reagent": Function(("site", "component"), "t", World.reagent, "what its route takes of one"),
    "account": Function(
        ("site",), MONEY, lambda w, x: w.sums(w.money.account(x)), "what a site receives - pays"
    ),
    "cash": Function(
        _PARTY,
        MONEY,
        lambda w, x, *own: w.sums(w.money.cash(x, shared=not own)),
        "the same of a party; with `own` without what owners bring and get",
    ),
    "unsettled": Function(
        ("party|outside",),
        MONEY,
        lambda w, x: w.at_end(w.money.unsettled(x)),
        "what is due to it less what it owes, by terms of `pay`, at the end of a period",
    ),
    "npv": Function(
        _PARTY,
        MONEY,
        lambda w, x, *own: w.money.present_value(x, shared=not own)[None],
        "net present value of its cash",
        once=True,
    ),
    "irr": Function(
        _PARTY,
        "1",
        lambda w, x, *own: w.money.flows(x, shared=not own).rate_of_return()[None],
        "interest of a year at which the present value of its cash is nothing; none without one",
        once=True,
    ),
    "payback": Function(
        _PARTY,
        "yr",
        lambda w, x, *own: w.money.flows(x, shared=not own).payback()[None],
        "time from its first outlay until its cash, added up, stays above zero; none without",
        once=True,
    ),
    "paid": Function(
        (),
        MONEY,
        lambda w, some: w.matching(w.money.payments, some),
        "payments by `on`, `term`, `of`, `material`, `payer`, `payee`",
    ),
    "burden": Function(
        (),
        "tCO2e",
        lambda w, some: w.matching(w.money.burdens, some),
        "burdens by `site`, `on`, `term`, `of`, `material`",
    ),
    "share": Function(
        ("party", "party"), "1", World.share, "share that the first has in the second"
    ),
    "part": Function(
        ("element|component", GOODS), "", _part, "mass share of the first in the second"
    ),
    "stated": Function(
        ("statement", f"*{TEXT}"),
        "",
        _stated,
        "number of a statement in its unit, the first or the nth",
    ),
    "on": Function(
        ("switch",), "", lambda loop, x: loop.settings.switches[x].on, "whether a switch is on"
    ),
    "sum": _over_periods(lambda x: x.sum(axis=0, keepdims=True), "sum"),
    "mean": _over_periods(lambda x: x.mean(axis=0, keepdims=True), "mean"),
    "first": _over_periods(lambda x: x[:1], "first"),
    "last": _over_periods(lambda x: x[-1:], "last"),
    "max": _extreme(np.maximum, np.fmax, "largest"),
    "min": _extreme(np.minimum, np.fmin, "smallest"),
    "some": Function(
        (VALUE,), "", lambda loop, x: x, "the same; its column is left out where all is zero"
    ),
}
"""By name. Beside these are `parameter` and `total`, which read other rows."""

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
