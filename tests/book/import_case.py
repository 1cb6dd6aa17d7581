"""A book and right files of each kind, for the tests of imports, exports and commands."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from loopbook.book import (
    Book,
    ClosePeriod,
    Command,
    Hold,
    OpenPeriod,
    Receive,
    RegisterMaterial,
    RegisterParty,
    RegisterSite,
    Weigh,
)
from loopbook.book.imports.importing import import_file
from loopbook.errors import Finding, InputError
from support.world import envelope

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
SUBSTANCES = ("Li", "Ni", "Co", "H2O", "other")

MAPS = {
    "tickets": """\
[file]
time_zone = "America/New_York"
date_format = "%m/%d/%Y %H:%M"

[columns]
ticket = "Ticket"
lot = "Lot"
occurred_at = "Date"
gross = { column = "Gross", unit = "t" }
tare = { column = "Tare", unit_column = "Unit" }
net = { column = "Net", unit = "t" }
material = "Material"
supplier = "From"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "%" }

[constants]
actor = "gate"
owner = "LGES"
site = "GMBI"
scale = "A"
uncertainty = "20 kg"

[words.material]
"NMC foil" = "cathode foil"
""",
    "assays": """\
[columns]
lot = "Lot"
occurred_at = "Date"
stage = "Stage"
basis = "Basis"
moisture = { column = "H2O", unit = "%" }
laboratory = "Lab"
sample = "Sample"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "mg/kg" }
uncertainty.Ni = { column = "U(Ni)", unit = "%", k = 2 }

[constants]
actor = "lab desk"
""",
    "stock": """\
[file]
delimiter = ";"
decimal = ","
thousands = "."
encoding = "cp1252"

[columns]
lot = "Los"
material = "Stoff"
owner = "Eigentümer"
mass = { column = "Menge", unit = "kg" }
shares.Ni = { column = "Ni", unit = "%" }

[constants]
actor = "stock-take"
site = "GMBI"
occurred_at = 2026-03-01T00:00:00-05:00
""",
    "runs": """\
[columns]
run = "Run"
role = "Role"
lot = "Lot"
material = "Material"
mass = { column = "Mass", unit = "kg" }
site = "Site"
occurred_at = "Date"
shares.Ni = { column = "Ni", unit = "1" }
shares.Co = { column = "Co", unit = "1" }

[constants]
actor = "shift 1"

[words.role]
in = "input"
out = "output"
""",
}

ACCEPT = {"runs": {"unaccounted": "the dryer was not weighed"}}
"""Warnings of the right files, by kind: a quarter of the first run is unaccounted."""

FILES = {
    "tickets": """\
Ticket,Lot,Date,Gross,Tare,Unit,Net,Material,From,Ni,Co
T-10,L-10,03/02/2026 08:15,30.1,10,t,20.1,cathode foil,LGES,31.5,4
T-11,L-1,03/02/2026 09:15,20.05,10000,kg,10.05,,,,
T-12,L-12,03/03/2026 08:00,25,10,t,,NMC foil,TTC,,
T-13,L-12,03/03/2026 18:00,24.9,10,t,14.9,,,,
""",
    "assays": """\
Lot,Date,Stage,Basis,H2O,Lab,Sample,Ni,Co,U(Ni)
L-1,2026-03-05T10:00:00-05:00,provisional,dry,1.5,SGS,S-1,32.0,41000,0.4
L-2,2026-03-05T10:00:00-05:00,final,as received,,SGS,S-2,31.0,40000,0.4
L-1,2026-03-05T16:00:00-05:00,final,dry,1.4,SGS,S-1,31.8,,0.2
""",
    "stock": """\
Los;Stoff;Eigentümer;Menge;Ni
B-1;black mass;LGES;12.500,5;28,4
B-2;black mass;TTC;800;
""",
    "runs": """\
