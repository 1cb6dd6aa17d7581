"""Names of a loop: where each is declared, what rows name, and what is off with its switch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loopbook.errors import nearest_hint
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.row import Row, column_of, columns_of
from loopbook.loop.nouns.trade import Term
from loopbook.loop.reading.keys import Keyed
from loopbook.loop.reading.parameters import Owners, mode_names
from loopbook.loop.reading.written import NOUNS, Line, Tables, fields_of_table
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

_MORE = {"materials": ("group", "component"), "parameters": ("mode",)}
"""Roles of the names that a table declares beside those of its first column."""

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
    roles = {table: (noun.role, *_MORE.get(table, ())) for table, noun in NOUNS.items()}
    names = Names(lost=frozenset(role for x in tables.broken for role in roles.get(x, ()) if role))
    for table, noun in NOUNS.items():
        if noun.role:
            names.places[noun.role] = _places(rows[table].all_lines(), noun.key[0])
    names.places["series"] |= dict.fromkeys(tables.lost_series, "")
    names.places["group"] = _places(rows[Material.table].all_lines(), "group")
    names.places["switch"] = {name: tables.place(f"switch.{name}") for name in switches}
    names.flowsheets = {name: x for name, x in tables.files.items() if x.suffix == ".toml"}
    models = {line["site"]: line["model"] for line in rows["sites"].all_lines()}
    others = {role: names.places[role] for role in ("material", "contract", "party")}
    parameters = [*rows["parameters"].all_lines()]
    modes = mode_names(parameters, Owners(models, others, kinds))
    names.places["mode"] = _places((line for line in parameters if line["on"] in modes), "on")
    names.owners = Owners(models, {**others, "mode": modes}, kinds)
    return names


def _places(lines: Iterable[Line], column: str) -> dict[str, str]:
    places = [(line[column], line.where) for line in lines if line[column]]
    return dict(places) | dict(reversed(places))  # the first of each


def check_references(row: Row, names: Names, findings: LoopFindings) -> None:
    """Findings for names in a row that no list has, or another list than the one it is of."""
    at, switch = findings.about(row.where), row.provenance.switch
    if isinstance(row, Material | Split) and not names.are_lost("component"):
        _check_components(row, names, findings)
    if switch:
        at.check_known("a switch of the case", switch, names.of("switch"), at="switch")
    for one in columns_of(type(row)):
        name = getattr(row, one.name)
        if isinstance(one.type, Ref) and name and not names.are_lost(one.type.role):
            listed = one.type.role.split("|")
            roles = row.kinds if isinstance(row, Term) and one.name == "on" else listed
            _check_reference(name, column_of(one.name), roles, names, at=at)


def _check_reference(
    name: str, column: str, roles: Sequence[str], names: Names, *, at: LoopFindings
) -> None:
    """A finding for a name that no list of the roles has."""
    known = names.of("|".join(roles))
    if name in known:
        at.uses.update((role, name) for role in roles)
        return
    what = " or ".join(_WORDS.get(role, f"a {role}") for role in roles)
    own = {x for role in roles for x in names.places.get(role, ())}
    hints = [nearest_hint(name, own), nearest_hint(name, known)]  # the case's own names first
    near = next((x for x in hints if x.startswith("did")), "")
    others = [role for role, places in names.places.items() if name in places]
    if others:
        at.note("wrong-list", what, f"{name}, a {others[0]}", at=column, hint=near)
    else:
        hint = near or hints[0] or hints[1]
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
    kept = {table: [*rows.in_force(switches)] for table, rows in tables.items()}
    declared = {
        noun.role: (noun, {line[noun.key[0]] for line in tables[table].all_lines()})
        for table, noun in NOUNS.items()
        if noun.role in _SWITCHED
    }
    lines: dict[str, list[Line]] = {}
    while lines != kept:
        lines = kept
        off = {
            role: names - {x[noun.key[0]] for x in lines[noun.table] if x["starts"] != _NEVER}
            for role, (noun, names) in declared.items()
        }
        kept = {
            table: [line for line in rows if not _names_off(line, off)]
            for table, rows in lines.items()
        }
    return kept


def _names_off(line: Line, off: Mapping[str, set[str]]) -> bool:
    """Whether a row names a thing that is off, or is that thing's own row."""
    roles = {NOUNS[line.table].key[0]: NOUNS[line.table].role}
    for column, one in fields_of_table(line.table).items():
        if isinstance(one.type, Ref):
            roles[column] = one.type.role
    return any(
        line[column] in names and (named == "any" or role in named.split("|"))
        for column, named in roles.items()
        for role, names in off.items()
        if line[column]
    )
