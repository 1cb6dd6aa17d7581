"""What each kind of file means to the book: rows become commands.

One function a kind, listed in `READERS`. A command's key is made of the document and of what names
the row in the plant (ticket, run, lot and sample), never of its line: the same row is the same
event, wherever it is and however often the file is imported.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from types import MappingProxyType
from typing import Any

from loopbook.book.commands.arriving.receive import Receive
from loopbook.book.commands.command import Command
from loopbook.book.commands.measuring.assay import Assay
from loopbook.book.commands.measuring.weigh import Weigh
from loopbook.book.commands.running.process import Output, Process
from loopbook.book.imports.binding import Binding, RowReader, kg
from loopbook.book.imports.posting import Entry
from loopbook.errors import Finding
from loopbook.tables import Row

_ONE_KG = Decimal(1)  # replaces a mass that cannot be read
_MG = Decimal("0.000001")


def read_entries(binding: Binding) -> list[Entry]:
    """Entries of a bound sheet: torn rows first, then the others in their order.

    The meaning of a torn row is not known, so the lots named in it count as missing.
    """
    torn = [
        Entry(row.line, finding.where, (), makes=_words(row), findings=(finding,))
        for row, finding in binding.sheet.torn
    ]
    return [*torn, *READERS[binding.map.kind](binding)]


def _words(row: Row) -> tuple[str, ...]:
    texts = (str(cell.value) for cell in row.cells)
    return tuple(word.strip() for text in texts for word in re.split(r"[,;|\t]", text) if word)


def _envelope(row: RowReader, binding: Binding) -> dict[str, Any]:
    """Actor, time and document of a row's commands."""
    document = row.text("document") or binding.sheet.name
    return {"actor": row.text("actor") or "-", "occurred_at": row.moment(), "document": document}


def _entry(row: RowReader, commands: list[Command], **more: Any) -> Entry:
    places = row.places()
    places.update(more.pop("places", {}))
    return Entry(
        row.line,
        row.where,
        tuple(commands),
        places,
        findings=tuple(row.findings),
        bad=frozenset(row.bad),
        **more,
    )


# -- tickets


def _tickets(binding: Binding) -> Iterator[Entry]:
    """A ticket with a material brings a new lot; one without weighs a lot of the book."""
    for source in binding.sheet.rows:
        row = RowReader(binding, source)
        envelope = _envelope(row, binding)
        ticket, lot = row.text("ticket"), row.text("lot")
        gross, tare, net = _weights(row)
        incoming = bool(row.text("material"))
        stem = f"{envelope['document']}/{ticket}"
        commands: list[Command] = []
        if incoming:
            receive = Receive(
                key=f"{stem}/receive",
                lot=lot,
                material=row.text("material"),
                supplier=row.text("supplier", need=True),
                owner=row.text("owner", need=True),
                site=row.text("site", need=True),
                mass_kg=net,
                shares=row.shares(),
                **envelope,
            )
            commands.append(receive)
        scale = row.text("scale")
        weigh = Weigh(
            key=f"{stem}/weigh",
            lot=lot,
            ticket=ticket,
            gross_kg=gross,
            tare_kg=tare,
            uncertainty_kg=row.mass("uncertainty") or 0,
            scale=scale,
            **envelope,
        )
        commands.append(weigh)
        yield _entry(
            row,
            commands,
            paper=("gross", ticket, scale and f"scale {scale}", "") if ticket else (),
            places={"mass_kg": row.place("gross")},
        )


def _weights(row: RowReader) -> tuple[Decimal, Decimal, Decimal]:
    """Gross, tare and net in kg, checked against each other."""
    gross, tare, printed = row.mass("gross"), row.mass("tare"), row.mass("net")
    if gross is None or tare is None:
        return _ONE_KG, Decimal(0), _ONE_KG
    net = gross - tare
    if net <= 0:
        row.note(
            "gross",
            "weights",
            "gross above tare",
            f"gross {kg(gross)}, tare {kg(tare)}",
            hint="are they swapped?",
        )
        return _ONE_KG, Decimal(0), _ONE_KG
    if printed is not None and printed != net:
        finding = Finding(
            "weights",
            row.place("net"),
            f"gross minus tare, {kg(net)}",
            kg(printed),
            difference=kg(printed - net),
        )
        row.findings.append(finding)
    return gross, tare, net


# -- assays


def _assays(binding: Binding) -> Iterator[Entry]:
    for source in binding.sheet.rows:
        row = RowReader(binding, source)
        envelope = _envelope(row, binding)
        lot, stage = row.text("lot"), row.text("stage")
        laboratory, sample = row.text("laboratory"), row.text("sample")
        shares, sigmas = row.shares(), row.shares("uncertainty")
        for name in sorted(set(sigmas) - set(shares)):
            if f"shares.{name}" not in row.bad:
                row.note(
                    f"uncertainty.{name}",
                    "missing",
                    f"a content of {name}",
                    "its uncertainty alone",
                )
        command = Assay(
            key="/".join((envelope["document"], lot, stage, laboratory, sample, "assay")),
            lot=lot,
            stage=stage,
            basis=row.text("basis"),
            shares=shares,
            uncertainty={s: x for s, x in sigmas.items() if s in shares},
            moisture=row.share("moisture"),
            moisture_uncertainty=row.share("moisture_uncertainty"),
            laboratory=laboratory,
            method=row.text("method"),
            sample=sample,
            **envelope,
        )
        group = laboratory and f"laboratory {laboratory}"
        paper = ("assay", sample, group, stage, lot) if sample else ()
        yield _entry(row, [command], paper=paper)


