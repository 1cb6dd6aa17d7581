"""What a loop declares: every column and parameter has a type and a meaning, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopbook.loop import Row, reference_page
from loopbook.loop.models.ours import MODELS
from loopbook.loop.nouns.numbers import OTHERS, Numbers, parameters_in
from loopbook.loop.nouns.row import PROVENANCE, column_of, columns_of
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.ours import LAWS
from loopbook.tables import Field, meaning_of


def nouns(kind: type[Row] = Row) -> list[type[Row]]:
    return [*kind.__subclasses__(), *(x for y in kind.__subclasses__() for x in nouns(y))]


@pytest.mark.parametrize("noun", nouns(), ids=lambda noun: noun.__name__)
def test_a_noun_declares_its_columns(noun: type[Row]) -> None:
    columns = [column_of(field.name) for field in columns_of(noun)]
    assert len(set(columns)) == len(columns)
    missing = set(noun.key) - set(columns)
    assert noun.table or noun.__subclasses__()
    assert not missing or issubclass(noun, Term)
    assert all(field.meaning for field in columns_of(noun))
    assert meaning_of(noun)[0]
    provenance = {field.name for field in PROVENANCE}
    noted = noun.table in ("sources", "laws", "stations", "figures")
    assert noted or not provenance & set(columns)


@pytest.mark.parametrize("kind", [*MODELS.values(), *OTHERS], ids=lambda kind: kind.__name__)
def test_a_parameter_has_a_meaning(kind: type[Numbers]) -> None:
    parameters: dict[str, Field] = parameters_in(kind)
    assert all(field.meaning and field.type.words for field in parameters.values())
    assert meaning_of(kind)[0]


def test_the_words_of_the_sketch_are_there() -> None:
    models = "assembly, cell lines, demand, fleet, hold, make to order, process, sink, supply"
    assert ", ".join(sorted(MODELS)) == models
    assert ", ".join(sorted(LAWS)) == (
        "accept, assay, burden, cap, carbon price, cost, credit, duty, fee, fixed, floor, freight, "
        "invest, once, pay, payable, penalty, premium, provisional, return, take_or_pay"
    )


def test_the_reference_is_made_from_the_declarations() -> None:
    page = (Path(__file__).parents[2] / "docs" / "loop-tables.md").read_text(encoding="utf-8")
    assert page == reference_page(), "run python docs/make_loop_tables.py"
    for name in (*MODELS, *LAWS, "contracts", "material", "mode"):
        assert f"# {name}\n" in page
