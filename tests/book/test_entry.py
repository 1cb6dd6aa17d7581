"""What enters a book by a file: units, names and a laboratory's results, by the reported cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import import_desk
import pytest
from import_case import held, now_us

from loopbook.book import Book, Receive, RegisterMaterial, RegisterParty, RegisterSite, verify
from loopbook.errors import Finding, InputError
from support.advice import follows
from support.world import envelope

SUBSTANCES = ("Li", "Ni", "Co", "H2O", "other")
JANUARY = datetime(2026, 1, 1, 8, tzinfo=UTC)
CONSTANTS = {"actor": "amy", "site": "W", "owner": "A", "material": "foil"}
CONSTANTS |= {"occurred_at": "2026-03-01T08:00:00Z"}
LABORATORY = {"actor": "lab", "laboratory": "Lab X", "stage": "final", "basis": "as received"}
LABORATORY |= {"sample": "S-1", "occurred_at": "2026-03-04T08:00:00Z"}
STOCK = 'lot = "Lot"\nmass = { column = "kg", unit = "kg" }\n'
NICKEL = 'shares.Ni = { column = "Ni", unit = "%" }\n'


class Desk(import_desk.Desk):
    """A desk with a lot, and short mappings for its files."""

    def receive(self, lot: str = "L-1", **values: object) -> None:
        """20,000 kg with 30 % nickel and 4 % cobalt."""
        fields = {"supplier": "A", "owner": "A", "site": "W", "material": "foil"}
        fields |= {"mass_kg": 20000, "shares": {"Ni": "0.3", "Co": "0.04"}, **values}
        when = datetime(2026, 3, 2, 8, tzinfo=UTC)
        self.book.post(Receive(lot=lot, **fields, **envelope(f"r {lot}", when)))

    def take_in(self, kind: str, rows: str, columns: str, **more: str) -> None:
        """Import the rows of a file; `more` are texts of further parts of the mapping."""
        assert self.refused(kind, rows, columns, **more) == []

    def refused(self, kind: str, rows: str, columns: str, **more: str) -> list[Finding]:
        """Findings of a file, which is not taken if there are some."""
        constants = CONSTANTS if kind == "stock" else LABORATORY
        parts = [f"[columns]\n{columns}", "[constants]"]
        parts += [f'{name} = "{value}"' for name, value in constants.items()]
        parts += [f"[{name.replace('_', '.')}]\n{text}" for name, text in more.items()]
        return self.try_file(kind, "\n".join(parts), rows)

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
    assert (finding.code, finding.where) == ("unit", "stock.csv:2, Ni")
    assert finding.hint


@pytest.mark.parametrize(
    "cell", ["30,%", "30,wt%", "300000,ppm", "300,g/kg", "300000,g/t", "0.3,1"]
)
def test_every_share_of_mass_is_read(desk: Desk, cell: str) -> None:
    columns = STOCK + 'shares.Ni = { column = "Ni", unit_column = "Unit" }\n'
    desk.take_in("stock", f"Lot,kg,Ni,Unit\nL-1,20000,{cell}\n", columns)
    assert desk.held()["Ni"] == 6000


# -- names: case 08, control characters

TWINS = [
    ("L-1", "L\u20111"),
    ("L-1", "L\u22121"),
    ("B\u00e9-1", "Be\u0301-1"),
    ("\ub85c\ud2b81", "\u1105\u1169\u1110\u11731"),
    ("A-1", "\u0410-1"),
    ("Lot 1", "Lot\u00a01"),
    ("Lot 1", "Lot  1"),
    ("L1", "\uff2c1"),
]


@pytest.mark.parametrize(("one", "other"), [*TWINS, *(pair[::-1] for pair in TWINS)])
def test_a_lot_that_looks_like_another_is_a_finding_with_code_points(
    desk: Desk, one: str, other: str
) -> None:
    columns = STOCK + NICKEL
    rows = f"Lot,kg,Ni\n{one},20000,30\n{other},10000,30\n"
    (finding,) = desk.refused("stock", rows, columns)
    assert (finding.code, finding.where) == ("alike", "stock.csv:3, Lot")
    assert ascii(one) in str(finding)
    assert ascii(other) in str(finding)
    assert "U+" in str(finding) or "characters" in str(finding)
    desk.receive(one)
    (finding,) = desk.refused("stock", f"Lot,kg,Ni\n{other},10000,30\n", columns)
    assert finding.code == "alike"


@pytest.mark.parametrize("lot", ["L\u20111", "\ub85c\ud2b81", "Be\u0301-1", "Los  1"])
def test_a_name_alone_is_kept_as_it_is_written(desk: Desk, lot: str) -> None:
    desk.take_in("stock", f"Lot,kg,Ni\n{lot},20000,30\n", STOCK + NICKEL)
    assert desk.held(lot)["Ni"] == 6000


def test_a_mapping_line_as_advised_makes_two_names_one(desk: Desk) -> None:
    desk.receive()
    columns = 'lot = "Lot"\nshares.Ni = { column = "Ni", unit = "%" }\n'
    rows = "Lot,Ni\nL\u20111,31\n"
    (finding,) = desk.refused("assays", rows, columns)
    assert finding.code == "alike"
    line = finding.hint.partition("write ")[2].partition(" under [words.lot]")[0]
    assert line == r'"L\u20111" = "L-1"'
    desk.take_in("assays", rows, columns, words_lot=line)
    assert desk.held()["Ni"] == 6200


HIDDEN = [chr(n) for n in (27, 10, 13, 0x202E, 0x9B, 0x2066, 8, 0x200B, 0xAD, 0xFEFF, 0x2028, 127)]
HIDDEN += ["\u3164", "\ufe0f"]


@pytest.mark.parametrize("sign", HIDDEN)
@pytest.mark.parametrize("field", ["lot", "actor", "document", "key", "serial party", "site"])
def test_signs_that_nobody_sees_enter_in_no_name(desk: Desk, sign: str, field: str) -> None:
    name = f"a{sign}b"
    when = envelope("x", datetime(2026, 3, 3, 8, tzinfo=UTC))
    lot = {"lot": "L-9", "material": "foil", "supplier": "A", "owner": "A", "site": "W"}
    lot |= {"mass_kg": 1, "shares": {}}
    command = {
        "serial party": lambda: RegisterParty(party=name, **when),
        "site": lambda: RegisterSite(site="X", name=name, **when),
    }.get(field, lambda: Receive(**{**lot, **when, field: name}))
    with pytest.raises(InputError) as caught:
        desk.book.post(command())
    (finding,) = caught.value.findings
    assert f"U+{ord(sign):04X}" in str(finding)
    assert str(finding).isprintable()


def test_parties_sites_and_materials_that_look_alike_are_findings(desk: Desk) -> None:
    when = envelope("x", datetime(2026, 3, 3, 8, tzinfo=UTC))
    for command in (
        RegisterParty(party="\u0410", **when),
        RegisterSite(site="\uff37", **when),
        RegisterMaterial(material="f\u043eil", **when),
    ):
        with pytest.raises(InputError) as caught:
            desk.book.post(command)
        assert [finding.code for finding in caught.value.findings] == ["alike"]
    with pytest.raises(InputError) as caught:
        desk.receive(owner="\u0410")
    assert [finding.code for finding in caught.value.findings] == ["alike"]


# -- slashes in lot numbers: case 16

SLASHES = "Lot,kg,Ni\nP3/D/BM-001,20000,30\n2026/03/0042,10000,30\n"


def test_a_slash_is_refused_with_the_setting_that_takes_it_in(desk: Desk) -> None:
    findings = desk.refused("stock", SLASHES, STOCK + NICKEL)
    assert [finding.where for finding in findings] == ["stock.csv:2, Lot", "stock.csv:3, Lot"]
    assert "'P3-D-BM-001'" in findings[0].hint
    setting = 'slash = "-"'
    assert setting in findings[0].hint
    columns = STOCK.replace('"Lot"', f'{{ column = "Lot", {setting} }}') + NICKEL
    desk.take_in("stock", SLASHES, columns)
    assert desk.held("P3-D-BM-001")["Ni"] == 6000
    assert desk.held("2026-03-0042")["Ni"] == 3000


def test_two_numbers_that_a_slash_setting_makes_one_are_a_finding(desk: Desk) -> None:
    columns = STOCK.replace('"Lot"', '{ column = "Lot", slash = "-" }') + NICKEL
    rows = "Lot,kg,Ni\nA/1,20000,30\nA-1,10000,30\n"
    (finding,) = desk.refused("stock", rows, columns)
    assert finding.where.startswith("stock.csv:3")


def test_a_text_with_half_a_sign_in_a_name_to_look_up_is_a_finding(desk: Desk) -> None:
    with pytest.raises(InputError):
        desk.receive("L-\ud83d")
    with pytest.raises(InputError):
        desk.receive(site="W\ud83d")


# -- sums above one, oxides and limits: cases 17, 19 and 04

REST = """lot = "Lot"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "%" }
shares.other = { column = "Rest", unit = "%" }
uncertainty.Ni = { column = "U Ni", unit = "%" }
uncertainty.other = { column = "U Rest", unit = "%" }
"""
HEAD = "Lot,Ni,U Ni,Co,Rest,U Rest\n"


def test_a_sum_above_one_within_its_uncertainty_is_taken(desk: Desk) -> None:
    desk.receive()
    desk.take_in("assays", HEAD + "L-1,30.2,0.3,4.1,66.1,1.0\n", REST)
    assert desk.held() == {"Ni": 6040, "Co": 820, "other": 13140}


def test_without_a_rest_all_shares_give_way(desk: Desk) -> None:
    desk.receive()
    desk.take_in("assays", HEAD + "L-1,60.6,0.6,40.4,,\n", REST)
    assert {name: round(kg, 3) for name, kg in desk.held().items()} == {"Ni": 12000, "Co": 8000}


@pytest.mark.parametrize("row", ["30.2,0.3,4.1,68,1.0", "30.2,,4.1,66.1,", "30.2,0.1,4.1,66.1,0.1"])
def test_a_sum_too_far_above_one_is_refused_and_the_hint_helps(desk: Desk, row: str) -> None:
    desk.receive()
    (finding,) = desk.refused("assays", f"{HEAD}L-1,{row}\n", REST)
    assert (finding.code, finding.hint) == ("share", "leave out other, the rest")
    columns = "\n".join(line for line in REST.splitlines() if "other" not in line)
    desk.take_in("assays", f"{HEAD}L-1,{row}\n", columns)
    assert desk.held() == {"Ni": 6040, "Co": 820, "other": 13140}


@pytest.mark.parametrize(
    ("element", "head", "written", "kg"),
    [
        ("Li", "Li2O", "Li2O", "464.5"),
        ("Li", "Li2O (%)", "Li2O", "464.5"),
        ("Li", "LCE", "LCE", "187.9"),
        ("Ni", "NiSO4", "NiSO4", "379.3"),
        ("Co", "Co3O4 wt%", "Co3O4", "734.2"),
        ("Li", "Li2O", "Li", "1000.0"),
        ("Li", "Li\u2082O", "Li2O", "464.5"),
        ("Li", "LI2O", "Li2O", "464.5"),
        ("Li", "Li (Li2O)", "Li2O", "464.5"),
        ("Ni", "Ni(oh)2", "Ni(OH)2", "633.1"),
        ("Co", "co3o4", "Co3O4", "734.2"),
    ],
)
def test_a_column_of_a_compound_is_converted_where_the_mapping_says_so(
    desk: Desk, element: str, head: str, written: str, kg: str
) -> None:
    desk.receive(shares={"Ni": "0.04", "Co": "0.04"})
    columns = f'lot = "Lot"\nshares.{element} = {{ column = "{head}", unit = "%" }}\n'
    rows = f"Lot,{head}\nL-1,5.0\n"
    (finding,) = desk.refused("assays", rows, columns)
    assert finding.code == "compound"
    setting = f'as = "{written}"'
    assert setting in finding.hint
    desk.take_in("assays", rows, columns.replace('unit = "%"', f'unit = "%", {setting}'))
    assert str(round(desk.held()[element], 1)) == kg


@pytest.mark.parametrize(
    ("head", "written", "kg"),
    [
        ("Lithium oxide", "Li2O", "464.5"),
        ("Li-Carbonate %", "Li2CO3", "187.9"),
        ("\uc0b0\ud654\ub9ac\ud2ac", "Li2O", "464.5"),
        ("\u78b3\u9178\u9502", "Li2CO3", "187.9"),
        ("Lithiumoxid", "Li", "1000.0"),
    ],
)
def test_a_compound_in_words_is_converted_by_the_formula_that_the_mapping_says(
    desk: Desk, head: str, written: str, kg: str
) -> None:
    desk.receive()
    columns = f'lot = "Lot"\nshares.Li = {{ column = "{head}", unit = "%" }}\n'
    rows = f"Lot,{head}\nL-1,5.0\n"
    (finding,) = desk.refused("assays", rows, columns)
    follows(finding, 'write as = "Li" if the numbers are Li, or as = and the formula of what they')
    desk.take_in("assays", rows, columns.replace('"%"', f'"%", as = "{written}"'))
    assert str(round(desk.held()["Li"], 1)) == kg


OTHERS = [
    "Co",
    "Ni (wt%)",
    "K2O",
    "Mn ppm (ICP)",
    "Cobalt (Co)",
    "Cobalt",
    "Result [Ni]",
    "kupfer %",
]


@pytest.mark.parametrize("head", OTHERS)
def test_the_column_of_another_element_is_found_and_may_be_named(desk: Desk, head: str) -> None:
    desk.receive()
    columns = f'lot = "Lot"\nshares.Li = {{ column = "{head}", unit = "%" }}\n'
    (finding,) = desk.refused("assays", f"Lot,{head}\nL-1,5.0\n", columns)
    follows(finding, 'write as = "Li" if the numbers are Li')
    columns = columns.replace('"%"', '"%", as = "Li"')
    desk.take_in("assays", f"Lot,{head}\nL-1,5.0\n", columns)
    assert desk.held()["Li"] == 1000


HEADS = [
    ("Li (ppm)", "%", "ppm", "50000"),
    ("Li [%]", "ppm", "%", "5"),
    ("Li_ppm", "%", "ppm", "50000"),
    ("Li wt%", "kg/kg", "%", "5"),
]


@pytest.mark.parametrize(("head", "unit", "right", "number"), HEADS)
def test_a_unit_in_the_header_and_another_in_the_mapping(
    desk: Desk, head: str, unit: str, right: str, number: str
) -> None:
    desk.receive()
    columns = f'lot = "Lot"\nshares.Li = {{ column = "{head}", unit = "{unit}" }}\n'
    rows = f"Lot,{head}\nL-1,{number}\n"
    finding = next(x for x in desk.refused("assays", rows, columns) if x.code == "unit")
    hint = f'write unit = "{right}" if the numbers are in {right}, header_unit = "{right}" beside'
    follows(finding, hint)
    wrong = columns.replace(f'unit = "{unit}"', f'unit = "{unit}", header_unit = "{right}"')
    desk.receive("L-2")
    taken = desk.refused("assays", rows.replace("L-1", "L-2"), wrong)
    assert "unit" not in [x.code for x in taken]
    desk.take_in("assays", rows, columns.replace(f'unit = "{unit}"', f'unit = "{right}"'))
    assert desk.held()["Li"] == 1000


@pytest.mark.parametrize(
    "head",
    [
        "Li",
        "Result",
        "Gehalt",
        "A",
        "U(Li)",
        "Lithium",
        "As received (%)",
        "Lithium (Li) %",
        "Li, wt% (ICP-OES)",
    ],
)
def test_a_column_of_an_element_needs_no_word(desk: Desk, head: str) -> None:
    desk.receive()
    columns = f'lot = "Lot"\nshares.Li = {{ column = "{head}", unit = "%" }}\n'
    desk.take_in("assays", f'Lot,"{head}"\nL-1,5.0\n', columns)
    assert desk.held()["Li"] == 1000