# -- opening stock


def _stock(binding: Binding) -> Iterator[Entry]:
    for source in binding.sheet.rows:
        row = RowReader(binding, source)
        envelope = _envelope(row, binding)
        lot, owner = row.text("lot"), row.text("owner")
        mass = row.mass("mass")
        command = Receive(
            key=f"{envelope['document']}/{lot}/stock",
            lot=lot,
            material=row.text("material"),
            supplier=row.text("supplier") or owner,
            owner=owner,
            site=row.text("site"),
            mass_kg=_ONE_KG if mass is None else mass,
            shares=row.shares(),
            **envelope,
        )
        yield _entry(row, [command])


# -- runs


def _runs(binding: Binding) -> Iterator[Entry]:
    """Rows of one run are neighbours: what goes in, what comes out, emissions and waste."""
    readers = (RowReader(binding, source) for source in binding.sheet.rows)
    for run, rows in groupby(readers, key=lambda row: row.text("run")):
        yield _Run(binding, run, list(rows)).entry()


class _Run:
    """One run, collected from its rows."""

    def __init__(self, binding: Binding, run: str, rows: list[RowReader]) -> None:
        self.binding, self.run, self.rows = binding, run, rows
        self.inputs: dict[str, Decimal | None] = {}
        self.outputs: list[Output] = []
        self.lost: dict[str, dict[str, Decimal]] = {"emission": {}, "waste": {}}
        self.places: dict[str, str] = {}

    def entry(self) -> Entry:
        first = self.rows[0]
        envelope = _envelope(first, self.binding)
        site, share_by = first.text("site"), first.text("share_by") or "substance"
        self._same_in_all_rows()
        for row in self.rows:
            self._take(row)
        command = Process(
            key=f"{envelope['document']}/{self.run}/run",
            run=self.run,
            site=site,
            inputs_kg=self.inputs,
            outputs=tuple(self.outputs),
            emissions_kg=self.lost["emission"],
            waste_kg=self.lost["waste"],
            share_by=share_by,
            **envelope,
        )
        findings = tuple(f for row in self.rows for f in row.findings)
        return Entry(
            first.line,
            first.where,
            (command,),
            {**first.places(), "outputs": first.where, **self.places},
            uses=(self.run,),
            findings=findings,
            bad=frozenset(name for row in self.rows for name in row.bad),
        )

    def _same_in_all_rows(self) -> None:
        """Site, time, actor and document: an empty cell means the same as in the first row."""
        first = self.rows[0]
        for name in ("site", "occurred_at", "actor", "document", "share_by"):
            wanted = first.written(name)
            for row in self.rows[1:]:
                found = row.written(name)
                if found and found != wanted:
                    row.note(
                        name, "differs", f"{wanted or 'nothing'}, as in line {first.line}", found
                    )

    def _take(self, row: RowReader) -> None:
        role = row.text("role")
        if role == "input":
            self._take_input(row)
        elif role == "output":
            self._take_output(row)
        elif role in self.lost:
            self._take_lost(row, role)
        elif role:
            row.note("role", "unknown-name", "input, output, emission or waste", repr(role))

    def _take_input(self, row: RowReader) -> None:
        lot = row.text("lot", need=True)
        if lot in self.inputs:
            row.note("lot", "duplicate", "each input lot once in a run", lot)
        self.inputs[lot] = row.mass("mass")
        self.places[f"inputs_kg.{lot}"] = row.place("lot")

    def _take_output(self, row: RowReader) -> None:
        mass = row.mass("mass", need=True)
        material = row.text("material", need=True)
        output = Output(
            row.text("lot", need=True), material, _ONE_KG if mass is None else mass, row.shares()
        )
        self.outputs.append(output)
        at = f"outputs.{len(self.outputs)}"
        self.places |= {f"{at}.{name}": place for name, place in row.places().items()}
        self.places |= {at: row.place("lot"), f"{at}.shares": row.where}

    def _take_lost(self, row: RowReader, role: str) -> None:
        mass, shares = row.mass("mass", need=True), row.shares()
        if mass is None:
            return
        if sum(shares.values()) > 1:
            row.note(
                "mass", "share", "contents that sum to at most 1 kg/kg", f"{sum(shares.values()):f}"
            )
            return
        amounts = {s: (mass * share).quantize(_MG) for s, share in shares.items()}
        amounts["other"] = amounts.get("other", Decimal(0)) + mass - sum(amounts.values())
        lost = self.lost[role]
        field = "emissions_kg" if role == "emission" else "waste_kg"
        for s, amount in amounts.items():
            lost[s] = lost.get(s, Decimal(0)) + amount
            self.places[f"{field}.{s}"] = row.place(f"shares.{s}")


READERS: Mapping[str, Callable[[Binding], Iterator[Entry]]] = MappingProxyType(
    {"tickets": _tickets, "assays": _assays, "stock": _stock, "runs": _runs}
)
"""The reader of each kind of file."""
