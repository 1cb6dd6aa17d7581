"""Kinds that others add: classes of installed packages, and of Python files.

A package registers a class under an entry point group in its ``pyproject.toml``, a line a kind::

    [project.entry-points."loopbook.units"]
    zig-zag-sifter = "sifters:ZigZagSifter"

A file is named in settings; all classes of the base that it defines are taken. Plugins are code:
they run with the rights of the person who names them.
"""

import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from loopbook.errors import Finding, raise_findings

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


def installed_kinds(group: str, base: type[T]) -> tuple[type[T], ...]:
    """Classes that installed packages register under an entry point group, in order of name.

    Parameters
    ----------
    group : such as ``loopbook.units``.
    base : the class that each of them must extend.

    Raises
    ------
    InputError : a package registers something else.
    """
    kinds, findings = [], []
    for entry in _entries(group, tuple(sys.path)):
        kind = entry.load()
        if isinstance(kind, type) and issubclass(kind, base):
            kinds.append(kind)
        else:
            findings.append(
                Finding(
                    "plugin",
                    f"entry point {entry.name} of {group}",
                    f"a {base.__name__}",
                    entry.value,
                )
            )
    raise_findings(findings)
    return tuple(kinds)


@cache
def _entries(group: str, path: tuple[str, ...]) -> "list[EntryPoint]":
    """Entry points of a group, in order of name; every package on the path is read once."""
    from importlib.metadata import entry_points

    return sorted(entry_points(group=group))


def kinds_in_files(
    files: Iterable[Path], base: type[T], *, where: str = "plugins"
) -> tuple[type[T], ...]:
    """Classes that Python files define, in order of definition; a file is run once.

    Parameters
    ----------
    files : the files.
    base : the class whose subclasses are taken.
    where : place in the settings that name the files, for findings.

    Raises
    ------
    InputError : a file is absent or defines no such class.
    """
    kinds: list[type[T]] = []
    findings = []
    for file in files:
        if not file.is_file():
            findings.append(Finding("file", where, "a Python file", str(file)))
            continue
        module = _module(file.resolve())
        own = [k for k in vars(module).values() if isinstance(k, type) and issubclass(k, base)]
        own = [k for k in own if k.__module__ == module.__name__]
        if not own:
            findings.append(Finding("plugin", where, f"a file with a {base.__name__}", str(file)))
        kinds += own
    raise_findings(findings)
    return tuple(kinds)


def _module(file: Path) -> ModuleType:
    """The module of a file, kept under its path so that its classes are made once."""
    name = f"loopbook plugin {file}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
