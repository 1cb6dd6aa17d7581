"""Assays on dry matter: the measurement says so, and its moisture is one of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from import_case import MAPS, edited, make_book, open_book, write_files
from planning_world import MADE, SUBSTANCES, T, e, kg, world

from loopbook import book as b
from loopbook.book.event_bytes import event_bytes
from loopbook.book.imports.importing import import_file
from support.advice import follows

Told = tuple[str, str, str, str]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[b.Book]:
    with world(tmp_path / "b.sqlite") as it:
        yield it


def assay(**changed: Any) -> b.Assay:
    right = {"lot": "S", "stage": "final", "basis": "dry", "laboratory": "P", "moisture": "0.2"}
    said = {
        "shares": {"Ni": "0.3"},
        "uncertainty": {"Ni": "0.003"},
        "moisture_uncertainty": "0.006",
    }
    return b.Assay(**(right | said | e() | changed))


def measured(book: b.Book) -> list[Told]:
    found = book.event("it").measurements
    return [(m.quantity, m.value, m.uncertainty, m.basis) for m in found]


# command, what its measurements say
SAID: dict[str, tuple[b.Assay, list[Told]]] = {
    "dry": (assay(), [("Ni", "0.3", "0.003", "dry"), ("H2O", "0.2", "0.006", "")]),
    "dry, the moisture without uncertainty": (
        assay(moisture_uncertainty=None),
        [("Ni", "0.3", "0.003", "dry"), ("H2O", "0.2", "", "")],
    ),
    "as received, with its moisture": (
        assay(basis="as received"),
        [("Ni", "0.3", "0.003", ""), ("H2O", "0.2", "0.006", "")],
    ),
    "as received": (
        assay(basis="as received", moisture=None, moisture_uncertainty=None),
        [("Ni", "0.3", "0.003", "")],
    ),
}


@pytest.mark.parametrize("case", SAID.values(), ids=SAID.keys())
def test_measurements_say_their_basis(book: b.Book, case: tuple[b.Assay, list[Told]]) -> None:
    command, said = case
    book.post(command)
    assert measured(book) == said


def test_weights_have_none_and_keep_their_bytes(book: b.Book) -> None:
    book.post(b.Weigh(lot="S", ticket="T", gross_kg=kg(1100), tare_kg=kg(100), **e("w")))
    book.post(assay())
    assert {m.basis for m in book.event("w").measurements} == {""}
    assert b'["S","mass","1000","0","weighbridge","","T","",""]' in event_bytes(
        book.event("w"), SUBSTANCES
    )
    dry = event_bytes(book.event("it"), SUBSTANCES)
    assert b'["S","Ni","0.3","0.003","","P","","laboratory P","final","dry"]' in dry


def test_the_bytes_cover_the_basis(book: b.Book) -> None:
    book.post(assay())
    event = book.event("it")
    wet = [m._replace(basis="") for m in event.measurements]
    assert event_bytes(replace(event, measurements=wet), SUBSTANCES) != event_bytes(
        event, SUBSTANCES
    )


# command, relative uncertainty of nickel and of water by hand, None where not covered
BY_HAND: dict[str, tuple[b.Assay, float | None, float | None]] = {
    # 0.003/0.3 and 0.006/(1 - 0.2); water 0.006/0.2
    "dry": (assay(), math.hypot(0.01, 0.0075), 0.03),
    "dry, the moisture without uncertainty": (assay(moisture_uncertainty=None), None, None),
    "dry, the share without uncertainty": (assay(uncertainty={}), None, 0.03),
    "dry, and as dry as can be": (
        assay(moisture=0, moisture_uncertainty="0.004"),
        math.hypot(0.01, 0.004),
        None,
    ),
    "as received: the moisture is another matter": (assay(basis="as received"), 0.01, 0.03),
}


@pytest.mark.parametrize("case", BY_HAND.values(), ids=BY_HAND.keys())
def test_the_moisture_has_its_part_in_the_uncertainty(
    book: b.Book, case: tuple[b.Assay, float | None, float | None]
) -> None:
    command, nickel, water = case
    scale = {"gross_kg": kg(1100), "tare_kg": kg(100), "uncertainty_kg": kg(4)}
    book.post([b.Weigh(lot="S", ticket="T", **scale, **e("w")), command])
    line = b.metal_statement(book, start=MADE, end=T.replace(month=4), lot="S").line("closing")
    assert line.sure is not None
    for name, relative in (("Ni", nickel), ("H2O", water)):
        place = SUBSTANCES.index(name)
        content, sigma = line.content[place], line.sure.substances[place]
        if relative is None:
            assert line.sure.covered[place] in (0.0, None)
        else:
            assert sigma == pytest.approx(content * math.hypot(0.004, relative))
            assert line.sure.covered[place] == 1.0
    assert line.content[0] == 1000 * 0.3 * (
        1 - float(command.moisture or 0) * (command.basis == "dry")
    )


def weighed_and(book: b.Book, command: b.Assay) -> b.Statement:
    """The statement of a lot that was weighed, and then assayed."""
    scale = {"gross_kg": kg(1100), "tare_kg": kg(100), "uncertainty_kg": kg(4)}
    book.post([b.Weigh(lot="S", ticket="T", **scale, **e("w")), command])
    return stated(book)


def stated(book: b.Book) -> b.Statement:
    return b.metal_statement(book, start=MADE, end=T.replace(month=4), lot="S")


def test_a_dropped_uncertainty_is_named_and_counts_when_the_assay_is_corrected(
    book: b.Book,
) -> None:
    statement = weighed_and(book, assay(moisture_uncertainty=None))
    note = next(x for x in statement.notes if "moisture" in x)
    assert note.startswith("uncertainty: that of the dry results of S does not count")
    follows(note, "correct these assays, --set moisture_uncertainty=...")
    right = {"moisture_uncertainty": "0.006"}
    b.correct(book, "it", right, reason="from the report", actor="amy")
    after = stated(book)
    assert not any("moisture" in x for x in after.notes)
    sure = after.line("closing").sure
    assert sure is not None
    exact = 240 * math.hypot(0.004, 0.01, 0.0075)
    assert (sure.substances[0], sure.covered[0]) == (pytest.approx(exact), 1.0)


@pytest.mark.parametrize(
    "command",
    [assay(), assay(uncertainty={}, moisture_uncertainty=None), assay(basis="as received")],
    ids=["both stated", "none stated", "as received"],
)
def test_no_note_where_no_uncertainty_is_dropped(book: b.Book, command: b.Assay) -> None:
    assert not any("moisture" in x for x in weighed_and(book, command).notes)


def test_a_dropped_uncertainty_is_named_where_nothing_else_is_sure(book: b.Book) -> None:
    book.post(assay(moisture_uncertainty=None, shares={"Ni": "0.3", "Co": "0.1"}))
    assert any("dry results of S" in x for x in stated(book).notes)
    book.post(assay(**e("later")))
    notes = [x for x in stated(book).notes if "moisture" in x]
    assert not notes  # of cobalt there was none stated


def test_a_lot_that_is_weighed_and_not_assayed_is_named_as_such(book: b.Book) -> None:
    scale = {"gross_kg": kg(1100), "tare_kg": kg(100), "uncertainty_kg": kg(4)}
    book.post(b.Weigh(lot="S", ticket="T", **scale, **e("w")))
    assert "uncertainty: part of the matter was not weighed or not assayed" in stated(book).notes


def test_files_bring_the_uncertainty_of_the_moisture(tmp_path: Path) -> None:
    make_book(tmp_path / "book.sqlite")
    text = edited("assays", {}).decode().splitlines()
    cells = ["U(H2O)", "0.1", "", "0.2"]
    wide = [f"{line},{cell}" for line, cell in zip(text, cells, strict=True)]
    file, mapping = write_files(tmp_path, "assays", ("\n".join(wide) + "\n").encode())
    more = 'moisture_uncertainty = { column = "U(H2O)", unit = "%", k = 2 }\n'
    mapping.write_text(MAPS["assays"].replace("[constants]", more + "\n[constants]"))
    with open_book(tmp_path / "book.sqlite") as it:
        done = import_file(it, file, mapping, kind="assays")
    water = [m for event in done.events for m in event.measurements if m.quantity == "H2O"]
    assert [(float(m.value), float(m.uncertainty)) for m in water] == [(0.015, 5e-4), (0.014, 1e-3)]
