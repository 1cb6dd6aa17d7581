"""Runs of a plant."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from loopbook.book.commands.fields import MassField
from loopbook.book.commands.running.process import Output, Process
from loopbook.book.imports.columns import Column, columns_of
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportKind, ImportRow
from loopbook.tables import Text

_MG = Decimal("0.000001")
_LOST = {"emission": "emissions_kg", "waste": "waste_kg"}
_SAME = ("site", "occurred_at", "actor", "document", "share_by")


class Runs(ImportKind):
    """Runs: a row an input, output, emission or waste; rows of a run have its name."""

    columns = (
        *columns_of(Process, "run", "site"),
        Column("role", Text(), "input, output, emission or waste", example="input"),
        Column("lot", Text(), "lot that goes in or is made", "", "S-1"),
        Column(
            "mass", MassField(), "goes in or comes out; all of an input lot if empty", None, 900
        ),
        *columns_of(Output, "material", optional=True, about="of an output: "),
        *columns_of(Output, "shares", optional=True, about="of an output, emission or waste: "),
        *columns_of(Output, "location", optional=True, about="of an output: "),
        *columns_of(Process, "share_by"),
    )

    def entries(self, rows: Iterable[ImportRow]) -> Iterator[Entry]:
        """One entry a run; where rows of runs are mixed, in the order of the runs' times."""
        runs: dict[str, list[ImportRow]] = {}
        groups = 0
        for run, neighbours in groupby(rows, key=itemgetter("run")):
            runs.setdefault(run, []).extend(neighbours)
            groups += 1
        if groups > len(runs):
            runs = dict(sorted(runs.items(), key=lambda item: item[1][0]["occurred_at"]))
        return (_Run(run, its_rows).entry() for run, its_rows in runs.items())


class _Run:
    """One run, collected from its rows."""

    def __init__(self, run: str, rows: list[ImportRow]) -> None:
        self.run, self.rows = run, rows
        self.inputs: dict[str, Decimal | None] = {}
        self.outputs: list[Output] = []
        self.lost: dict[str, dict[str, Decimal]] = {field: {} for field in _LOST.values()}
        self.places = {"outputs": rows[0].where}

    def entry(self) -> Entry:
        first = self.rows[0]
        for row in self.rows:
            self._compare(row, first)
            self._take(row, row["role"])
        command = first.command(
            Process,
            self.run,
            "run",
            inputs_kg=self.inputs,
            outputs=tuple(self.outputs),
            share_by=first["share_by"] or "substance",
            **self.lost,
        )
        return Entry(
            first.line,
            first.where,
            (command,),
            lambda name: self.places.get(name) or first.find(name),
            uses=(self.run,),
            findings=tuple(finding for row in self.rows for finding in row.findings),
            bad=frozenset(name for row in self.rows for name in row.bad),
        )

    def _compare(self, row: ImportRow, first: ImportRow) -> None:
        """Record what differs from the first row; an empty cell means the same."""
        for name in _SAME:
            value, before = row.written(name), first.written(name)
            if value not in ("", before):
                row.note(name, "differs", f"{before or 'nothing'}, as in line {first.line}", value)

    def _take(self, row: ImportRow, role: str) -> None:
        if role == "input":
            self._take_input(row)
        elif role == "output":
            self._take_output(row)
        elif role in _LOST:
            self._take_lost(row, _LOST[role])
        elif role:
            row.note("role", "unknown-name", "input, output, emission or waste", repr(role))

    def _take_input(self, row: ImportRow) -> None:
        row.need("lot")
        lot = row["lot"]
        for name in row.names:
            if name.startswith("shares.") and row.written(name):
                row.note(
                    name,
                    "input",
                    "an empty cell: an input has what the book has of its lot",
                    row.written(name),
                    hint="import what was analysed as assays, dated before the run, and leave the "
                    "cell of an input empty",
                )
        if lot in self.inputs:
            row.note("lot", "duplicate", "each input lot once in a run", lot)
        self.inputs[lot] = row["mass"]
        self.places[f"inputs_kg.{lot}"] = row.find("lot") or row.where

    def _take_output(self, row: ImportRow) -> None:
        row.need("mass", "material", "lot")
        mass = Decimal(1) if row["mass"] is None else row["mass"]
        made = Output(row["lot"], row["material"], mass, row["shares"], row["location"] or None)
        self.outputs.append(made)
        at = f"outputs.{len(self.outputs)}"
        self.places |= {f"{at}.{name}": row.find(name) for name in row.names}
        self.places[at] = row.find("lot") or row.where
        self.places[f"{at}.shares"] = row.where

    def _take_lost(self, row: ImportRow, field: str) -> None:
        row.need("mass")
        mass, shares = row["mass"], row["shares"]
        total = sum(shares.values())
        if total > 1:
            row.note("mass", "share", "contents that sum to at most 1 kg/kg", f"{total:f}")
        elif mass is not None:
            amounts = {s: (mass * share).quantize(_MG) for s, share in shares.items()}
            amounts["other"] = amounts.get("other", Decimal(0)) + mass - sum(amounts.values())
            for s, amount in amounts.items():
                self.lost[field][s] = self.lost[field].get(s, Decimal(0)) + amount
                self.places[f"{field}.{s}"] = row.find(f"shares.{s}") or row.where
