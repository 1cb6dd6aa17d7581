"""What a header says of the numbers below it: an element in words, and a unit."""

import re
from collections.abc import Iterator

from loopbook.tables import factor, unit_problem

_SYMBOL = re.compile(r"[(\[]\s*([A-Z][a-z]?)\s*[)\]]")
_FIRST = re.compile(r"[A-Z][a-z](?![^\W\d_])")
_NO_SYMBOL = frozenset(("As", "In", "At", "No", "He", "Be", "Am"))  # words, too
_WORD = re.compile(r"[^\W\d_]{3,}")
_IN_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]")
_LAST = re.compile(r"[\s_,;/:.]([^\W\d_]{2,}%?|%)\s*$")
_WORDS = {
    **dict.fromkeys(("lbs", "lb", "pound", "pounds"), "lb"),
    **dict.fromkeys(("kgs", "kilograms", "kilogram", "kilo", "kilos"), "kg"),
    **dict.fromkeys(("tonne", "tonnes", "mt", "to"), "t"),
    **dict.fromkeys(("wt%", "wt.%", "wt-%", "mass%", "m%", "pct", "percent"), "%"),
}
"""Other words for units, in small letters; a ton is left out: it is what the mapping says."""


def elements_named(head: str) -> set[str]:
    """Elements that a header names by a word, or by a symbol as its first word or in brackets.

    >>> sorted(elements_named("Cobalt (Co)")), elements_named("Lot (A)")
    (['Co'], set())
    """
    from loopbook.matter import atomic_weights, element_names

    names, symbols = element_names(), atomic_weights()
    words = {names[x.lower()] for x in _WORD.findall(head) if x.lower() in names}
    marks = {x for x in _SYMBOL.findall(head) if len(x) > 1}
    if first := _FIRST.match(head.strip()):
        marks |= {first[0]} - _NO_SYMBOL
    return words | {x for x in marks if x in symbols}


def unit_named(head: str, base: str) -> str:
    """The unit that a header names in brackets or as its last word; empty if it names none.

    Parameters
    ----------
    base : ``kg``, or ``1`` for shares.

    >>> unit_named("Gross (lb)", "kg"), unit_named("Ni_ppm", "1"), unit_named("Gross", "kg")
    ('lb', 'ppm', '')
    """
    for word in _candidates(head):
        unit = _WORDS.get(word.lower(), word)
        if not unit_problem(unit, base):
            return unit
    return ""


def _candidates(head: str) -> Iterator[str]:
    """Words of a header that may be its unit."""
    yield from _IN_BRACKETS.findall(head)
    yield from _LAST.findall(head)


def contradicts(head: str, unit: str, base: str) -> str:
    """The unit that a header names, if it is another one than that of the mapping; else empty."""
    named = unit_named(head, base)
    other = named and unit and not unit_problem(unit, base) and factor(named, base)
    return named if other and other != factor(unit, base) else ""
