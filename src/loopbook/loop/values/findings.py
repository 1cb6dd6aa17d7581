"""Findings of a loop, and what its cells may name."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

from loopbook.errors import Finding, Findings
from loopbook.loop.values.quantity import Series
from loopbook.matter import Library

Read = TypeVar("Read")


@dataclass(slots=True, kw_only=True)
class LoopFindings(Findings):
    """Collects the findings of a loop; knows what a cell may name.

    Parameters
    ----------
    library : the data library.
    series : rows of ``series`` by name.
    lost_series : names of rows of ``series`` that cannot be read, which have their own findings.
    losses : places of rows that cannot be read for they name such a series.
    address : of the row that is read: ``terms/black mass/payable/Li``.
    uses : names that rows use, each with its role.
    source : source_id of the row that is read.
    warnings : what may be a slip; nothing is refused for it.
    """

    library: Library
    series: Mapping[str, Series] = field(default_factory=dict)
    lost_series: frozenset[str] = frozenset()
    losses: list[str] = field(default_factory=list)
    address: str = ""
    source: str = ""
    warnings: list[Finding] = field(default_factory=list)
    uses: set[tuple[str, str]] = field(default_factory=set)

    def about(self, where: str, address: str = "", source: str = "") -> Self:
        """Takes findings of one row and adds them to these."""
        return replace(self, where=where, address=address, source=source)

    def refuse(
        self, code: str, expected: str, value: str, *, at: str = "", hint: str = ""
    ) -> Read | None:
        """Record a finding; returns None, which is in the place of the value."""
        self.note(code, expected, value, at=at, hint=hint)
        return None

    def warn(self, code: str, sentence: str, *, at: str = "", hint: str = "") -> None:
        """Record what may be a slip, in words."""
        where = ", ".join(part for part in (self.where, at) if part)
        self.warnings.append(Finding(code, where, "", "", hint, sentence=sentence))
