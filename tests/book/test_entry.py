"""What enters a book by a file: units, names and a laboratory's results, by the reported cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from import_case import held, now_us

from loopbook.book import Book, Receive, RegisterMaterial, RegisterParty, RegisterSite, verify
from loopbook.book.imports.importing import import_file
from loopbook.errors import Finding, InputError
from support.world import envelope

SUBSTANCES = ("Li", "Ni", "Co", "H2O", "other")
JANUARY = datetime(2026, 1, 1, 8, tzinfo=UTC)
CONSTANTS = {"actor": "amy", "site": "W", "owner": "A", "material": "foil"}
CONSTANTS |= {"occurred_at": "2026-03-01T08:00:00Z"}
LABORATORY = {"actor": "lab", "laboratory": "Lab X", "stage": "final", "basis": "as received"}
LABORATORY |= {"sample": "S-1", "occurred_at": "2026-03-04T08:00:00Z"}
STOCK = 'lot = "Lot"\nmass = { column = "kg", unit = "kg" }\n'
NICKEL = 'shares.Ni = { column = "Ni", unit = "%" }\n'


class Desk:
    """A book, and the folder in which its files are written."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book, self.folder = book, folder

    def receive(self, lot: str = "L-1", **values: object) -> None:
        """20,000 kg with 30 % nickel and 4 % cobalt."""
        fields = {"supplier": "A", "owner": "A", "site": "W", "material": "foil"}
        fields |= {"mass_kg": 20000, "shares": {"Ni": "0.3", "Co": "0.04"}, **values}
        when = datetime(2026, 3, 2, 8, tzinfo=UTC)
        self.book.post(Receive(lot=lot, **fields, **envelope(f"r {lot}", when)))

    def take_in(self, kind: str, rows: str, columns: str, **more: str) -> None:
        """Import the rows of a file; `more` are texts of further parts of the mapping."""
        file, mapping = self.folder / "file.csv", self.folder / "map.toml"
        file.write_text(rows, encoding="utf-8")
        constants = CONSTANTS if kind == "stock" else LABORATORY
        parts = [f"[columns]\n{columns}", "[constants]"]
        parts += [f'{name} = "{value}"' for name, value in constants.items()]
        parts += [f"[{name.replace('_', '.')}]\n{text}" for name, text in more.items()]
        mapping.write_text("\n".join(parts), encoding="utf-8")
        import_file(self.book, file, mapping, kind=kind)

    def refused(self, kind: str, rows: str, columns: str, **more: str) -> tuple[Finding, ...]:
        """Findings of a file that is not taken."""
        with pytest.raises(InputError) as caught:
            self.take_in(kind, rows, columns, **more)
        return caught.value.findings

    def held(self, lot: str = "L-1") -> dict[str, Decimal]:
        """Content of a lot, kg."""
        return held(self.book, lot)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A book of five substances with a party, two sites and a material; it verifies afterwards."""
    with Book(tmp_path / "b.sqlite", create=True, substances=SUBSTANCES, clock=now_us) as it:
        it.post(
            [
                RegisterParty(party="A", **envelope("p", JANUARY)),
                RegisterSite(site="W", **envelope("s", JANUARY)),
                RegisterSite(site="R", **envelope("s2", JANUARY)),
                RegisterMaterial(material="foil", **envelope("m", JANUARY)),
            ]
        )
        yield Desk(it, tmp_path)
        assert verify(it).clean


# -- units: cases 09 and 20


@pytest.mark.parametrize("unit", ["kton", "mton", "kilotons", "Kton", "ktons"])
def test_a_word_on_ton_is_refused_with_both_readings(desk: Desk, unit: str) -> None:
    columns = f'lot = "Lot"\nmass = {{ column = "kton", unit = "{unit}" }}\n{NICKEL}'
    (finding,) = desk.refused("stock", "Lot,kton,Ni\nL-1,0.02,30\n", columns)
    assert finding.code == "unit"
    assert "kt" in finding.hint or "Mt" in finding.hint


def test_the_advised_unit_is_the_mass_that_was_meant(desk: Desk) -> None:
    columns = f'lot = "Lot"\nmass = {{ column = "kton", unit = "kt" }}\n{NICKEL}'
    desk.take_in("stock", "Lot,kton,Ni\nL-1,0.02,30\n", columns)
    assert desk.held() == {"Ni": Decimal(6000), "other": Decimal(14000)}


@pytest.mark.parametrize("unit", ["mol/mol", "m3/m3", "degree", "h/d", "d/yr", "mol%", "USD/USD"])
def test_a_share_of_something_else_is_no_share_of_mass(desk: Desk, unit: str) -> None:
    columns = STOCK + 'shares.Ni = { column = "Ni", unit_column = "Unit" }\n'
    (finding,) = desk.refused("stock", f"Lot,kg,Ni,Unit\nL-1,20000,0.3,{unit}\n", columns)
    assert (finding.code, finding.where) == ("unit", "file.csv:2, Ni")
    assert finding.hint


@pytest.mark.parametrize(
    "cell", ["30,%", "30,wt%", "300000,ppm", "300,g/kg", "300000,g/t", "0.3,1"]
)
def test_every_share_of_mass_is_read(desk: Desk, cell: str) -> None:
    columns = STOCK + 'shares.Ni = { column = "Ni", unit_column = "Unit" }\n'
    desk.take_in("stock", f"Lot,kg,Ni,Unit\nL-1,20000,{cell}\n", columns)
    assert desk.held()["Ni"] == 6000
