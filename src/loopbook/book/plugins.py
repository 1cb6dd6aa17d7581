"""Kinds that users add to the book: commands and kinds of files to import.

An installed package registers a class under the entry point group ``loopbook.kinds``. A Python file
is named in ``loopbook.toml`` in the working folder (``LOOPBOOK_SETTINGS`` names another file), and
all kinds that it defines are taken::

    plugins = ["consume.py"]

The settings also hold limits of warnings (`loopbook.book.commands.warnings.limits`).
"""

import os
import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from loopbook.errors import Finding, Findings, InputError, raise_findings
from loopbook.tables import add_kinds, class_place, installed_kinds, kinds_in_files, read_fields

if TYPE_CHECKING:
    from loopbook.tables import TomlFile

GROUP = "loopbook.kinds"
SETTINGS = "loopbook.toml"


class Kind:
    """Base of what a user can add; its name is made from the name of the class.

    Class attributes
    ----------------
    kind : its name.
    methods : methods of which a kind has at least one.
    """

    kind: ClassVar[str] = ""
    methods: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Make the kind's name: ``TransferTitle`` is ``transfer-title``."""
        super().__init_subclass__()
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def flaws(cls) -> Iterator[tuple[str, str, str]]:
        """Errors in the declaration, each as expected, found and remedy."""
        base = next(x for x in cls.__mro__ if "methods" in vars(x))
        if not any(getattr(cls, x, None) is not getattr(base, x, None) for x in cls.methods):
            names = " or ".join(f"{name}()" for name in cls.methods)
            yield f"a class with {names}", "none", f"write {names} in the class"
        if not cls.__doc__ or cls.__doc__.startswith(f"{cls.__name__}("):
            yield "a docstring", "none", "write its purpose below the name of the class"


K = TypeVar("K", bound=Kind)


@dataclass(frozen=True)
class Settings:
    """What the settings hold: files of plugins, and limits by subject and parameter as text."""

    plugins: tuple[str, ...] = ()
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def with_plugins(ours: Mapping[str, type[K]], base: type[K]) -> dict[str, type[K]]:
    """Our kinds and those of plugins, by name.

    Parameters
    ----------
    ours : by name.
    base : of ours; plugins of another base are left out.

    Raises
    ------
    InputError : errors in the settings, a plugin that cannot be loaded, a name that is taken.
    """
    known, findings = loaded(ours, base)
    raise_findings(findings)
    return known


def loaded(ours: Mapping[str, type[K]], base: type[K]) -> tuple[dict[str, type[K]], list[Finding]]:
    """Our kinds and those plugins that can be loaded, and the findings about the others."""
    known, findings = dict(ours), list[Finding]()
    kinds = installed_kinds(GROUP, Kind, findings)
    try:
        kinds += _in_files(findings)
    except InputError as error:
        findings += error.findings
    fit = [kind for kind in kinds if issubclass(kind, base)]
    wrong = {kind: flaws for kind in fit if (flaws := _flaws(cast(Hashable, kind)))}
    findings += [flaw for flaws in wrong.values() for flaw in flaws]
    add_kinds(known, [kind for kind in fit if kind not in wrong], "kind", findings)
    return known, findings


@cache
def _flaws(kind: Hashable) -> tuple[Finding, ...]:
    """Errors in the declaration of a kind, as findings."""
    assert isinstance(kind, type)
    assert issubclass(kind, Kind)
    place = class_place(kind)
    return tuple(Finding("plugin", place, *flaw) for flaw in kind.flaws())


def user_settings() -> "tuple[Settings, TomlFile | None]":
    """The user's settings, and the file that they are from; none where there is no file."""
    path = Path(os.environ.get("LOOPBOOK_SETTINGS", SETTINGS))
    if not path.exists() and "LOOPBOOK_SETTINGS" not in os.environ:
        return Settings(), None
    from loopbook.tables import read_toml

    findings, file = Findings(path.name), read_toml(path)
    values = read_fields(Settings, file.data, findings)
    findings.raise_all()
    return Settings(**(values or {})), file


def _in_files(findings: list[Finding]) -> list[type[Kind]]:
    """Kinds in the files that the settings name."""
    settings, file = user_settings()
    folder = Path(os.environ.get("LOOPBOOK_SETTINGS", SETTINGS)).parent
    where = "" if file is None else file.where("plugins")
    files = [folder / name for name in settings.plugins]
    return kinds_in_files(files, Kind, findings, where=where)
