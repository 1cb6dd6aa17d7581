"""Kinds that users add to the book: commands and kinds of files to import.

An installed package registers a class under the entry point group ``loopbook.kinds``. A Python file
is named in ``loopbook.toml`` in the working folder (``LOOPBOOK_SETTINGS`` names another file), and
all kinds that it defines are taken::

    plugins = ["consume.py"]

The settings also hold limits of warnings (`loopbook.book.commands.warnings.limits`).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TypeVar

from loopbook.errors import Finding, Findings, raise_findings
from loopbook.tables import TomlFile, installed_kinds, kinds_in_files, read_fields, read_toml

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
    known, findings = dict(ours), []
    for kind in (*installed_kinds(GROUP, Kind), *_in_files()):
        if not issubclass(kind, base):
            continue
        where = f"{GROUP} {kind.__qualname__}"
        if known.setdefault(kind.kind, kind) is not kind:
            text = f"{kind.kind}, which exists"
            findings.append(Finding("duplicate", where, "a new kind", text, "rename the class"))
        if not any(getattr(kind, x, None) is not getattr(base, x, None) for x in base.methods):
            methods = " or ".join(f"{name}()" for name in base.methods)
            hint = f"write {methods} in the class"
            findings.append(Finding("plugin", where, f"a class with {methods}", "none", hint))
    raise_findings(findings)
    return known


def user_settings() -> tuple[Settings, TomlFile | None]:
    """The user's settings, and the file that they are from; none where there is no file."""
    path = Path(os.environ.get("LOOPBOOK_SETTINGS", SETTINGS))
    if not path.exists() and "LOOPBOOK_SETTINGS" not in os.environ:
        return Settings(), None
    findings, file = Findings(path.name), read_toml(path)
    values = read_fields(Settings, file.data, findings)
    findings.raise_all()
    return Settings(**(values or {})), file


def _in_files() -> tuple[type[Kind], ...]:
    """Kinds in the files that the settings name."""
    settings, file = user_settings()
    folder = Path(os.environ.get("LOOPBOOK_SETTINGS", SETTINGS)).parent
    where = "" if file is None else file.name
    return kinds_in_files([folder / name for name in settings.plugins], Kind, where=where)
