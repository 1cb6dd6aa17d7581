"""House rule: every answer of a room declares its columns, each with a meaning, each name once."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import loopbook
from loopbook.report import Answer
from loopbook.report.answers.answer import answer_name, shape_of

for one in pkgutil.walk_packages(loopbook.__path__, "loopbook."):
    importlib.import_module(one.name)


def kinds(base: type = Answer) -> list[type]:
    """All kinds of answers of the rooms."""
    found = [kind for kind in base.__subclasses__() if kind.__module__.startswith("loopbook.")]
    every = [*found, *(inner for kind in found for inner in kinds(kind))]
    return list({f"{kind.__module__}.{kind.__qualname__}": kind for kind in every}.values())


@pytest.mark.parametrize("kind", kinds(), ids=answer_name)
def test_an_answer_declares_what_its_columns_mean(kind: type[Answer]) -> None:
    shape = shape_of(kind)
    rows = [shape, *(shape_of(row) for _, row in shape.tables.values())]
    assert kind.version >= 1
    for columns in (part.columns.values() for part in rows):
        names = [column.name for column in columns]
        assert len(names) == len(set(names))
        for column in columns:
            assert column.meaning, column.name
            assert column.kind is not None, column.name
            assert column.unit or column.decimals in (None, 0), column.name


def test_the_names_of_answers_differ() -> None:
    names = [answer_name(kind) for kind in kinds()]
    assert len(names) > 10
    assert len(names) == len(set(names))
