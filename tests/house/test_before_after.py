"""The page of before and after counts what it says."""

from __future__ import annotations

import before_after
import house_rules as rules
import pytest

TOY = {
    "loopbook.book": '"""Weigh."""\nfrom loopbook.book.weigh import Weigh',
    "loopbook.book.weigh": "class Weigh: ...  # StockTake",
    "loopbook.book.reading": 'KINDS = {"weigh": 1, "stock-take": 2}',
    "loopbook.book.store": 'db.rows("SELECT 1")',
    "loopbook.book.listings": 'db.rows("SELECT 2")',
}


def test_a_name_is_spelt_by_class_or_by_kind_but_not_in_a_docstring() -> None:
    assert before_after.spelling(TOY, ["Weigh"]) == "3 (`Weigh`)"
    assert before_after.spelling(TOY, ["Weigh", "StockTake", "Hold"]) == "1 (`StockTake`)"
    assert before_after.spelling(TOY, ["weigh"], quoted=True) == "1 (`weigh`)"


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("modules", 5),
        ("modules with SQL outside storage", 1),
        ("files in the largest folder", "4 (`loopbook.book`)"),
        ("circles of imports", "0"),
        ("statements of source", "6"),
    ],
)
def test_a_measure_of_a_small_house(measure: str, value: object) -> None:
    assert before_after.MEASURES[measure](TOY) == value


def test_a_revision_is_read_from_git() -> None:
    texts = before_after.texts_at("HEAD", rules.ROOT)
    assert {"loopbook", "loopbook.errors", "loopbook.book"} <= texts.keys()
