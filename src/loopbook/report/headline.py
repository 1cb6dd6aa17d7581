"""Page one of a report: message, stations, key figures, statements, each number with its doubt.

The terminal's screen, the page, its print and the picture of the stations are made from these
records alone. A number that nobody computed is None, never 0.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from loopbook.report.table import Quote, Table

Ruling: TypeAlias = Literal[
    "holds", "holds if", "not by this reading", "cannot be told", "no longer so"
]
"""The verdicts on a statement, in the order in which people count them."""

RULINGS: tuple[Ruling, ...] = get_args(Ruling)


@dataclass(frozen=True, slots=True)
class Driver:
    """An input that moves an estimate.

    Parameters
    ----------
    address : its address in the case, or a group's name where one draw moves many inputs.
    title : for people.
    correlation : signed rank correlation with the estimate over the draws, -1..1.
    """

    address: str
    title: str
    correlation: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its doubt.

    Parameters
    ----------
    name : name for programs.
    value : of the base run, in `unit`; None where there is none.
    unit : ``""`` for a plain number, ``"%"`` where the value is in percent.
    decimals : that people see, of the value and of its interval.
    low, median, high : 5, 50 and 95 % points of the draws; None without draws.
    matters : inputs that move it most, largest squared correlation first.
    quote : the column or input row that it is from, where it has one.
    """

    name: str
    value: float | None
    unit: str = ""
    decimals: int = 0
    low: float | None = None
    median: float | None = None
    high: float | None = None
    matters: tuple[Driver, ...] = ()
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """A place on the loop's line, or one of its accounts.

    Parameters
    ----------
    name, title : for programs and for people.
    place : where it is, or whose.
    estimate : what it makes, takes or earns.
    note : what it depends on, in a few words.
    kind : ``place`` on the line, ``account`` on its dotted end.
    back : name of an earlier station to which something returns from this one; empty without.
    back_text : what returns: ``a sixth of the nickel comes back``.
    """

    name: str
    title: str
    place: str
    estimate: Estimate
    note: str = ""
    kind: Literal["place", "account"] = "place"
    back: str = ""
    back_text: str = ""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key figure: title, estimate, and one sentence on what it depends on."""

    title: str
    estimate: Estimate
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A statement and what the run makes of it.

    Parameters
    ----------
    id, text : of the statement: ``A6``, and what was stated.
    verdict : one of `Ruling`.
    words : the verdict in about five words: ``Holds if tons are tonnes``.
    estimate : the computed number beside the statement.
    probability : share of the draws in which its test is true; None without draws or test.
    meaning : one sentence.
    """

    id: str
    text: str
    verdict: Ruling
    words: str
    estimate: Estimate
    probability: float | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a page one repeatable.

    Parameters
    ----------
    case : title of the case.
    version : its dated version, such as ``as of May 2026``; empty where it has none.
    draws, seed : number of draws and their seed; no draws are 0.
    failed : draws that gave no result.
    date : of the case's base rows or version, ISO; empty where the case gives none.
    """

    case: str
    version: str = ""
    draws: int = 0
    seed: int = 0
    failed: int = 0
    date: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """Page one.

    Parameters
    ----------
    title, lead : the message, a sentence; and what it rests on, a few sentences.
    stations : in order; empty where the case names none.
    figures : key figures, in order.
    proven : what is proven, one line.
    statements_title : ``Eighteen statements of the article of June 2025``.
    verdicts : in the order of the statements.
    counts : numbers that went in: ``sourced``, ``assumptions``, ``settings``.
    stamp : run, draws, seed, version and date.
    changes : what changed since an earlier version, a row a change.
    """

    title: str
    lead: str = ""
    stations: tuple[Station, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
    proven: str = ""
    statements_title: str = ""
    verdicts: tuple[Verdict, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    stamp: Stamp = Stamp("")
    changes: Table | None = None
