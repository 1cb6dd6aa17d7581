"""The rules of the house as functions: text or trees in, complaints out.

Each rule returns a list of complaints (empty when all is well), so that a test can show that the
project keeps it and that a bad snippet does not.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "loopbook"

LIMITS = {
    "folder_files": 15,
    "module_lines": 500,
    "imports": 20,
    "function_lines": 60,
    "branches": 12,
    "public_methods": 15,
    "positional": 4,
}
"""Folder in files beside its front; module and function in lines of code (docstrings, comments and
blank lines do not count); module in imports, except a front and a list of our kinds (``ours.py``);
function in branches, class in public methods, function in positional arguments."""

_BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.match_case, ast.IfExp)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def project_files() -> list[Path]:
    """Files of the project: what git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return sorted(f for f in files if f.is_file())


def python_files(*folders: str) -> list[Path]:
    """Python files of the project in some of its folders."""
    roots = [ROOT / f for f in folders]
    return [
        f for f in project_files() if f.suffix == ".py" and any(f.is_relative_to(r) for r in roots)
    ]


# --- sizes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """How large one thing is: kind of limit, ``path::name``, and the number."""

    kind: str
    where: str
    found: int


def sizes(text: str, path: str) -> Iterator[Size]:
    """Sizes of a module and everything in it."""
    tree = ast.parse(text)
    code = code_lines(text, tree)
    yield Size("module_lines", path, len(code))
    if not path.endswith(("__init__.py", "/ours.py")):  # a front and a list are there to import
        imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
        yield Size("imports", path, len(imports))
    yield from _sizes_in(tree, f"{path}::", code)


def crowds(paths: list[str]) -> Iterator[Size]:
    """How many files each folder holds beside its front."""
    folders = Counter(str(PurePosixPath(p).parent) for p in paths if not p.endswith("__init__.py"))
    yield from (Size("folder_files", folder, count) for folder, count in sorted(folders.items()))


def code_lines(text: str, tree: ast.Module) -> set[int]:
    """Numbers of the lines that hold code: no docstring, no other bare string, no comment."""
    marks = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in marks and token.type != tokenize.ENDMARKER:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or 0) + 1))
    return lines


def _sizes_in(node: ast.AST, prefix: str, code: set[int]) -> Iterator[Size]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, Function):
            where = prefix + child.name
            within = range(child.lineno, (child.end_lineno or 0) + 1)
            yield Size("function_lines", where, len(code.intersection(within)))
            yield Size("branches", where, sum(isinstance(n, _BRANCHES) for n in ast.walk(child)))
            yield Size(
                "positional", where, _positional(child, in_class=isinstance(node, ast.ClassDef))
            )
            inner = where + "."
        elif isinstance(child, ast.ClassDef):
            where = prefix + child.name
            public = [
                c for c in child.body if isinstance(c, Function) and not c.name.startswith("_")
            ]
            yield Size("public_methods", where, len(public))
            inner = where + "."
        yield from _sizes_in(child, inner, code)


def _positional(function: Function, *, in_class: bool) -> int:
    count = len(function.args.posonlyargs) + len(function.args.args)
    decorators = {d.id for d in function.decorator_list if isinstance(d, ast.Name)}
    return count - 1 if in_class and "staticmethod" not in decorators else count


def too_large(found: list[Size], allowed: dict[str, dict[str, int]]) -> list[str]:
    """Complaints about sizes over the limit, or not exactly what the ratchet file allows them."""
    complaints = []
    seen = set()
    for size in found:
        limit = LIMITS[size.kind]
        exception = allowed.get(size.kind, {}).get(size.where)
        if exception is not None:
            seen.add((size.kind, size.where))
        if exception is None and size.found > limit:
            complaints.append(f"{size.where}: {size.kind} {size.found}, at most {limit}")
        elif exception is not None and size.found <= limit:
            complaints.append(f"{size.where}: {size.kind} is {size.found} now: drop the exception")
        elif exception is not None and size.found > exception:
            complaints.append(f"{size.where}: {size.kind} grew {exception} -> {size.found}")
        elif exception is not None and size.found < exception:
            complaints.append(f"{size.where}: {size.kind} shrank: write {size.found} in sizes.toml")
    for kind, entries in allowed.items():
        complaints += [
            f"{where}: {kind} exception for nothing"
            for where in entries
            if (kind, where) not in seen
        ]
    return complaints


# --- code ------------------------------------------------------------------------------------


def broad_excepts(text: str, path: str) -> list[str]:
    """Handlers that catch everything: bare, `Exception` or `BaseException`."""
    complaints = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {k.id if isinstance(k, ast.Name) else "" if k else "bare" for k in kinds}
            if names & {"bare", "Exception", "BaseException"}:
                complaints.append(f"{path}:{node.lineno}: catch the error that you expect")
    return complaints


