"""Limits and uncertainties beside results that are given as an oxide or a salt are of it, too."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import import_desk
import pytest
from import_desk import Desk

from loopbook.book import Book, RegisterMaterial, RegisterParty, RegisterSite
from loopbook.errors import Finding
from support.advice import follows
from support.shelves import Shelf
from support.world import Envelopes

LI = Decimal("0.464544")  # kg of Li in a kg of Li2O
STOCK = import_desk.STOCK.replace("LGES", "A").replace("cathode foil", "foil")
LABORATORY = """\
[columns]
lot = "Lot"
shares.Li = {{ column = "Li2O", unit = "%", as = "Li2O" }}
{columns}

[constants]
actor = "lab"
occurred_at = "2026-03-02T08:00:00Z"
laboratory = "X"
sample = "S"
stage = "final"
basis = "as received"
below = "half"
{constants}
"""


@pytest.fixture
def desk(shelf: Shelf, tmp_path: Path) -> Iterator[Desk]:
    envelope = Envelopes()
    with shelf.new(substances=("Li", "Ni", "other"), clock=envelope.clock) as book:
        book.post(
            [RegisterParty(party="A", **envelope()), RegisterSite(site="Ulsan", **envelope())]
        )
        book.post(RegisterMaterial(material="foil", **envelope()))
        made = Desk(book, tmp_path)
        assert not made.try_file("stock", STOCK, "Lot,kg,Ni\nL-1,10000,4\n")
        yield made


def kg(book: Book, substance: str) -> Decimal:
    (content,) = [x for a, x in book.balances(lot="L-1").items() if a.kind == "lot"]
    return Decimal(content[book.substances.index(substance)]) / 10**6


def uncertainty(book: Book) -> Decimal:
    rows = book.store.rows("SELECT uncertainty FROM measurement WHERE quantity = 'Li'")
    return Decimal(str(rows[0][0]))


@pytest.mark.parametrize(
    ("columns", "constants", "rows"),
    [
        ("", 'limits.Li = "0.1 %"', "Lot,Li2O\nL-1,ND\n"),
        ("", "", "Lot,Li2O\nL-1,<0.1\n"),
        ('limits.Li = { column = "LOD", unit = "%" }', "", "Lot,Li2O,LOD\nL-1,ND,0.1\n"),
        (
            'limits.Li = { column = "LOD", unit = "ppm", as = "Li2O" }',
            "",
            "Lot,Li2O,LOD\nL-1,ND,1000\n",
        ),
    ],
)
def test_a_limit_is_of_the_oxide(desk: Desk, columns: str, constants: str, rows: str) -> None:
    mapping = LABORATORY.format(columns=columns, constants=constants)
    assert not desk.try_file("assays", mapping, rows)
    assert kg(desk.book, "Li") == pytest.approx(5 * LI, rel=Decimal("0.0001"))


def test_a_limit_that_names_the_element_is_of_it(desk: Desk) -> None:
    columns = 'limits.Li = { column = "LOD", unit = "%", as = "Li" }'
    mapping = LABORATORY.format(columns=columns, constants="")
    assert not desk.try_file("assays", mapping, "Lot,Li2O,LOD\nL-1,ND,0.1\n")
    assert kg(desk.book, "Li") == 5


@pytest.mark.parametrize(
    ("columns", "constants", "factor"),
    [
        ('uncertainty.Li = { column = "U", unit = "%" }', "", LI),
        ('uncertainty.Li = { column = "U", unit = "%", k = 2 }', "", LI / 2),
        ('uncertainty.Li = { column = "U", unit = "%", as = "Li" }', "", Decimal(1)),
        ("", 'uncertainty.Li = "0.2 %"', LI),
    ],
)
def test_an_uncertainty_is_of_the_oxide(
    desk: Desk, columns: str, constants: str, factor: Decimal
) -> None:
    mapping = LABORATORY.format(columns=columns, constants=constants)
    assert not desk.try_file("assays", mapping, "Lot,Li2O,U\nL-1,4,0.2\n")
    assert uncertainty(desk.book) == pytest.approx(factor * Decimal("0.002"), rel=Decimal("0.0001"))
    assert kg(desk.book, "Li") == pytest.approx(400 * LI, rel=Decimal("0.0001"))


RUNS = """\
[columns]
run = "Run"
role = "Role"
lot = "Lot"
mass = { column = "kg", unit = "kg" }
material = "Material"
shares.Ni = { column = "Ni", unit = "%" }

