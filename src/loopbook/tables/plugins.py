"""Kinds that others add: classes of installed packages, and of Python files.

A package registers a class under an entry point group in its ``pyproject.toml``, a line a kind::

    [project.entry-points."loopbook.units"]
    zig-zag-sifter = "sifters:ZigZagSifter"

A file is named in settings; all classes of the base that it defines are taken. Plugins are code:
they run with the rights of the person who names them. One that cannot be loaded is a finding.
"""

import ast
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from loopbook.errors import Finding

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

PLUGIN_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Errors of code that somebody wrote; not of a file, a database or the computer."""
_LOAD_ERRORS = (*PLUGIN_ERRORS, OSError, SyntaxError, SystemExit)


def installed_kinds(group: str, base: type[T], findings: list[Finding]) -> list[type[T]]:
    """Classes that installed packages register under an entry point group, in order of name.

    Parameters
    ----------
    group : such as ``loopbook.units``.
    base : the class that each of them must extend.
    findings : takes what cannot be loaded, or is something else.
    """
    kinds = []
    for entry in _entries(group, tuple(sys.path)):
        where = f"entry point {entry.name} of {group}"
        try:
            kind = entry.load()
        except _LOAD_ERRORS as error:
            text = f"{entry.value}, which stops with {in_words(error)}"
            findings.append(Finding("plugin", where, f"a {base.__name__} that loads", text))
            continue
        if isinstance(kind, type) and issubclass(kind, base):
            kinds.append(kind)
        else:
            findings.append(Finding("plugin", where, f"a {base.__name__}", entry.value))
    return kinds


@cache
def _entries(group: str, path: tuple[str, ...]) -> "list[EntryPoint]":
    """Entry points of a group, in order of name; every package on the path is read once."""
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group))


def kinds_in_files(
    files: Iterable[Path], base: type[T], findings: list[Finding], *, where: str = "plugins"
) -> list[type[T]]:
    """Classes that Python files define, in order of definition; a file is run once.

    Parameters
    ----------
    files : the files.
    base : the class whose subclasses are taken.
    findings : takes a file that is absent, does not run or defines no such class.
    where : place in the settings that name the files, for findings.
    """
    kinds: list[type[T]] = []
    for file in files:
        if not file.is_file():
            findings.append(Finding("file", where, "a Python file", str(file)))
            continue
        try:
            module = _module(file.resolve())
        except _LOAD_ERRORS as error:
            text = f"{file}, which stops with {in_words(error)}"
            at = f"{file.name}{_line(error, str(file.resolve()))}"
            findings.append(Finding("plugin", at, "a Python file that runs", text))
            continue
        own = [k for k in vars(module).values() if isinstance(k, type) and issubclass(k, base)]
        own = [k for k in own if k.__module__ == module.__name__]
        if not own:
            findings.append(Finding("plugin", where, f"a file with a {base.__name__}", str(file)))
        kinds += dict.fromkeys(own)
    return kinds


def add_kinds(
    known: dict[str, type[T]], kinds: Iterable[type[T]], name: str, findings: list[Finding]
) -> None:
    """Add kinds to the known ones; a finding for each whose name another has.

    Parameters
    ----------
    name : of the attribute that has the kind's name.
    """
    for kind in kinds:
        own = str(getattr(kind, name))
        if known.setdefault(own, kind) is not kind:
            text = f"{own}, which exists: {class_place(known[own])}"
            where = class_place(kind)
            findings.append(Finding("duplicate", where, "a new kind", text, "rename the class"))


def class_place(kind: type) -> str:
    """Where a class is defined, for findings.

    >>> class_place(Finding)
    'errors.py, class Finding'
    """
    return f"{Path(_file_of(kind)).name}, class {kind.__qualname__}"


def failure(error: BaseException, kind: type) -> str:
    """What stopped a plugin: file and line of its own code, and the error in words."""
    file = _file_of(kind)
    return f"{Path(file).name}{_line(error, file)}: {in_words(error)}"


def in_words(error: BaseException) -> str:
    """An error on one line.

    >>> in_words(KeyError("lot"))
    "KeyError: 'lot'"
    """
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _file_of(kind: type) -> str:
    """The file that defines a class; its module where there is none."""
    return getattr(sys.modules.get(kind.__module__), "__file__", None) or kind.__module__


def _line(error: BaseException, file: str) -> str:
    """A colon and the line of a file at which an error came, if it came there."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return f":{error.lineno}"
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == file]
    return f":{lines[-1]}" if lines else ""


def _module(file: Path) -> ModuleType:
    """The module of a file; its classes are made once, and again where the file was changed."""
    name, source = f"loopbook plugin {file}", file.read_bytes()
    known = sys.modules.get(name)
    if known is not None and known.__spec__ and known.__spec__.loader_state == source:
        return known
    spec = spec_from_loader(name, None, origin=str(file))
    assert spec is not None
    spec.loader_state = source
    module = module_from_spec(spec)
    module.__file__ = str(file)
    tree = ast.parse(source, str(file))
    names = Counter(one.name for one in tree.body if isinstance(one, ast.ClassDef))
    if twice := [one for one, count in names.items() if count > 1]:
        raise TypeError(f"class {', '.join(twice)} is defined twice")
    code = compile(tree, str(file), "exec")  # without the byte code of an older second
    sys.modules[name] = module
    try:
        exec(code, vars(module))
    except _LOAD_ERRORS:
        del sys.modules[name]
        raise
    return module
