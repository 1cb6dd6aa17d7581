"""Checks between the tables of a case: names that must be known, shares that must sum to 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from loopbook.cases.folder.case import METALS, RECOVERY_TABLES, SOLD
from loopbook.cases.folder.reading import Context, Record
from loopbook.cases.folder.settings import Settings
from loopbook.errors import article, nearest_hint
from loopbook.matter.components import component_names, components

_SETTINGS_FILE = "case.toml"
_SUM_TOLERANCE = 1e-9  # shares are typed by hand; their sum may miss 1 by rounding only
_LATTICE = {"Li", "Ni", "Co", "Mn", "Al", "O"}
_FREIGHT = ("price", "payload", "packaging", "ghg", "return ghg")
_SLUG = re.compile(r"[a-z][a-z0-9_]*")


def check_case(
    settings: Settings, tables: Mapping[str, Sequence[Record]], context: Context
) -> None:
    """Find what is wrong between tables; tables that are broken themselves are left out.

    Parameters
    ----------
    settings, tables : what could be read.
    context : takes the findings, and has those of the tables.
    """
    broken = {f.where.partition(":")[0] for f in context.findings}
    _Cross(settings, tables, broken, context).check()


class _Cross:
    """Checks between tables; those of files that are broken themselves are left out."""

    __slots__ = ("broken", "context", "settings", "tables")

    def __init__(
        self,
        settings: Settings,
        tables: Mapping[str, Sequence[Record]],
        broken: set[str],
        context: Context,
    ) -> None:
        self.settings, self.tables = settings, tables
        self.broken, self.context = broken, context

    def check(self) -> None:
        self._owners()
        self._settings_names()
        self._scrap_types()
        self._names("lines.csv", "path", "scrap_path.csv", "path")
        self._names("clients.csv", "path", "scrap_path.csv", "path")
        self._names("clients.csv", "lane", "freight.csv", "lane")
        self._names("client_output.csv", "client", "clients.csv", "client")
        self._names("clients.csv", "client", "client_output.csv", "client")
        self._names("article_numbers.csv", "id", "article.csv", "id")
        self._matter()
        self._switches()
        self._recoveries()
        self._one_path_per_line()
        self._positive()
        self._stated()
        products = [*(m.product for m in METALS), *SOLD]
        self.complete("prices.csv", "item", products)
        self.complete("virgin.csv", "metal", [m.name for m in METALS])
        self._known("payables.csv", "metal", [m.name for m in METALS])
        for mode in ("plain", "hazmat"):
            self.complete("freight_rates.csv", "parameter", _FREIGHT, within=("mode", mode))

    def _good(self, file: str) -> Sequence[Record]:
        """Rows of a table; none if the table itself has findings."""
        return () if file in self.broken else self.tables.get(file, ())

    def _place(self, path: str) -> str:
        found = self.settings.values.get(path)
        return f"{_SETTINGS_FILE}:{found.line if found else 1}"

    def _unknown(self, where: str, expected: str, found: str, known: Iterable[str]) -> None:
        names = sorted(set(known))
        if found not in names:
            hint = nearest_hint(found, names)
            self.context.note("unknown-name", where, expected, found, hint=hint)

    def _owners(self) -> None:
        shares = {i: self.settings.get(f"owner.{i}.share") for i in self.settings.names("owner")}
        if not shares or None in shares.values():
            if not shares:
                self.context.note("missing", f"{_SETTINGS_FILE}:1", "an [[owner]]", "none")
            return
        ids = [self.settings.get(f"owner.{i}.id") for i in shares]
        for number, name in zip(shares, ids, strict=True):
            where = self._place(f"owner.{number}.id")
            if name is not None and not _SLUG.fullmatch(name):
                hint = "it names a column: small letters, digits, underscores"
                self.context.note("name", where, "an id such as tta", name, hint=hint)
            elif ids.count(name) > 1:
                self.context.note("duplicate", where, "each id once", str(name))
        total = sum(shares.values())
        if not abs(total - 1.0) <= _SUM_TOLERANCE:
            where = self._place(f"owner.{list(shares)[-1]}.share")
            self.context.note("share", where, "owners' shares that sum to 1", f"{total:.6g}")

    def _settings_names(self) -> None:
        library = self.context.library
        wanted = [
            ("chemistry", "a component", component_names()),
            ("cell_design", "a cell of composition_cell", library.subjects("composition_cell")),
            ("region", "a region of geography", library.subjects("geography")),
            (
                "equipment_year",
                "a year of cost_index",
                tuple(row.year for row in library.table("cost_index")),
            ),
        ]
        tables = [
            ("contract.lane", "freight.csv", "lane"),
            ("refiner.lane", "freight.csv", "lane"),
            ("foil", "foil.csv", "item"),
        ]
        for path, file, column in tables:
            if rows := self._good(file):
                wanted.append(
                    (path, article(f"{column} of {file}"), tuple(r[column] for r in rows))
                )
        for path, expected, known in wanted:
            found = self.settings.get(path)
            if found is not None:
                self._unknown(self._place(path), expected, str(found), known)

    def _scrap_types(self) -> None:
        rows = self._good("scrap_types.csv")
        for origin in ("cathode", "anode", "cells"):
            mine = [r for r in rows if r["origin"] == origin]
            total = sum(r["share"] for r in mine)
            if rows and not abs(total - 1.0) <= _SUM_TOLERANCE:
                where = mine[-1].where if mine else "scrap_types.csv:1"
                expected = f"shares of {origin} scrap that sum to 1"
                self.context.note("share", where, expected, f"{total:.6g}")

    def _names(self, file: str, column: str, other: str, other_column: str) -> None:
        rows, known = self._good(file), {r[other_column] for r in self._good(other)}
        if other in self.broken:
            return
        for row in rows:
            expected = article(f"{other_column} of {other}")
            self._unknown(f"{row.where}: {column}", expected, row[column], known)

    def _matter(self) -> None:
        designs = self.context.library.subjects("composition_cell")
        chemistry = self.settings.get("chemistry")
        if chemistry in component_names():
            self._oxide(chemistry, self._place("chemistry"))
        for row in self._good("clients.csv"):
            where = f"{row.where}: chemistry"
            self._unknown(where, "a component", row["chemistry"], component_names())
            if row["chemistry"] in component_names():
                self._oxide(row["chemistry"], where)
            where = f"{row.where}: cell_design"
            self._unknown(where, "a cell of composition_cell", row["cell_design"], designs)
        for row in self._good("virgin.csv"):
            where = f"{row.where}: equivalent"
            self._unknown(where, "a component", row["equivalent"], component_names())
            held = {m.element for m in METALS if m.name == row["metal"]}
            known = row["equivalent"] in component_names()
            if known and not held <= set(components(row["equivalent"]).elements):
                expected = f"a component that holds {', '.join(held)}"
                self.context.note("not-covered", where, expected, row["equivalent"])

    def _recoveries(self) -> None:
        """A recovery of the case replaces one of the library, so that one must be there."""
        for row in self._good("recoveries.csv"):
            table, subject = RECOVERY_TABLES.get(row["route"], ("recoveries", row["route"]))
            known = [n.parameter for n in self.context.library.table(table) if n.subject == subject]
            where = f"{row.where}: parameter"
            self._unknown(where, f"a parameter of {table}/{subject}", row["parameter"], known)

    def _one_path_per_line(self) -> None:
        """A line keeps its scrap path: its rows would otherwise be read by the first one's."""
        first: dict[str, Record] = {}
        for row in self._good("lines.csv"):
            begun = first.setdefault(row["line"], row)
            if row["path"] != begun["path"]:
                expected = f"{begun['path']}, the path of {row['line']} in {begun.where}"
                self.context.note("input", f"{row.where}: path", expected, row["path"])

    def _positive(self) -> None:
        """What a model divides by."""
        rows = [r for r in self._good("freight_rates.csv") if r["parameter"] == "payload"]
        for row in (*rows, *self._good("batteries.csv")):
            if row["value"] == 0.0:
                self.context.note("negative", f"{row.where}: value", "above 0", "0")

    def _stated(self) -> None:
        """The number that the table of batteries looks at."""
        path = "stated_batteries"
        found, rows = self.settings.get(path), self._good("article_numbers.csv")
        if found is None or "article_numbers.csv" in self.broken:
            return
        values = {r.name: r["value"] for r in rows}
        self._unknown(self._place(path), "ID/NAME of article_numbers.csv", found, values)
        if values.get(found) == 0.0:
            self.context.note("negative", self._place(path), "a number above 0", "0")

    def _switches(self) -> None:
        known = self.settings.names("switch")
        for row in self._good("clients.csv"):
            self._unknown(f"{row.where}: switch", "a switch of case.toml", row["switch"], known)

    def _oxide(self, name: str, where: str) -> None:
        """The routes take lithium oxides of nickel, cobalt, manganese, aluminium."""
        found = set(components(name).elements)
        if not ({"Li", "O"} <= found <= _LATTICE and found & {"Ni", "Co", "Mn"}):
            hint = "phosphates have no route yet"
            self.context.note(
                "not-covered", where, "a lithium oxide of Ni, Co, Mn, Al", name, hint=hint
            )

    def _known(self, file: str, column: str, names: Sequence[str]) -> None:
        for row in self._good(file):
            self._unknown(f"{row.where}: {column}", ", ".join(names), row[column], names)

    def complete(
        self, file: str, column: str, names: Sequence[str], *, within: tuple[str, str] | None = None
    ) -> None:
        """Every one of the names must stand in a column."""
        rows = [r for r in self._good(file) if within is None or r[within[0]] == within[1]]
        missing = [name for name in names if name not in {r[column] for r in rows}]
        if missing and self._good(file):
            where = f"{file}:{rows[-1].line if rows else 1}"
            expected = f"a row for each {column}" + (f" of {within[1]}" if within else "")
            self.context.note("missing", where, expected, "no " + ", ".join(missing))
