"""House rules about code: arrows, sizes, public names, handlers, the tree of errors."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import house_rules as rules
import pytest

import loopbook
from loopbook import errors

CODE = ("src", "tests", "bench")
PACKAGES = [f for f in rules.python_files("src") if f.name == "__init__.py" and rules.is_front(f)]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the arrows of the package that lies in a folder by the project's contract."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    command += ["--config", str(rules.ROOT / "pyproject.toml")]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_arrows_are_kept() -> None:
    done = lint_imports(rules.ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("matter/__init__.py", "import loopbook.flowsheet"),
        ("flowsheet/__init__.py", "import loopbook.cases"),
        ("errors.py", "import loopbook.matter"),
        ("attic.py", "'''A room without a layer.'''"),
        ("book/__init__.py", "import loopbook.trace"),
        ("trace/__init__.py", "import loopbook.flowsheet"),
        ("serials/inner.py", "def f():\n    import loopbook.flowsheet"),
        ("loop/inner.py", "import loopbook.book"),
        ("trace/inner.py", "import loopbook.book.inner"),
        ("trace/inner.py", "import loopbook.plant"),
        ("plant/__init__.py", "import loopbook.trace"),
        ("cli/inner.py", "def f():\n    from loopbook.cases.inner import x"),
    ],
)
def test_a_wrong_arrow_is_seen(tmp_path: Path, module: str, line: str) -> None:
    package = tmp_path / "loopbook"
    rooms = (
        "matter",
        "flowsheet",
        "loop",
        "book",
        "serials",
        "trace",
        "plant",
        "cases",
        "cli",
        "report",
        "tables",
    )
    for room in ("", *rooms):
        (package / room).mkdir()
        (package / room / "__init__.py").touch()
        (package / room / "inner.py").touch()
    (package / "inner.py").unlink()
    (package / "errors.py").touch()
    assert lint_imports(tmp_path).returncode == 0
    (package / module).write_text(line + "\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr


def measured() -> list[rules.Size]:
    """Sizes of all modules, and of what is in them for the package itself."""
    measures = []
    names = [p.relative_to(rules.ROOT).as_posix() for p in rules.python_files(*CODE)]
    for name in names:
        for size in rules.sizes((rules.ROOT / name).read_text(encoding="utf-8"), name):
            if size.kind == "module_lines" or name.startswith("src/"):
                measures.append(size)
    return [*measures, *rules.crowds([n for n in names if n.startswith("src/")])]


def test_sizes_are_kept_and_exceptions_only_shrink() -> None:
    with (Path(__file__).parent / "sizes.toml").open("rb") as file:
        allowed = tomllib.load(file)
    assert set(allowed) <= set(rules.LIMITS)
    assert rules.too_large(measured(), allowed) == []


def test_exceptions_never_grew_in_history() -> None:
    name = "tests/house/sizes.toml"
    now = tomllib.loads((rules.ROOT / name).read_text(encoding="utf-8"))
    git = ["git", "-C", str(rules.ROOT)]
    log = subprocess.run(
        [*git, "log", "--format=%H", "--", name], capture_output=True, text=True, check=False
    )
    grown = []
    for commit in log.stdout.split():
        text = subprocess.run(
            [*git, "show", f"{commit}:{name}"], capture_output=True, text=True, check=False
        ).stdout
        for kind, entries in tomllib.loads(text).items():
            for where, then in entries.items():
                if now.get(kind, {}).get(where, 0) > then:
                    grown.append(f"{where}: {kind} was {then} in {commit[:8]}")
    assert grown == []


def test_what_is_too_large_is_seen() -> None:
    arguments = "def f(a, b, c, d, e): ...\n"
    method = "class K:\n    def f(self, a, b, c, d, *, e): ...\n"
    many = "class K:\n" + "".join(f"    def m{i}(self): ...\n" for i in range(16))
    long = "def f():\n" + "    x = 1\n" * 60
    documented = (
        'def f():\n    """A.\n' + "a\n" * 60 + '    """\n' + "    # b\n" * 60 + "    return 1\n"
    )
    ok = {"K.f": method, "f": documented}
    forked = "def f():\n" + "    if a:\n        b\n" * 13
    for text in ok.values():
        assert rules.too_large(list(rules.sizes(text, "a.py")), {}) == []
    for text, kind in (
        (arguments, "positional"),
        (many, "public_methods"),
        (long, "function"),
        (forked, "branches"),
    ):
        complaints = rules.too_large(list(rules.sizes(text, "a.py")), {})
        assert len(complaints) == 1
        assert kind in complaints[0]
    module = rules.too_large(list(rules.sizes("x = 1\n" * 501, "a.py")), {})
    assert module == ["a.py: module_lines 501, at most 500"]
    imports = rules.too_large(list(rules.sizes("import a\n" * 21, "a.py")), {})
    assert imports == ["a.py: imports 21, at most 20"]
    assert rules.too_large(list(rules.sizes("import a\n" * 21, "b/__init__.py")), {}) == []
    crowd = [f"src/a/{k}.py" for k in range(16)]
    assert rules.too_large(list(rules.crowds(crowd)), {}) == ["src/a: folder_files 16, at most 15"]
    assert rules.too_large(list(rules.crowds([*crowd[1:], "src/a/__init__.py"])), {}) == []


@pytest.mark.parametrize(
    ("lines", "word"), [(70, None), (69, "shrank"), (71, "grew"), (60, "drop"), (None, "nothing")]
)
def test_the_ratchet_turns_one_way(lines: int | None, word: str | None) -> None:
    found = [] if lines is None else [rules.Size("function_lines", "a.py::f", lines)]
    complaints = rules.too_large(found, {"function_lines": {"a.py::f": 70}})
    assert len(complaints) == (word is not None)
    assert word is None or word in complaints[0]


def test_no_handler_catches_everything() -> None:
    found = []
    for path in rules.python_files(*CODE):
        found += rules.broad_excepts(path.read_text(encoding="utf-8"), str(path))
    assert found == []


@pytest.mark.parametrize("caught", ["", " Exception", " (ValueError, BaseException)"])
def test_a_broad_handler_is_seen(caught: str) -> None:
    assert rules.broad_excepts(f"try:\n    f()\nexcept{caught}:\n    pass\n", "a.py") != []
    assert rules.broad_excepts("try:\n    f()\nexcept (OSError, a.B):\n    pass\n", "a.py") == []


@pytest.mark.parametrize("path", PACKAGES, ids=lambda p: p.parent.name)
def test_a_package_shows_its_public_names_and_no_more(path: Path) -> None:
    name = path.relative_to(rules.ROOT).as_posix()
    assert rules.package_front(path.read_text(encoding="utf-8"), name) == []
    module = importlib.import_module(".".join(path.parent.relative_to(rules.SRC.parent).parts))
    assert len(set(module.__all__)) == len(module.__all__)
    assert [n for n in module.__all__ if not hasattr(module, n)] == []


def test_a_bad_front_is_seen() -> None:
    doc = '"""Streams live here; imports matter.\n\n>>> 1\n1\n"""\n'
    good = doc + "from a import B\n_C = 1\n__all__ = ['B']\n"
    assert rules.package_front(good, "a") == []
    bad = {
        "": 3,
        doc: 1,
        good.replace(">>>", "..."): 1,
        good.replace("imports", "uses"): 1,
        good.replace("['B']", "['B', '_C']"): 1,
        good.replace("['B']", "[]"): 1,
    }
    for text, complaints in bad.items():
        assert len(rules.package_front(text, "a")) == complaints, text


def test_the_errors_module_draws_its_own_tree() -> None:
    for module in pkgutil.walk_packages(loopbook.__path__, "loopbook."):
        importlib.import_module(module.name)
    classes: dict[str, type[errors.LoopbookError]] = {}
    todo: list[type[errors.LoopbookError]] = [errors.LoopbookError]
    while todo:
        kind = todo.pop()
        if kind.__module__.startswith("loopbook"):
            classes[kind.__name__] = kind
            todo += kind.__subclasses__()
    drawn = rules.drawn_tree(errors.__doc__ or "")
    assert {n: p for n, (p, _) in drawn.items()} == {
        n: k.__bases__[0].__name__ if k is not errors.LoopbookError else ""
        for n, k in classes.items()
    }
    codes = {n: k.code for n, k in classes.items() if k.__bases__[0] is errors.InputError}
    assert {n: drawn[n][1] for n in codes} == codes
    assert {k.__module__ for k in classes.values()} == {errors.__name__}
    assert set(classes) <= set(errors.__all__)


def test_a_tree_is_read_as_it_is_drawn() -> None:
    text = "Tree::\n\n    A\n    |-- B   what  b-code\n    |   `-- C  c\n    `-- D\n\nAnd text."
    assert rules.drawn_tree(text) == {
        "A": ("", ""),
        "B": ("A", "b-code"),
        "C": ("B", "c"),
        "D": ("A", ""),
    }


def test_the_tools_that_the_house_calls_are_there() -> None:
    assert shutil.which("git"), "the house tests ask git which files are the project's"
