"""Atomic weights: the IUPAC 2021 table, read from ``data/elements.csv``.

The five-figure abridged standard atomic weights (source_id ``iupac2021``). Elements without a
standard atomic weight (Tc, Pm, Po...) are left out: nothing of a battery holds them.
"""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from loopbook.errors import Findings

OTHER = "other"
"""Pseudo-element that takes what a composition does not name."""


def _rows() -> Iterator[dict[str, str]]:
    """Rows of the packaged table."""
    path = resources.files("loopbook.matter") / "data" / "elements.csv"
    return csv.DictReader(path.read_text(encoding="utf-8").splitlines())


@cache
def _standard() -> Mapping[str, float]:
    """The packaged table; read once, never changed."""
    return MappingProxyType({row["symbol"]: float(row["weight_g_per_mol"]) for row in _rows()})


@cache
def element_names() -> Mapping[str, str]:
    """Symbols by the names of elements in small letters, in both spellings and in German.

    >>> element_names()["cobalt"], element_names()["aluminum"], element_names()["kupfer"]
    ('Co', 'Al', 'Cu')
    """
    others = {"aluminum": "Al", "sulphur": "S", "cesium": "Cs"}
    german = {"kobalt": "Co", "kupfer": "Cu", "eisen": "Fe", "mangan": "Mn", "zink": "Zn"}
    return MappingProxyType({row["name"]: row["symbol"] for row in _rows()} | others | german)


def atomic_weights(weights: Mapping[str, float] | None = None) -> Mapping[str, float]:
    """Atomic weights, g/mol, by element symbol.

    Parameters
    ----------
    weights : weights in g/mol that replace the standard ones, to reproduce numbers that others
        computed with theirs; None for the standard table.

    Returns
    -------
    Mapping from symbol to g/mol: IUPAC 2021 abridged standard atomic weights (``iupac2021``,
    table 2), with the replacements in it.

    >>> atomic_weights()["Ni"], atomic_weights({"Ni": 59.0})["Ni"]
    (58.693, 59.0)
    """
    if not weights:
        return _standard()
    findings = Findings()
    for symbol, weight in weights.items():
        where = f"weights[{symbol!r}]"
        if symbol not in _standard():
            findings.unknown("an element", symbol, _standard(), at=where)
        elif not 0.0 < weight < 1000.0:
            findings.note("input", "0..1000 g/mol", repr(weight), at=where)
    findings.raise_all()
    return MappingProxyType({**_standard(), **weights})
