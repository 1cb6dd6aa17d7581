"""Atomic weights: the IUPAC 2021 table, read from ``data/elements.csv``.

The five-figure abridged standard atomic weights (source_id ``iupac2021``). Elements without a
standard atomic weight (Tc, Pm, Po...) are left out: nothing of a battery holds them.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from loopbook.errors import Finding, UnknownNameError, nearest_hint, raise_findings

OTHER = "other"
"""Pseudo-element that takes what a composition does not name."""


@cache
def _rows() -> tuple[tuple[str, str, float], ...]:
    """Rows (symbol, name, g/mol) of the packaged table; read once, never changed."""
    path = resources.files("loopbook.matter") / "data" / "elements.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple((row["symbol"], row["name"], float(row["weight_g_per_mol"])) for row in rows)


@cache
def _standard() -> Mapping[str, float]:
    return MappingProxyType({symbol: weight for symbol, _, weight in _rows()})


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
    findings = []
    for symbol, weight in weights.items():
        where = f"weights[{symbol!r}]"
        if symbol not in _standard():
            findings.append(
                Finding(
                    "unknown-name", where, "an element", symbol, nearest_hint(symbol, _standard())
                )
            )
        elif not 0.0 < weight < 1000.0:
            findings.append(Finding("input", where, "0..1000 g/mol", repr(weight)))
    raise_findings(findings)
    return MappingProxyType({**_standard(), **weights})


def element_names() -> Mapping[str, str]:
    """English names (IUPAC spelling) by element symbol.

    >>> element_names()["Al"]
    'aluminium'
    """
    return MappingProxyType({symbol: name for symbol, name, _ in _rows()})


def require_elements(symbols: Mapping[str, float] | tuple[str, ...], where: str) -> None:
    """Raise `UnknownNameError` for symbols that are neither elements nor ``other``.

    >>> require_elements(("Ni", "other"), "assay 7")
    >>> require_elements(("Nk",), "assay 7")
    Traceback (most recent call last):
    loopbook.errors.UnknownNameError: assay 7: unknown-name: Nk is not an element \
(did you mean N, K?)
    """
    known = _standard()
    findings = [
        Finding("unknown-name", where, "an element", str(s), nearest_hint(str(s), known))
        for s in symbols
        if s not in known and s != OTHER
    ]
    if findings:
        raise UnknownNameError(findings)
