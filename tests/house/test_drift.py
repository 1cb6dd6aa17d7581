"""House rules that the code is still growing into: what is too much may only become less.

`python tests/house/test_drift.py` writes the numbers of today into `drift.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import drift
import house_rules as rules
import imports
import pytest

ROOT = rules.ROOT
FILE = Path(__file__).with_suffix(".toml").with_name("drift.toml")


@functools.cache
def texts() -> dict[str, str]:
    """Text of every module of the sources."""
    return imports.texts_of(ROOT / "src")


@functools.cache
def arrows() -> set[imports.Arrow]:
    """Every import between them."""
    return imports.arrows(texts())


def circles() -> Counter[str]:
    return Counter(m for circle in imports.circles(arrows()) for m in circle)


def private_imports() -> Counter[str]:
    return Counter(
        f"{imports.room(a.importer)} -> {imports.room(a.imported)}"
        for a in imports.private_arrows(arrows())
    )


def passing_on() -> Counter[str]:
    return Counter(imports.passing_on(texts()))


def any_in_public() -> Counter[str]:
    return _sums(texts(), drift.any_in_public)


def sql_above_storage() -> Counter[str]:
    above = {module: text for module, text in texts().items() if ".storage" not in module}
    return _sums(above, drift.sql_texts)


def names() -> Counter[str]:
    return _sums(texts(), drift.worn_names)


def words() -> Counter[str]:
    """Of each room, and of each document."""
    counts = _sums(texts(), lambda text: drift.worn_words(text, ".py").total())
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")]
    for path in documents:
        total = drift.worn_words(path.read_text(encoding="utf-8"), ".md").total()
        counts[path.relative_to(ROOT).as_posix()] = total
    return counts


def _sums(texts: Mapping[str, str], measure: Callable[[str], int]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for module, text in texts.items():
        sums[imports.room(module) or "loopbook"] += measure(text)
    return sums


MEASURES = (circles, private_imports, passing_on, any_in_public, sql_above_storage, names, words)


@pytest.mark.parametrize("measure", MEASURES)
def test_there_is_no_more_of_it_than_there_was(measure: Callable[[], Counter[str]]) -> None:
    allowed = tomllib.loads(FILE.read_text(encoding="utf-8"))
    assert drift.grown(measure(), allowed.get(measure.__name__, {})) == []


def test_imports_are_read_as_another_tool_reads_them() -> None:
    grimp = pytest.importorskip("grimp")  # import-linter's own reader
    graph = grimp.build_graph("loopbook", cache_dir=None)
    theirs = {
        imports.Arrow(importer, imported)
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    ours = arrows()
    # It takes `from loopbook.matter import components`, a function, for the module of that name.
    fronts = {imports.Arrow(a.importer, a.imported.rpartition(".")[0]) for a in theirs - ours}
    assert fronts <= ours - theirs | theirs
    assert ours - theirs <= fronts


def test_circles_and_private_imports_are_seen() -> None:
    modules = {
        "loopbook.book": "from loopbook.book.log import keys\n__all__ = ['keys']",
        "loopbook.book.log": "",
        "loopbook.book.log.keys": "def f():\n    from loopbook.book.nouns import Lot",
        "loopbook.book.nouns": "import loopbook.book.log.keys",
        "loopbook.book.names": "from loopbook.book.nouns import Lot\n__all__ = ['Lot']",
        "loopbook.trace": "from loopbook.book import Lot\nfrom loopbook.trace.path import path",
        "loopbook.trace.path": "from loopbook.book.nouns import Lot\nx = 1",
    }
    found = imports.arrows(modules)
    assert imports.circles(found) == [["loopbook.book.log.keys", "loopbook.book.nouns"]]
    assert [str(a) for a in imports.private_arrows(found)] == [
        "loopbook.trace.path -> loopbook.book.nouns"
    ]
    assert imports.passing_on(modules) == [
        "loopbook.book.names",
        "loopbook.trace: Lot of loopbook.book",
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f(x: int) -> Any: ...", 1),
        ("class K:\n    x: dict[str, Any]\n    def m(self, *a: Any, **b: 'Any'): ...", 3),
        ("class _K:\n    x: Any\ndef g():\n    x: Any = 1", 0),
        (
            "class K(Base[Any]):\n    def _m(self) -> Any: ...\n    def __call__(self) -> Any: ...",
            2,
        ),
        ("Array = NDArray[Any]\n_Row = Any\nRow: TypeAlias = 'tuple[Any, ...]'", 2),
    ],
)
def test_any_is_counted_where_a_reader_meets_it(text: str, count: int) -> None:
    assert drift.any_in_public(text) == count


@pytest.mark.parametrize(
    "piece",
    [
        '"SELECT id FROM lot"',
        'f"INSERT OR IGNORE INTO {table} VALUES (?)"',
        '"UPDATE load SET mass = 1"',
        '"DELETE FROM snapshot"',
        '"CREATE UNIQUE INDEX a ON b (c)"',
        '"PRAGMA data_version"',
        'f"{query} WHERE lot = 1"',
        'f"a.id IN ({places})"',
        '" AND e.recorded_at <= ?"',
        "\"g.target LIKE 'customer/%'\"",
        'f"FROM {table} LEFT JOIN event"',
    ],
)
def test_pieces_of_sql_are_counted(piece: str) -> None:
    assert drift.sql_texts(f"x = {piece}") == 1
    assert drift.sql_texts('x = "select a lot from the list, where it is"') == 0


def test_worn_words_and_names_are_counted() -> None:
    python = '"""What it held."""\n# told anew\nsaid = tell(`x`)\n'.replace("`", "'")
    assert drift.worn_words(python, ".py") == Counter({"what it held": 1, "tell": 1, "anew": 1})
    assert drift.worn_words("It stands for 1.\n```\nsaid\n```\nIt lies.", ".md") == Counter(lie=1)
    assert drift.worn_names("found = given.told\ndef f(said, /, x=here): ...\nf(wanted=1)") == 2
    assert drift.WORDS.keys() >= drift.worn_words("Whoever says so, says it", ".md").keys()


@pytest.mark.parametrize(
    "right", ["a unit and an hour", "a used lot", "that that", "an LP; a 'a e'"]
)
def test_right_grammar_passes(right: str) -> None:
    assert drift.slips(right) == []


def test_numbers_are_written_and_read_back() -> None:
    measured = {"any": {"b.py": 2, "a.py": 0}, "words": {"README.md": 1}}
    written = tomllib.loads(drift.as_toml(measured))
    assert written == {"any": {"b.py": 2}, "words": {"README.md": 1}}


if __name__ == "__main__":
    counts = {measure.__name__: measure() for measure in MEASURES}
    FILE.write_text(drift.as_toml(counts), encoding="utf-8")
