"""A page of before and after: what two revisions of the project measure by the house's rules.

Run it from the project; a revision is anything that git knows::

    python tests/house/before_after.py 5f79ded HEAD

*Files touched for a kind* is a lower bound that needs no trial: the number of source files that
spell the kind's name, for the kind that the fewest files spell. Whoever adds another kind of that
sort has to visit as many.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import drift
import house_rules as rules
import imports

COMMANDS = ("Dispose", "Hold", "Split", "Sample", "StockTake", "TransferTitle", "Weigh", "Assay")
UNITS = ("AirClassifier", "MagneticSeparator", "Dryer", "Crystalliser", "OffGasTreatment")
IMPORTS = ("tickets", "assays", "stock")
COLUMNS = ("laboratory", "method", "stage", "uncertainty")
"""Kinds that both revisions have; columns are those of the book's table of measurements."""

_OLD_STORAGE = re.compile(
    r"book\.(store|sqlstore|sqlite|schema|rows|migration|asof|postgres\w*|uncollected)$"
)
"""Storage before it was a folder: its modules lay beside all others of the book."""

Texts = Mapping[str, str]


def texts_at(revision: str, root: Path = rules.ROOT) -> dict[str, str]:
    """Text of every module of a revision, by the module's name."""
    command = ["git", "-C", str(root), "archive", revision, "src"]
    done = subprocess.run(command, capture_output=True, check=True)
    texts = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            path = Path(member.name)
            file = archive.extractfile(member)
            if path.suffix == ".py" and file is not None:
                texts[imports.module_name(path.relative_to("src"))] = file.read().decode("utf-8")
    return texts


def statements(text: str) -> int:
    """Number of statements of a module; docstrings and other bare strings do not count.

    >>> statements("'''A.'''\\nif x:\\n    y = 1; z = 2\\n")
    3
    """
    return sum(
        isinstance(node, ast.stmt)
        and not (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
        for node in ast.walk(ast.parse(text))
    )


def spelling(texts: Texts, names: Iterable[str], *, quoted: bool = False) -> str:
    """The name that the fewest modules spell, and how many do; in code, not in docstrings."""
    code = {module: _code(text) for module, text in texts.items()}
    counts = {}
    for name in names:
        words = [rf"\b{name}\b", rf"""["']{_kind(name)}["']"""]
        pattern = re.compile(words[1] if quoted else "|".join(words))
        counts[name] = sum(pattern.search(text) is not None for text in code.values())
    least = min((name for name in counts if counts[name]), key=lambda name: counts[name])
    return f"{counts[least]} (`{least}`)"


def _kind(name: str) -> str:
    """How a class of commands is written in a file: `StockTake` is ``stock-take``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _code(text: str) -> str:
    """A module without docstrings and comments, so that only code spells a name."""
    return ast.unparse(_Undocumented().visit(ast.parse(text)))


class _Undocumented(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass() if isinstance(node.value, ast.Constant) else node


def _sql_modules(texts: Texts) -> list[str]:
    return [
        module
        for module, text in texts.items()
        if drift.sql_texts(text) and ".storage" not in module and not _OLD_STORAGE.search(module)
    ]


def _circles(texts: Texts) -> str:
    groups = imports.circles(imports.arrows(texts))
    return f"{len(groups)}, of {sum(map(len, groups))} modules" if groups else "0"


def _largest_folder(texts: Texts) -> str:
    folders = {module for module in texts if any(m.startswith(module + ".") for m in texts)}
    counts = {
        folder: sum(m.rpartition(".")[0] == folder and m not in folders for m in texts)
        for folder in folders
    }
    most = max(counts, key=lambda folder: counts[folder])
    return f"{counts[most]} (`{most}`)"


def _lines(text: str) -> int:
    return len(rules.code_lines(text, ast.parse(text)))


MEASURES: dict[str, Callable[[Texts], object]] = {
    "statements of source": lambda t: f"{sum(map(statements, t.values())):,}",
    "lines of source": lambda t: f"{sum(len(x.splitlines()) for x in t.values()):,}",
    "lines of code, without docstrings and comments": lambda t: f"{sum(map(_lines, t.values())):,}",
    "modules": len,
    "circles of imports": _circles,
    "imports past a room's front": lambda t: len(imports.private_arrows(imports.arrows(t))),
    "`Any` in public signatures": lambda t: sum(map(drift.any_in_public, t.values())),
    "modules with SQL outside storage": lambda t: len(_sql_modules(t)),
    "files in the largest folder": _largest_folder,
    "files that spell a book command": lambda t: spelling(t, COMMANDS),
    "files that spell a unit operation": lambda t: spelling(t, UNITS),
    "files that spell an import kind": lambda t: spelling(t, IMPORTS, quoted=True),
    "files that spell a column": lambda t: spelling(t, COLUMNS),
    "worn words in what people read": lambda t: sum(
        drift.worn_words(x, ".py").total() for x in t.values()
    ),
    "variables that fit everything (`found`, `told`, ...)": lambda t: sum(
        map(drift.worn_names, t.values())
    ),
}


def page(before: str, after: str) -> str:
    """The page, as Markdown."""
    old, new = texts_at(before), texts_at(after)
    lines = [f"| | {before} | {after} |", "| --- | ---: | ---: |"]
    lines += [f"| {what} | {measure(old)} | {measure(new)} |" for what, measure in MEASURES.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python tests/house/before_after.py BEFORE AFTER")
    print(page(*sys.argv[1:]))
