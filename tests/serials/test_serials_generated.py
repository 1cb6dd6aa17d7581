"""Serials of generated books, against where each cell truly went.

A plant splits, blends, samples, delivers, disposes and reverses; some cuts name their serials,
others do not. The model knows the lot of every cell. Every answer must contain it; what is sure
must be there; and where all is named the answer is exact.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from loopbook import book as b
from loopbook.serials import SerialRegister, Whereabouts, add_ranges, spanning

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
CELL_KG = 1


def named(serials: list[str]) -> list[str]:
    """Texts of a command for serials: runs of numbers as a first and a last one."""
    texts: list[str] = []
    runs: list[list[str]] = []
    for serial in sorted(serials):
        if runs and serial[0] == runs[-1][-1][0] and int(serial[1:]) == int(runs[-1][-1][1:]) + 1:
            runs[-1].append(serial)
        else:
            runs.append([serial])
    texts += [run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs]
    return texts


class Cells:
    """A book, and the cells of each lot as they truly are."""

    def __init__(self, folder: Path, seed: int, *, names: float) -> None:
        self.random, self.names = random.Random(seed), names
        self.book = b.Book(folder / "book.sqlite", create=True, substances=["Ni", "other"])
        self.folder, self.count = folder / "register", 0
        self.lots: dict[str, list[str]] = {}
        self.gone: set[str] = set()  # lots that were delivered
        self.post(b.RegisterParty, party="A")
        self.post(b.RegisterSite, site="W")
        self.post(b.RegisterMaterial, material="cells")
        for letter in "PQR":
            self.lots[letter] = [f"{letter}{k:03d}" for k in range(1, 41)]
            place = {"supplier": "A", "owner": "A", "site": "W", "material": "cells"}
            shares = {"Ni": "0.2"}
            self.post(b.Receive, lot=letter, mass_kg=40 * CELL_KG, shares=shares, **place)
        for letter in "PQR":
            one = spanning(letter, f"{letter}001", f"{letter}040")
            add_ranges(self.folder, [one], lots="PQR", month="2026-03")

    def post(self, kind: type[b.Command], **fields: object) -> str:
        self.count += 1
        moment = START + timedelta(hours=self.count)
        key = f"k{self.count}"
        self.book.post(kind(key=key, actor="amy", occurred_at=moment, **fields))
        return key

    def picked(self, lot: str) -> list[str]:
        cells = self.lots[lot]
        return self.random.sample(cells, self.random.randint(1, len(cells)))

    def names_serials(self) -> bool:
        return self.random.random() < self.names

    def take(self, lot: str, cells: list[str]) -> None:
        self.lots[lot] = [cell for cell in self.lots[lot] if cell not in cells]

    def step(self) -> None:
        """One event at random; a fifth of them is reversed at once."""
        there = [
            lot for lot, cells in self.lots.items() if cells and lot not in {*self.gone, "waste"}
        ]
        if not there:
            return
        before = {lot: [*cells] for lot, cells in self.lots.items()}, {*self.gone}
        lot, new = self.random.choice(there), f"L{self.count}"
        cells = self.picked(lot)
        texts = named(cells) if self.names_serials() else None
        way = self.random.choice(["split", "split", "blend", "blend", "sample", "deliver", "waste"])
        mass_kg = len(cells) * CELL_KG
        if way == "split":
            serials = None if texts is None else {new: texts}
            key = self.post(b.Split, lot=lot, parts_kg={new: mass_kg}, serials=serials)
        elif way == "sample":
            key = self.post(b.Sample, lot=lot, sample=new, mass_kg=mass_kg, serials=texts)
        elif way == "blend":
            key, cells = self.blend(there, new)
        elif way == "deliver":
            texts = named(self.lots[lot]) if texts else None
            key = self.post(b.Deliver, lot=lot, site="W", customer="A", serials=texts)
            self.gone.add(lot)
            new, cells = lot, []
        else:
            key = self.post(b.Dispose, lot=lot, site="W", mass_kg=mass_kg, serials=texts)
            new = "waste"
        if way not in ("blend", "deliver"):
            self.take(lot, cells)
        self.lots.setdefault(new, []).extend(cells)
        if self.random.random() < 0.2:
            self.post(b.Reverse, event=key, reason="another lot was meant")
            self.lots, self.gone = before
            self.lots.setdefault(new, [])

    def blend(self, there: list[str], new: str) -> tuple[str, list[str]]:
        inputs = self.random.sample(there, min(len(there), self.random.randint(1, 3)))
        parts = {lot: self.picked(lot) for lot in inputs}
        serials = {lot: named(some) for lot, some in parts.items() if self.names_serials()}
        key = self.post(
            b.Blend,
            inputs_kg={lot: len(some) * CELL_KG for lot, some in parts.items()},
            site="W",
            lot=new,
            material="cells",
            serials=serials or None,
        )
        for lot, some in parts.items():
            self.take(lot, some)
        return key, [cell for some in parts.values() for cell in some]

    def check(self) -> None:
        """All answers against the truth."""
        places = Whereabouts(SerialRegister(self.folder), self.book)
        truth = {lot: set(cells) for lot, cells in self.lots.items() if lot != "waste"}
        for lot, x in places.of_lots(truth).items():
            sure, possible = (
                set(self.serials(places, x.sure)),
                set(self.serials(places, x.possible)),
            )
            assert sure <= truth[lot] <= sure | possible, lot
            assert (x.least, x.most) == (len(sure), len(sure | possible)), lot
            if self.names == 1:
                assert x.least == x.most == len(truth[lot]), lot
        for lot, cells in self.lots.items():
            for cell in sorted(cells)[:3]:
                assert (lot if lot != "waste" else "waste at W") in places.lots_of(cell), cell

    @staticmethod
    def serials(places: Whereabouts, owners: object) -> Iterator[str]:
        for source in places.sources(owners):
            for array in source.arrays():
                yield from array.to_pylist()


@pytest.mark.parametrize("names", [0, 0.5, 1])
@pytest.mark.parametrize("seed", [0, 3])
def test_generated_books(tmp_path: Path, seed: int, names: float) -> None:
    cells = Cells(tmp_path, seed, names=names)
    for k in range(14):
        cells.step()
        if k % 3 == 1:
            cells.check()
    cells.check()
    assert b.verify(cells.book).clean
    cells.book.close()
