"""A desk on which files are tried: a book, mappings of two kinds, and what came of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

from loopbook.book import Book
from loopbook.book.imports.importing import import_file
from loopbook.errors import Finding, InputError

STOCK = """\
[columns]
lot = "Lot"
mass = { column = "kg", unit = "kg" }
shares.Ni = { column = "Ni", unit = "%" }

[constants]
actor = "amy"
site = "Ulsan"
owner = "LGES"
material = "cathode foil"
occurred_at = "2026-03-01T08:00:00Z"
"""
TICKETS = """\
[file]
time_zone = "America/New_York"
date_format = "%Y-%m-%d %H:%M"

[columns]
ticket = "Ticket"
lot = "Lot"
occurred_at = "Date"
gross = { column = "Gross", unit = "t" }
tare = { column = "Tare", unit = "t" }
shares.Ni = { column = "Ni", unit = "%" }

[constants]
actor = "gate"
site = "Ulsan"
owner = "LGES"
supplier = "LGES"
material = "cathode foil"
"""


class Desk:
    """A book, and files that are tried on it: findings, or nothing and then the book has them."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book, self.folder = book, folder

    def try_file(self, kind: str, mapping: str, file: str | bytes | Workbook) -> list[Finding]:
        at = self.folder / (f"{kind}.xlsx" if isinstance(file, Workbook) else f"{kind}.csv")
        if isinstance(file, Workbook):
            file.save(at)
        else:
            at.write_bytes(file.encode() if isinstance(file, str) else file)
        plan = self.folder / f"{kind}.toml"
        plan.write_text(mapping, encoding="utf-8")
        try:
            import_file(self.book, at, plan, kind=kind)
        except InputError as error:
            return list(error.findings)
        return []

    def lots(self) -> dict[str, Decimal]:
        """Kilograms of each lot of Ulsan."""
        lots = self.book.balances(site="Ulsan").items()
        return {at.lot: Decimal(sum(content)) / 10**6 for at, content in lots if at.kind == "lot"}


def stock_sheet(*rows: tuple[object, ...], forms: dict[str, str] | None = None) -> Workbook:
    made = Workbook()
    for row in (("Lot", "kg", "Ni"), *rows):
        made.active.append(row)
    for place, form in (forms or {}).items():
        made.active[place].number_format = form
    return made


def microseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


def stock_of(*rows: str) -> str:
    return "Lot,kg,Ni\n" + "".join(f"{row}\n" for row in rows)
