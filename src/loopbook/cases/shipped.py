"""Where cases are: a folder of the user's own, `cases` in the working folder, or a shipped case."""

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from loopbook.errors import Finding, InputError, nearest_hint
from loopbook.files import whole_folder, writing
from loopbook.loop import copy_loop
from loopbook.report import Answer

SETTINGS_FILE = "case.toml"

FIRST = "starter"
"""The shipped case that a new one is copied from."""


@dataclass(frozen=True, slots=True)
class NewCase(Answer):
    """A copy of a shipped case."""

    folder: Annotated[str, "the new folder"]
    source: Annotated[str, "name of the shipped case"]

    def headline(self) -> str:
        """The folder, and what to do next."""
        command = f"loopbook run {shlex.quote(self.folder)}"
        return f"{self.folder}: edit its CSV and TOML files, then: {command}"


@dataclass(frozen=True, slots=True)
class CopiedCase(Answer):
    """The tables of a case as a workbook or a folder."""

    to: Annotated[str, "the new workbook or folder"]
    source: Annotated[str, "the folder or workbook that was copied"]
    not_copied: Annotated[str, "files beside the tables, which a copy of the tables has not"]

    def headline(self) -> str:
        """What was written and what was not."""
        text = f"{self.to}: the tables of {self.source}"
        return f"{text}; not copied: {self.not_copied}" if self.not_copied else text


def shipped_cases() -> Path:
    """Folder of the cases that come with Loopbook: in the installed package or in the checkout.

    >>> (shipped_cases() / "starter" / "case.toml").is_file()
    True
    """
    room = Path(__file__).parent
    installed = room / "shipped"
    return installed if installed.is_dir() else room.parents[2] / "cases"


def case_names(folder: Path) -> list[str]:
    """Names of the cases in a folder, sorted: folders and workbooks."""
    folders = (path.parent.name for path in folder.glob(f"*/{SETTINGS_FILE}"))
    return sorted((*folders, *(path.name for path in folder.glob("*.xlsx"))))


def find_case(name: str | Path, cases: Path | None = None) -> Path:
    """Place of a case: a path, or the name of a case in ``cases`` or among the shipped ones.

    Parameters
    ----------
    name : path of a folder or workbook, or a name.
    cases : folder of named cases, before the shipped ones; ``cases`` in the working folder by
        default.

    Raises
    ------
    InputError : there is no such case; the finding has the nearest names.
    """
    path = Path(name)
    roots = [Path("cases") if cases is None else cases, shipped_cases()]
    for place in (path, *(root / path for root in roots)):
        if place.is_dir() or (place.is_file() and place.suffix.lower() == ".xlsx"):
            return place
    raise InputError.of(
        "missing-file",
        str(name),
        "a folder or workbook of a case",
        "nothing",
        hint=nearest_hint(str(name), {known for root in roots for known in case_names(root)}),
    )


def new_case(name: str, *, source: str = "", folder: Path = Path()) -> NewCase:
    """Copy a shipped case to a new folder, for the user to edit and run.

    Parameters
    ----------
    name : of the new folder.
    source : name of the shipped case; by default the case of that name, else `FIRST`.
    folder : where the new folder is made; the working folder by default.

    Raises
    ------
    InputError : the folder exists, its name is a path, or there is no such shipped case.
    """
    known = case_names(shipped_cases())
    source = source or (name if name in known else FIRST)
    new = folder / name
    if Path(name).name != name or name in {"", ".."}:
        finding = Finding("name", "NAME", "the name of a new folder", repr(name))
    elif new.exists():
        finding = Finding("file", str(new), "a new folder", "it exists", "choose another name")
    elif source not in known:
        finding = Finding(
            "unknown-name", "--from", "a shipped case", source, nearest_hint(source, known)
        )
    else:
        with writing(new), whole_folder(new) as scratch:
            shutil.copytree(shipped_cases() / source, scratch, dirs_exist_ok=True)
        return NewCase(str(new), source)
    raise InputError([finding])


def copy_case(name: str | Path, to: str | Path, *, cases: Path | None = None) -> CopiedCase:
    """Write the tables of a case as a new workbook, or those of a workbook as a new folder.

    Parameters
    ----------
    name : path or name of the case, as in `find_case`.
    to : the new workbook ``NAME.xlsx``, or the new folder.
    cases : folder of named cases.

    Raises
    ------
    InputError : there is no such case, it cannot be read, or what is named exists.
    """
    place = find_case(name, cases)
    beside = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    rest = [x for x in beside if not (x.endswith(".csv") or x.startswith((".", "__")))]
    rest = [x for x in rest if x != SETTINGS_FILE]
    return CopiedCase(str(copy_loop(place, to)), str(place), ", ".join(rest))
