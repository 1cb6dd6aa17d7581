"""Kinds that users add to the book: commands and kinds of files to import.

An installed package registers a class under the entry point group ``loopbook.kinds``. A Python file
is named in ``loopbook.toml`` in the working folder (``LOOPBOOK_SETTINGS`` names another file), and
all kinds that it defines are taken::

    plugins = ["consume.py"]
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from loopbook.errors import Finding, Findings, raise_findings
from loopbook.tables import installed_kinds, kinds_in_files, read_fields, read_toml

GROUP = "loopbook.kinds"
SETTINGS = "loopbook.toml"


class Kind:
    """Base of what a user can add; its name is made from the name of the class."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        """Make the kind's name: ``TransferTitle`` is ``transfer-title``."""
        super().__init_subclass__()
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


K = TypeVar("K", bound=Kind)


@dataclass(frozen=True)
class _Settings:
    plugins: tuple[str, ...] = ()


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
        if issubclass(kind, base) and known.setdefault(kind.kind, kind) is not kind:
            where, taken = f"{GROUP} {kind.__qualname__}", f"{kind.kind}, which exists"
            findings.append(Finding("duplicate", where, "a new kind", taken, "rename the class"))
    raise_findings(findings)
    return known


def _in_files() -> tuple[type[Kind], ...]:
    """Kinds in the files that the settings name."""
    path = Path(os.environ.get("LOOPBOOK_SETTINGS", SETTINGS))
    if not path.exists() and "LOOPBOOK_SETTINGS" not in os.environ:
        return ()
    findings = Findings(path.name)
    values = read_fields(_Settings, read_toml(path).data, findings)
    findings.raise_all()
    names = () if values is None else values.get("plugins", ())
    return kinds_in_files([path.parent / name for name in names], Kind, where=path.name)
