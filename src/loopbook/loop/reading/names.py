"""Names of a loop: where each is declared, what rows name, and what is off with its switch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loopbook.errors import nearest_hint
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.row import Row, column_of, columns_of
from loopbook.loop.reading.keys import Keyed
from loopbook.loop.reading.parameters import Owners, mode_names
from loopbook.loop.reading.written import NOUNS, SERIES, Line, Tables, fields_of_table
from loopbook.loop.values.cells import OUTSIDE, Ref
from loopbook.loop.values.findings import LoopFindings
from loopbook.matter import OTHER, atomic_weights, component_names

FIXED: Mapping[str, tuple[str, ...]] = {
    "outside": (OUTSIDE,),
    "disposal": ("disposal",),
    "flow": ("feed", "made", "disposal", "rest"),
    "side": ("buyer", "seller"),
}
"""Names of Loopbook, by role."""

ACTORS = ("party", "site", "contract", "mode")
"""Lists of what acts: a name is in one of them."""

_ROLES: Mapping[str, tuple[str, ...]] = {
    "parties": ("party",),
    "sites": ("site",),
    "contracts": ("contract",),
    "materials": ("material", "group", "component"),
    "parameters": ("mode",),
    SERIES: ("series",),
}
_SWITCHED = ("party", "site", "contract")
_NEVER = "never"


@dataclass(slots=True)
class Names:
    """Names by role, each with the place where it is declared first.

    Parameters
    ----------
    places : place by name, by role.
    owners : what parameters may be on.
    lost : roles whose names are not known, for their table cannot be read.
    flowsheets : flowsheet files beside the tables, by name.
    """

    places: dict[str, dict[str, str]] = field(default_factory=dict)
    owners: Owners = field(default_factory=Owners)
    lost: frozenset[str] = frozenset()
    flowsheets: Mapping[str, Path] = field(default_factory=dict)

    def are_lost(self, roles: str) -> bool:
        """Whether a name of a role cannot be looked up."""
        return "any" in roles or not self.lost.isdisjoint(roles.split("|"))

    def of(self, roles: str) -> set[str]:
        """Names of one role, or of several with ``|`` between them."""
        return {name for role in roles.split("|") for name in self._names(role)}

    def _names(self, role: str) -> Iterable[str]:
        match role:
            case "element":
                return atomic_weights()
            case "component":
                return {*component_names(), *atomic_weights(), OTHER, *self.places["material"]}
            case "count":
                return {count for model in self.owners.kinds.values() for count in model.counts}
            case _:
                return FIXED.get(role, self.places.get(role, ()))

    def lists_with(self, name: str) -> list[str]:
        """Lists of the case that have a name."""
        return [role for role, names in self.places.items() if name in names]


def declared(
    rows: Mapping[str, Keyed],
    switches: Iterable[str],
    tables: Tables,
    kinds: Mapping[str, type[SiteModel]],
) -> Names:
    """Names that rows declare, whether they are in force or not.

    Parameters
    ----------
    rows : by table and key.
    switches : names of the switches.
    tables : as they are written.
    kinds : site models by name.
    """
    names = Names(lost=frozenset(role for x in tables.broken for role in _ROLES.get(x, ())))
    for table, noun in NOUNS.items():
        if noun.role:
            column = noun.key[0]
            names.places[noun.role] = _places(rows[table].all_lines(), column)
    names.places["series"] = _places(rows[SERIES].all_lines(), "series")
    names.places["series"] |= dict.fromkeys(tables.lost_series, "")
    names.places["group"] = _places(rows[Material.table].all_lines(), "group")
    names.places["process"] = _places(rows["shares"].all_lines(), "process")
    names.places["source"] = _places(rows["sources"].all_lines(), "source_id")
    names.places["switch"] = {name: tables.place(f"switch.{name}") for name in switches}
    names.flowsheets = {name: x for name, x in tables.files.items() if x.suffix == ".toml"}
    models = {line["site"]: line["model"] for line in rows["sites"].all_lines()}
    others = {role: names.places[role] for role in ("material", "contract", "party")}
    names.owners = Owners(models, others, kinds)
    parameters = [*rows["parameters"].all_lines()]
    modes = mode_names(parameters, names.owners)
    places = _places(parameters, "on")
    names.places["mode"] = {name: places[name] for name in places if name in modes}
    return names


def _places(lines: Iterable[Line], column: str) -> dict[str, str]:
    places: dict[str, str] = {}
    for line in lines:
        if line[column]:
            places.setdefault(line[column], line.where)
    return places


def references(row: Row) -> Iterator[tuple[str, str, str]]:
    """Column, roles and name of each name in a row."""
    for one in columns_of(type(row)):
        name = getattr(row, one.name)
        if isinstance(one.type, Ref) and name:
            yield column_of(one.name), one.type.role, name


def check_references(row: Row, names: Names, findings: LoopFindings) -> None:
    """Findings for names in a row that no list has, or another list than the one it is of."""
    at = findings.about(row.where)
    if isinstance(row, Material | Split) and not names.are_lost("component"):
        _check_components(row, names, findings)
    switch = row.provenance.switch
    if switch:
        at.check_known("a switch of the case", switch, names.of("switch"), at="switch")
    for column, roles, name in references(row):
        if names.are_lost(roles):
            continue
        known = names.of(roles)
        if name in known:
            findings.uses.update((role, name) for role in roles.split("|"))
            continue
        what = " or ".join(_WORDS.get(role, f"a {role}") for role in roles.split("|"))
        own = {x for role in roles.split("|") for x in names.places.get(role, ())}
        hints = [nearest_hint(name, own), nearest_hint(name, known)]  # the case's own names first
        hint = next((x for x in hints if x.startswith("did")), hints[0] or hints[1])
        others = names.lists_with(name)
        if others:
            hint = hint if hint.startswith("did") else ""
            at.note("wrong-list", what, f"{name}, a {others[0]}", at=column, hint=hint)
        else:
            at.note("unknown-name", what, name, at=column, hint=hint)


def _check_components(row: Material | Split, names: Names, findings: LoopFindings) -> None:
    """Findings for further columns that are no components, each once a table."""
    header = findings.about(f"{row.where.rpartition(':')[0]}:1")
    known = names.of("component")
    for name in row.components:
        findings.uses.add(("component", name))
        if name not in known:
            header.unknown("a component", name, known, at=name)


_WORDS = {
    "outside": "outside",
    "element": "an element",
    "group": "a group of materials",
    "side": "buyer or seller",
    "flow": "feed, made, disposal or rest",
    "count": "a count of a site model",
    "disposal": "disposal",
}


# -- switches


def in_force(tables: Mapping[str, Keyed], switches: Mapping[str, bool]) -> dict[str, list[Line]]:
    """Rows of each table that hold in a run; what names a thing that is off is off too."""
    lines = {table: [*rows.in_force(switches)] for table, rows in tables.items()}
    everything = {table: [*rows.all_lines()] for table, rows in tables.items()}
    while True:
        off = _off(lines, everything)
        kept = {
            table: [line for line in rows if not _names_off(line, off)]
            for table, rows in lines.items()
        }
        if all(len(kept[table]) == len(rows) for table, rows in lines.items()):
            return kept
        lines = kept


def _off(
    lines: Mapping[str, list[Line]], everything: Mapping[str, list[Line]]
) -> dict[str, set[str]]:
    """Names by role that are declared, and by no row in force."""
    off = {}
    for table, noun in NOUNS.items():
        if noun.role in _SWITCHED:
            column = noun.key[0]
            on = {line[column] for line in lines[table] if line["starts"] != _NEVER}
            off[noun.role] = {line[column] for line in everything[table]} - on
    return off


def _names_off(line: Line, off: Mapping[str, set[str]]) -> bool:
    """Whether a row names a thing that is off, or is that thing's own row."""
    if line.table == SERIES:
        return False
    noun = NOUNS[line.table]
    if noun.role in off and line[noun.key[0]] in off[noun.role]:
        return True
    if line.table == "parameters":
        return _is_off(line["on"], _SWITCHED, off)
    for column, one in fields_of_table(line.table).items():
        if isinstance(one.type, Ref) and line[column]:
            roles = [role for role in one.type.role.split("|") if role in off]
            if roles and _is_off(line[column], roles, off):
                return True
    return False


def _is_off(name: str, roles: Iterable[str], off: Mapping[str, set[str]]) -> bool:
    return any(name in off[role] for role in roles)