def is_front(path: Path) -> bool:
    """Whether an ``__init__`` is the package's or a room's front, and not a chamber's."""
    return len(path.relative_to(SRC).parts) <= 2


def package_front(text: str, path: str) -> list[str]:
    """A package's ``__init__``: docstring with imports and an example, ``__all__`` and no more."""
    tree = ast.parse(text)
    doc = ast.get_docstring(tree) or ""
    complaints = []
    prose = "\n".join(line for line in doc.splitlines() if ">>>" not in line)
    if not doc:
        complaints.append(f"{path}: no docstring that says what lives here")
    elif "import" not in prose.lower():
        complaints.append(f"{path}: the docstring does not say what may be imported here")
    if ">>>" not in doc:
        complaints.append(f"{path}: the docstring has no example")
    names = _declared(tree)
    if names is None:
        return [*complaints, f"{path}: no __all__"]
    complaints += [f"{path}: private name exported: {n}" for n in names if _private(n)]
    complaints += [
        f"{path}: {n} is bound in public but not in __all__"
        for n in sorted(_bound(tree) - set(names))
        if not _private(n)
    ]
    return complaints


def _private(name: str) -> bool:
    return name.startswith("_") and name != "__version__"


def _declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) and node.value else targets
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            return list(ast.literal_eval(node.value))
    return None


def _bound(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names |= {a.asname or a.name for a in node.names} - {"*"}
        elif isinstance(node, (ast.ClassDef, *Function.__args__)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return names


# --- text ------------------------------------------------------------------------------------

# Written in pieces, so that this file does not match itself.
_MACHINE_PATH = re.compile(
    r"(?<![A-Za-z0-9_.\-/])/(?:"
    + "|".join(["work", "farm", "tmp", "home", "root", "Users"])
    + r")/"
)
_REGISTRY = re.compile(
    "|".join(
        [
            "index" + "-url",
            "find" + "-links",
            r"pypi\." + "org",
            "python" + "hosted",
            r'https?://[^" ]*/(?:simple|pack' + "ages)/",
            r"https?://registry" + r"\.",
        ]
    )
)
_TON = re.compile(r"(?<![a-z])tons?(?![a-z])", re.IGNORECASE)


def machine_addresses(text: str, path: str) -> list[str]:
    """Absolute paths of somebody's machine and addresses of package registries."""
    complaints = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in ((_MACHINE_PATH, "a machine's path"), (_REGISTRY, "a registry")):
            found = pattern.search(line)
            if found:
                complaints.append(f"{path}:{number}: {what}: {found.group()}")
    return complaints


def is_ton(text: str) -> bool:
    """Whether a unit or a column name uses ``ton``, which may be 907 or 1,000 or 1,016 kg.

    ``short_ton`` reads one way and passes.
    """
    return _TON.search(text.replace("short_ton", "").replace("_", " ")) is not None


def uncommented_requirements(text: str) -> list[str]:
    """Requirements in ``pyproject.toml`` without a comment that gives the reason."""
    complaints = []
    inside = False
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            table = line.strip()
        opens = re.match(r"([\w-]+) = \[$", line)
        if opens:
            inside = table == "[project.optional-dependencies]" or opens[1] == "dependencies"
        elif line.startswith("]"):
            inside = False
        elif inside and line.strip().startswith('"') and not re.search(r"#\s*\S+\s+\S+", line):
            complaints.append(f"pyproject.toml:{number}: no reason given: {line.strip()}")
    return complaints


def readme_front(text: str) -> list[str]:
    """README: ``make run`` and what it prints before line 25, and the two commands only."""
    complaints = []
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines, 1) if line == "$ make run"), None)
    if at is None or at + 1 >= 25:
        complaints.append("README.md: no '$ make run' and its output before line 25")
    elif lines[at].startswith(("$", "```")):
        complaints.append("README.md: '$ make run' shows nothing of what it prints")
    commands = set(re.findall(r"\bmake (?:[a-z]+-)*[a-z]+", _code_of(text)))
    if commands != {"make run", "make test"}:
        complaints.append(f"README.md: commands are {sorted(commands)}, not make run and make test")
    return complaints


def _code_of(markdown: str) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", markdown, re.DOTALL))


# --- the tree of errors ------------------------------------------------------------------------


def drawn_tree(docstring: str) -> dict[str, tuple[str, str]]:
    """The tree that a docstring draws: name -> (parent, last word of its line)."""
    tree: dict[str, tuple[str, str]] = {}
    line_up: list[str] = []
    for line in docstring.splitlines():
        found = re.match(r"^ {4}((?:\|   |    )*(?:\|-- |`-- )|)([A-Z]\w*)(?:\s.*?(\S+))?$", line)
        if found:
            depth = len(found[1]) // 4
            line_up[depth:] = [found[2]]
            tree[found[2]] = (line_up[depth - 1] if depth else "", found[3] or "")
    return tree
