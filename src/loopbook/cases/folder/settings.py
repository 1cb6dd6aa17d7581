"""Reading the TOML files of a case: good settings by path, and the input row of each number."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loopbook.cases.folder.fields import CaseFindings, Known, SourcedValue, check_provenance
from loopbook.cases.folder.rules import SUM_TOLERANCE
from loopbook.errors import InputError
from loopbook.report import InputRow
from loopbook.tables import Field, Leaf, TomlFile, Value, read_leaves, read_toml


@dataclass(frozen=True, slots=True)
class Settings:
    """Good settings of a TOML file.

    Attributes
    ----------
    document : the file, which knows the line of each setting.
    leaves : settings by path with dots; ``owner.0.share`` of arrays of tables.
    """

    document: TomlFile
    leaves: Mapping[str, Leaf]

    def get(self, path: str, default: object = None) -> Value:
        """Value of a setting, or the default."""
        leaf = self.leaves.get(path)
        if leaf is None:
            return default
        return leaf.value.value if isinstance(leaf.value, SourcedValue) else leaf.value

    def names(self, table: str) -> list[str]:
        """Names or numbers under a table, in order of the file."""
        paths = [path.split(".") for path in self.leaves]
        return list(dict.fromkeys(path[1] for path in paths if path[0] == table and path[1:]))

    def provenance(self, leaf: Leaf) -> dict[str, str] | None:
        """Source of a setting's number: its own, or what is beside it in its table."""
        if isinstance(leaf.value, SourcedValue):
            return dict(leaf.value.provenance)
        table = leaf.path.rpartition(".")[0]
        if leaf.field.name != "share":
            return None
        return {
            name: str(self.get(f"{table}.{name}", ""))
            for name in ("source_id", "page", "grade", "note")
        }

    def inputs(self) -> Iterator[InputRow]:
        """Input rows of the numbers, and of the choices at the top of the file."""
        file = self.document.name
        for path, leaf in self.leaves.items():
            row = self.provenance(leaf)
            inner = f"{path}.value" if isinstance(leaf.value, SourcedValue) else path
            if row is not None or "." not in path:
                row = row or {"grade": "setting"}
                source, page, grade, note = (
                    row.get(name, "") for name in ("source_id", "page", "grade", "note")
                )
                yield InputRow(
                    f"case/{file}/{path}",
                    self.document.place(inner),
                    self.get(path),
                    leaf.field.type.unit if grade != "setting" else "",
                    source,
                    page,
                    grade,
                    note,
                )

    def refer(self, findings: CaseFindings) -> None:
        """Check the names that other files must have."""
        about = replace(findings, document=self.document)
        for path, leaf in self.leaves.items():
            if isinstance(leaf.field.type, Known):
                leaf.field.type.refer(leaf.value, path, about)


def read_settings(path: Path, fields: tuple[Field, ...], findings: CaseFindings) -> Settings:
    """Settings of a TOML file by their declaration; its errors are added to the findings."""
    try:
        document = read_toml(path)
    except InputError as error:
        findings.items.extend(error.findings)
        return Settings(TomlFile(path.name, {}, {}), {})
    about = replace(findings, document=document)
    return Settings(
        document, {leaf.path: leaf for leaf in read_leaves(fields, document.data, about)}
    )


def check_owners(settings: Settings, findings: CaseFindings) -> None:
    """Owners have a name each and a share with its source, and the shares sum to 1."""
    about = replace(findings, document=settings.document)
    ids: list[str] = []
    shares: list[float | None] = []
    for number in settings.names("owner"):
        owner = f"owner.{number}"
        name = settings.get(f"{owner}.id")
        if name in ids:
            about.note("duplicate", "each id once", name, at=f"{owner}.id")
        ids.append(name)
        shares.append(settings.get(f"{owner}.share"))
        if leaf := settings.leaves.get(f"{owner}.share"):
            check_provenance(settings.provenance(leaf) or {}, about, at=f"{owner}.")
    known = [share for share in shares if share is not None]
    if len(known) == len(shares) and not abs(sum(known) - 1.0) <= SUM_TOLERANCE:
        about.note(
            "share",
            "owners' shares that sum to 1",
            f"{sum(known):.6g}",
            at=f"owner.{len(shares) - 1}.share" if shares else "owner",
        )