[constants]
actor = "amy"
site = "Ulsan"
occurred_at = "2026-03-05T08:00:00Z"
"""


@pytest.mark.parametrize("share", ["30.2", "0"])
def test_an_assay_of_an_input_is_not_dropped(desk: Desk, share: str) -> None:
    """The hint is followed: it is imported as an assay before the run, and counts."""
    rows = "Run,Role,Lot,kg,Material,Ni\nR,input,L-1,,,{}\nR,output,M-1,9990,foil,30\n"
    (finding,) = desk.try_file("runs", RUNS, rows.format(share))
    assert finding.where == "runs.csv:2, Ni"
    follows(
        finding,
        "import what was analysed as assays, dated before the run, and leave the cell of an input "
        "empty",
    )
    mapping = LABORATORY.format(columns="", constants="").replace("Li2O", "Ni")
    mapping = mapping.replace("shares.Li", "shares.Ni")
    assert not desk.try_file("assays", mapping, f"Lot,Ni\nL-1,{share}\n")
    assert kg(desk.book, "Ni") == 100 * Decimal(share)
    assert not desk.try_file("runs", RUNS, rows.format(""))
    assert desk.lots()["M-1"] == 9_990


# -- headers with hydrates

HYDRATES = [
    *("NiSO4*6H2O", "NiSO4 \u00b7 6H2O", "NiSO4\u20226H2O", "NiSO4 6H2O", "NiSO4 x 6 H2O"),
    *("NiSO4x6H2O", "NiSO4-6H2O", "NiSO4\u00b76 H2O", "NiSO4 hexahydrate", "NISO4*6H2O"),
    *("NiSO\u2084\u00b76H\u2082O", "NiSO4.6H2O", "niso4\u22c56h2o [%]", "NiSO4 Hexahydrat"),
    *("NiSO4\u00d76(H2O)", "NiSO4 (hexahydrate)"),
]
NOT_SURE = ["NiSO4 + 6H2O", "(NiSO4)\u00b76H2O", "NiSO4, 6H2O", "NiSO4 xH2O", "nickel hydrate"]


def named(desk: Desk, head: str, element: str, settings: str = "") -> list[Finding]:
    """Findings of a file with 4 % in a column of this header."""
    mapping = LABORATORY.format(columns="", constants="")
    place = f'shares.{element} = {{ column = "{head}", unit = "%"{settings} }}'
    mapping = "\n".join(
        place if line.startswith("shares.Li") else line for line in mapping.split("\n")
    )
    return desk.try_file("assays", mapping, f'Lot,"{head}"\nL-1,4\n')


@pytest.mark.parametrize("head", HYDRATES)
def test_a_header_of_a_hydrate_is_followed_to_the_right_kilograms(desk: Desk, head: str) -> None:
    (finding,) = named(desk, head, "Ni")
    written = finding.hint.split('"')[1]
    follows(finding, f'write as = "{written}" if the numbers are {written}, as = "Ni" if not')
    assert not named(desk, head, "Ni", f', as = "{written}"')
    assert kg(desk.book, "Ni") == pytest.approx(Decimal("89.32"), rel=Decimal("0.0005"))


@pytest.mark.parametrize(
    ("head", "element", "share"),
    [
        *(("LiOH*H2O", "Li", "0.16541"), ("LiOH monohydrate", "Li", "0.16541")),
        *(("Li\u2082O", "Li", "0.46454"), ("nio", "Ni", "0.78583"), ("lioh.h2o", "Li", "0.16541")),
    ],
)
def test_a_header_of_another_compound_is_followed(
    desk: Desk, head: str, element: str, share: str
) -> None:
    (finding,) = named(desk, head, element)
    assert not named(desk, head, element, f', as = "{finding.hint.split(chr(34))[1]}"')
    expected = 400 * Decimal(share)
    assert kg(desk.book, element) == pytest.approx(expected, rel=Decimal("0.0005"))


@pytest.mark.parametrize("head", NOT_SURE)
def test_a_header_with_water_that_cannot_be_read_names_no_formula(desk: Desk, head: str) -> None:
    """The advice is followed in both of its ways."""
    (finding,) = named(desk, head, "Ni")
    follows(
        finding, 'write as = "Ni" if the numbers are Ni, or as = and the formula of what they are'
    )
    assert not named(desk, head, "Ni", ', as = "NiSO4*6H2O"')
    assert kg(desk.book, "Ni") == pytest.approx(Decimal("89.32"), rel=Decimal("0.0005"))
