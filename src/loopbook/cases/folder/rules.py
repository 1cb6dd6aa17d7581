"""Rules between the rows of a table: sums, completeness, names that belong together."""

from collections.abc import Collection, Sequence

from loopbook.cases.folder.fields import CaseFindings
from loopbook.cases.folder.metals import METALS, RECOVERY_TABLES
from loopbook.cases.folder.tables import Record
from loopbook.matter import component_names, components

SUM_TOLERANCE = 1e-9  # shares are typed by hand; their sum may miss 1 by rounding only


def sums_to_one(
    rows: Sequence[Record], findings: CaseFindings, *, column: str, by: str, names: Sequence[str]
) -> None:
    """The shares of each name in the column `by` must sum to 1."""
    for name in names:
        mine = [row for row in rows if row[by] == name]
        total = sum(row[column] for row in mine)
        if rows and not abs(total - 1.0) <= SUM_TOLERANCE:
            findings.note(
                "share",
                f"shares of {name} {by} that sum to 1",
                f"{total:.6g}",
                at=(mine or rows)[-1].where,
            )


def complete(
    rows: Sequence[Record],
    findings: CaseFindings,
    *,
    column: str,
    names: Collection[str],
    within: tuple[str, str] | None = None,
) -> None:
    """Each name must be in a column; with `within`, in the rows whose other column is as given."""
    mine = [row for row in rows if within is None or row[within[0]] == within[1]]
    missing = [name for name in names if name not in {row[column] for row in mine}]
    if missing and rows:
        findings.note(
            "missing",
            f"a row for each {column}" + (f" of {within[1]}" if within else ""),
            "no " + ", ".join(missing),
            at=(mine or rows)[-1].where,
        )


def constant(rows: Sequence[Record], findings: CaseFindings, *, column: str, by: str) -> None:
    """Rows of one name keep a column: they would otherwise be read by the first one's."""
    first: dict[str, Record] = {}
    for row in rows:
        begun = first.setdefault(row[by], row)
        if row[column] != begun[column]:
            findings.note(
                "input",
                f"{begun[column]}, the {column} of {row[by]} in {begun.where}",
                row[column],
                at=f"{row.where}, {column}",
            )


def holds_its_metal(rows: Sequence[Record], findings: CaseFindings) -> None:
    """The compound that stands for a metal made new must contain it."""
    elements = {metal.name: metal.element for metal in METALS}
    for row in rows:
        known, element = row["equivalent"] in component_names(), elements[row["metal"]]
        if known and element not in components(row["equivalent"]).elements:
            findings.note(
                "not-covered",
                f"a component that contains {element}",
                row["equivalent"],
                at=f"{row.where}, equivalent",
            )


def replaces_a_recovery(rows: Sequence[Record], findings: CaseFindings) -> None:
    """A recovery of the case replaces one of the library, which must be there."""
    for row in rows:
        table, subject = RECOVERY_TABLES.get(row["route"], ("recoveries", row["route"]))
        known = [n.parameter for n in findings.library.table(table) if n.subject == subject]
        findings.check_known(
            f"a parameter of {table}/{subject}",
            row["parameter"],
            known,
            at=f"{row.where}, parameter",
        )
