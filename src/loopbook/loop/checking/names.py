"""Names are declared once, in three lists: what acts, what moves, and series."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from loopbook.loop.nouns.matter import Material
from loopbook.loop.nouns.places import Site
from loopbook.loop.reading.names import ACTORS, Names
from loopbook.loop.reading.typed import Rows
from loopbook.loop.values.findings import LoopFindings
from loopbook.matter import atomic_weights, component_names
from loopbook.tables import look, near

_LONG = 5  # characters of names that may be one letter apart by a slip


def check_names(rows: Rows, names: Names, findings: LoopFindings) -> None:
    """Findings for names that are declared twice; warnings for names that are nearly alike.

    Parameters
    ----------
    rows : all good rows.
    names : of the case.
    findings : takes them.
    """
    homes: dict[str, set[str]] = {}
    for site in rows.of(Site):
        homes.setdefault(site.party or site.site, set()).add(site.site)
    for first, second in combinations(ACTORS, 2):
        for name in names.places[first].keys() & names.places[second].keys():
            if (first, second) == ("party", "site") and homes.get(name) == {name}:
                continue  # a site may be named like its party if it is the only one
            place = names.places[second][name]
            findings.about(place).note(
                "duplicate",
                f"a name that no {first} has",
                name,
                hint=f"the {first} is declared at {names.places[first][name]}; rename the {second}",
            )
    _check_matter(rows.of(Material), names, findings)
    alike(names.places, findings)


def _check_matter(materials: Iterable[Material], names: Names, findings: LoopFindings) -> None:
    """Materials that the library has, and groups that are named like a material outside."""
    library = {*component_names(), *atomic_weights()}
    rows = [*materials]
    groups = {row.material: row.group for row in rows}
    for row in rows:
        at = findings.about(row.where)
        if row.material in library and (row.components or row.like):
            hint = "leave its composition out, or rename it"
            what = "a name that the library does not have"
            at.note("duplicate", what, row.material, at="material", hint=hint)
        if row.group in groups and groups[row.group] != row.group:
            at.note("duplicate", "a group that no material is named like", row.group, at="group")


def alike(places: Mapping[str, Mapping[str, str]], findings: LoopFindings) -> None:
    """Findings for names that look the same, warnings for those one letter apart."""
    for role, declared in places.items():
        for name, other in combinations(sorted(declared), 2):
            at = findings.about(declared[other])
            if look(name) == look(other):
                at.note(
                    "duplicate",
                    f"one name of a {role}",
                    f"{name!a} and {other!a}",
                    hint="they look alike; copy one of them",
                )
            elif near(name) == near(other) or _one_apart(name, other):
                sentence = f"the {role} {other} is nearly {name} of {declared[name] or role}"
                at.warn("alike", sentence, hint="is it the same?")


def _one_apart(name: str, other: str) -> bool:
    """Whether long names differ by one letter: another, one more, or two in the other order."""
    if min(len(name), len(other)) < _LONG or abs(len(name) - len(other)) > 1:
        return False
    pairs = enumerate(zip(name, other, strict=False))
    start = next((k for k, (a, b) in pairs if a != b), min(len(name), len(other)))
    if any(text[start : start + 1].isdigit() for text in (name, other)):
        return False  # line 1, line 2
    left, right = name[start:], other[start:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return left[1:] == right[1:] or left == right[1:] or left[1:] == right or swapped
