"""Who imports whom: read from the text of the modules, inside functions and for types as well.

The house tests hold the arrows with it, `docs/make_architecture.py` draws them, and
`before_after.py` counts them in two revisions; so everything here works on text and imports
nothing of what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

PACKAGE = "loopbook"


@dataclass(frozen=True, slots=True, order=True)
class Arrow:
    """One module imports another of the package; names of modules with dots."""

    importer: str
    imported: str

    def __str__(self) -> str:
        return f"{self.importer} -> {self.imported}"


def texts_of(src: Path) -> dict[str, str]:
    """Text of every module below a ``src`` folder, by the module's name."""
    return {module_name(p.relative_to(src)): p.read_text("utf-8") for p in src.rglob("*.py")}


def module_name(path: PurePath) -> str:
    """Name of the module in a file, given by its path below ``src``.

    >>> module_name(PurePath("loopbook/book/nouns.py"))
    'loopbook.book.nouns'
    >>> module_name(PurePath("loopbook/book/__init__.py"))
    'loopbook.book'
    """
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows(texts: Mapping[str, str]) -> set[Arrow]:
    """Every import between the modules given; a name that a front exports is the front's.

    >>> front = "from loopbook.matter.cell import cell; __all__ = ['cell']"
    >>> texts = {"loopbook.matter": front, "loopbook.matter.cell": "",
    ...     "loopbook.cases": "from loopbook.matter import cell"}
    >>> print(*sorted(map(str, arrows(texts))), sep="; ")
    loopbook.cases -> loopbook.matter; loopbook.matter -> loopbook.matter.cell
    """
    shown = {f"{module}.{name}" for module in texts for name in _exported(texts[module])}
    result = set()
    for importer, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{importer}:{node.lineno}: a relative import"
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [n if n in texts and n not in shown else str(node.module) for n in inner]
            else:
                continue
            result |= {Arrow(importer, n) for n in names if n in texts and n != importer}
    return result


def _exported(text: str) -> list[str]:
    for node in ast.parse(text).body if "__all__" in text else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def room(module: str) -> str:
    """Name of the room that a module belongs to; empty for the package itself.

    >>> room("loopbook.book.log.merkle"), room("loopbook.errors"), room("loopbook")
    ('book', 'errors', '')
    """
    return (module + ".").split(".")[1]


def chamber(module: str) -> str:
    """Part of its room that a module belongs to: a chamber, or a module beside the front.

    >>> chamber("loopbook.book.log.keys"), chamber("loopbook.book.edges"), chamber("loopbook.book")
    ('log', 'edges', '')
    """
    return (module + "..").split(".")[2]


def circles(found: Iterable[Arrow]) -> list[list[str]]:
    """Groups of modules of which each reaches each other by imports; sorted.

    >>> circles([Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "b"), Arrow("c", "d")])
    [['b', 'c']]
    """
    after: dict[str, set[str]] = {}
    for arrow in found:
        after.setdefault(arrow.importer, set()).add(arrow.imported)
    reach = {module: _reached(module, after) for module in after}
    groups = {
        tuple(sorted(m for m in reach[module] if module in reach.get(m, ())))
        for module in reach
        if module in reach[module]
    }
    return sorted(list(group) for group in groups)


def _reached(start: str, after: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    todo = [start]
    while todo:
        new = after.get(todo.pop(), set()) - reached
        reached |= new
        todo += new
    return reached


def private_arrows(found: Iterable[Arrow]) -> list[Arrow]:
    """Imports from another room that pass by its front: chambers are private to their room.

    >>> private_arrows([Arrow("loopbook.trace.files", "loopbook.book.nouns"),
    ...     Arrow("loopbook.trace.files", "loopbook.book")])
    [Arrow(importer='loopbook.trace.files', imported='loopbook.book.nouns')]
    """
    return sorted(
        a for a in found if room(a.importer) != room(a.imported) and a.imported.count(".") > 1
    )


def passing_on(texts: Mapping[str, str]) -> list[str]:
    """Modules that only pass names on, and fronts that pass on names of other rooms."""
    fronts = {".".join(m.split(".")[:2]) for m in texts if m.count(".") > 1}
    complaints = []
    for module, text in texts.items():
        kept = [node for node in ast.parse(text).body if not _is_text_or_all(node)]
        imports = [node for node in kept if isinstance(node, ast.ImportFrom)]
        if module in fronts:
            complaints += [
                f"{module}: {alias.name} of {node.module}"
                for node in imports
                if room(str(node.module)) != room(module)
                for alias in node.names
            ]
        elif kept and len(imports) == len(kept):
            complaints.append(module)
    return sorted(complaints)


def _is_text_or_all(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