Run,Role,Lot,Material,Mass,Site,Date,Ni,Co
R-1,in,L-1,,,GMBI,2026-03-06T06:00:00Z,,
R-1,in,L-2,,2000,,,,
R-1,out,M-1,black mass,9000,,,0.33,0.04
R-1,emission,,,100,,,,
R-1,waste,,,50,,,0.1,
R-2,in,L-2,,1000,GMBI,2026-03-07T06:00:00Z,,
R-2,out,M-2,black mass,990,GMBI,2026-03-07T06:00:00Z,0.33,0.04
""",
}


def said(key: str, day: int = 2, month: int = 2) -> dict[str, Any]:
    return envelope(key, datetime(2026, month, day, 8, tzinfo=UTC))


def now_us() -> int:
    return int(NOW.timestamp()) * 1_000_000


def open_book(path: Path) -> Book:
    return Book(path, clock=now_us)


def first_commands() -> list[Command]:
    """Two parties, two sites, three materials, lots L-1 to L-3, a ticket, a closed January."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    lot = {"material": "cathode foil", "supplier": "LGES", "owner": "LGES", "site": "GMBI"}
    shares = {"Ni": "0.3", "Co": "0.04"}
    return [
        RegisterParty(party="LGES", **said("p1", 2, 1)),
        RegisterParty(party="TTC", **said("p2", 2, 1)),
        RegisterSite(site="GMBI", limits_kg={"black mass": 30000}, **said("s1", 2, 1)),
        RegisterSite(site="Ulsan", **said("s2", 2, 1)),
        RegisterMaterial(material="cathode foil", **said("m1", 2, 1)),
        RegisterMaterial(material="black mass", hazard="black mass", **said("m2", 2, 1)),
        OpenPeriod(period="2026-01", start=start, end=end, **said("o", 2, 1)),
        ClosePeriod(period="2026-01", **said("c")),
        Receive(lot="L-1", mass_kg=10000, shares=shares, **lot, **said("r1")),
        Receive(lot="L-2", mass_kg=5000, shares=shares, **lot, **said("r2")),
        Receive(lot="L-3", mass_kg=1000, shares=shares, **lot, **said("r3")),
        Hold(lot="L-3", reason="wet", **said("h3")),
        Weigh(lot="L-2", ticket="T-1", gross_kg=15000, tare_kg=10000, scale="A", **said("w2")),
    ]


def make_book(path: Path) -> None:
    """A book in a file, with the first commands posted."""
    with Book(path, create=True, substances=SUBSTANCES, clock=now_us) as book:
        book.post(first_commands())


def write_files(folder: Path, kind: str, data: bytes | None = None) -> tuple[Path, Path]:
    """A file of a kind and its mapping; the right ones unless `data` is given."""
    encoding = "cp1252" if kind == "stock" else "utf-8"
    file, mapping = folder / f"{kind}.csv", folder / f"{kind}.toml"
    file.write_bytes(FILES[kind].encode(encoding) if data is None else data)
    mapping.write_text(MAPS[kind], encoding="utf-8")
    return file, mapping


def edited(kind: str, cells: dict[tuple[int, str], str]) -> bytes:
    """The right file with other text in some cells, by line and column."""
    delimiter = ";" if kind == "stock" else ","
    rows = list(csv.reader(io.StringIO(FILES[kind]), delimiter=delimiter))
    for (line, column), value in cells.items():
        rows[line - 1][rows[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("cp1252" if kind == "stock" else "utf-8")


def workbook(path: Path, cells: dict[str, object], forms: dict[str, str] | None = None) -> Path:
    """The right tickets as a workbook, with other values and number formats in some cells."""
    made = Workbook()
    sheet = made.active
    header, *rows = [line.split(",") for line in FILES["tickets"].splitlines()]
    sheet.append(header)
    for row in rows:
        when = datetime.strptime(row[2], "%m/%d/%Y %H:%M")
        numbers = [float(x) if x else None for x in (*row[3:5], row[6], *row[9:])]
        sheet.append(
            [row[0], row[1], when, *numbers[:2], row[5], numbers[2], *row[7:9], *numbers[3:]]
        )
    for place, value in cells.items():
        sheet[place] = value
    for place, form in (forms or {}).items():
        sheet[place].number_format = form
    made.save(path)
    return path


def findings_of(book: Path, file: Path, mapping: Path, kind: str) -> tuple[Finding, ...]:
    with open_book(book) as opened, pytest.raises(InputError) as caught:
        import_file(opened, file, mapping, kind=kind)
    return caught.value.findings


def is_seen(found: tuple[Finding, ...], code: str, where: str, text: str) -> bool:
    return any(
        f.code == code and f.where == where and text in f"{f}; {f.expected}; {f.found}"
        for f in found
    )


def held(book: Book, lot: str) -> dict[str, Decimal]:
    ((_, content),) = book.balances(lot=lot).items()
    return {s: Decimal(x) / 10**6 for s, x in zip(book.substances, content, strict=True) if x}
