r"""A lineage for other programs: JSON (all of it), CSV (its links), GraphML (a graph).

**JSON** is one object; one end or link a line. Masses are whole milligrams, times microseconds
since 1970 UTC, shares 0..1, or null where there is nothing to have a share of::

    {"format": "loopbook lineage", "version": 1,
     "substances": ["Ni", "other"],
     "focus": ["B-1"],
     "ends": [{"id": "S-1", "kind": "lot", "material": "scrap", "stage": 0,
               "content_mg": {"Ni": 220, "other": 780}, "event": "e-1", "made_at_us": 0}],
     "links": [{"source": "S-1", "target": "B-1", "content_mg": {"Ni": 220, "other": 780}}],
     "shares": {"S-1": {"Ni": 1.0, "other": 1.0}}}

**CSV** has a row a link: ``source``, ``source_kind``, ``source_material``, the same of the target,
``mass_kg`` and a column for each substance, ``Ni_kg``; decimal text, exact to the milligram.

**GraphML** has typed attributes: of nodes ``name``, ``kind``, ``material``, ``event``, ``stage``,
``made_at_us``, ``focus``, ``mass_kg``, ``Ni_kg`` and, where there are shares, ``Ni_share``; of
edges ``mass_kg`` and ``Ni_kg``. Nodes are called ``n0``, ``n1`` ..., because GraphML's own names
hold no spaces.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from loopbook.book import Content
from loopbook.errors import Finding, InputError, NotFiniteError, raise_findings
from loopbook.trace.lineage.format import exact_kg, xml_text
from loopbook.trace.lineage.nouns import End, Lineage, Link

_FORMAT = "loopbook lineage"
_VERSION = 1


# --- JSON ------------------------------------------------------------------------------------


def lineage_json(lineage: Lineage) -> str:
    r"""A lineage as JSON, nothing lost; the module says in which shape.

    >>> text = lineage_json(Lineage(("Ni",), (), [End("S-1", "lot", "scrap", 0, (5,))], (), {}))
    >>> read_lineage_json(text).ends[0].content
    (5,)
    """
    names = lineage.substances
    found = [
        Finding("not-finite", f"shares of {end}", "a finite number or NaN", str(share))
        for end, shares in lineage.shares.items()
        for share in shares
        if math.isinf(share)
    ]
    if found:
        raise NotFiniteError(found)

    def content(held: Content) -> dict[str, int]:
        return dict(zip(names, held, strict=True))

    ends = [
        {
            "id": e.id,
            "kind": e.kind,
            "material": e.material,
            "stage": e.stage,
            "content_mg": content(e.content),
            "event": e.event,
            "made_at_us": e.made_at,
        }
        for e in lineage.ends
    ]
    links = [
        {"source": k.source, "target": k.target, "content_mg": content(k.content)}
        for k in lineage.links
    ]
    shares = {
        end: {n: None if math.isnan(x) else x for n, x in zip(names, s, strict=True)}
        for end, s in sorted(lineage.shares.items())
    }
    parts = [
        f'"format": {_json(_FORMAT)}, "version": {_VERSION}',
        f'"substances": {_json(list(names))}',
        f'"focus": {_json(list(lineage.focus))}',
        f'"ends": [{_rows(map(_json, ends))}]',
        f'"links": [{_rows(map(_json, links))}]',
        f'"shares": {{{_rows(f"{_json(end)}: {_json(s)}" for end, s in shares.items())}}}',
    ]
    return "{" + ",\n".join(parts) + "}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _rows(rows: Iterable[str]) -> str:
    text = ",\n ".join(rows)
    return f"\n {text}" if text else ""


def read_lineage_json(text: str, *, where: str = "lineage.json") -> Lineage:
    """A lineage from its JSON.

    Parameters
    ----------
    where : name of the file, for the findings, of which all come at once.
    """
    try:
        whole = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError([Finding("json", f"{where}:{line}", "JSON", str(error))]) from None
    reading = _Reading(where)
    if reading.of(whole, dict, "the file") and (
        whole.get("format") != _FORMAT or whole.get("version") != _VERSION
    ):
        found = f"{whole.get('format')!r}, version {whole.get('version')!r}"
        reading.note("format", f"{_FORMAT!r}, version {_VERSION}", found)
    raise_findings(reading.findings)
    names = reading.texts(whole, "substances")
    focus = reading.texts(whole, "focus")
    ends = [reading.end(row, names, f"ends[{i}]") for i, row in reading.each(whole, "ends")]
    links = [reading.link(row, names, f"links[{i}]") for i, row in reading.each(whole, "links")]
    shares = {}
    given = whole.get("shares")
    if reading.of(given, dict, "shares"):
        for end, row in given.items():
            shares[end] = reading.shares(row, names, f"shares.{end}")
    known = {e.id for e in ends}
    reading.once([e.id for e in ends], "ends")
    reading.once([f"{k.source} → {k.target}" for k in links], "links")
    for i, link in enumerate(links):
        for end in {link.source, link.target} - known:
            reading.note(f"links[{i}]", "an end of the lineage", repr(end))
    raise_findings(reading.findings)
    return Lineage(names, focus, tuple(ends), tuple(links), shares)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


class _Reading:
    """Takes values out of JSON and notes what is not as it should be."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.findings: list[Finding] = []

    def note(self, at: str, expected: str, found: str) -> None:
        """One thing that is wrong."""
        self.findings.append(Finding("lineage", f"{self.where}: {at}", expected, found))

    def of(self, value: object, kind: type, at: str) -> bool:
        """Whether a value is of a kind; a finding if not. True is no number."""
        kinds = (int, float) if kind is float else (kind,)
        if isinstance(value, kinds) and not (isinstance(value, bool) and kind is not bool):
            return True
        names = {dict: "an object", list: "a list", str: "text", int: "a whole number"}
        self.note(at, names.get(kind, "a number"), "nothing" if value is None else repr(value)[:40])
        return False

    def each(self, whole: dict[str, Any], key: str) -> Iterable[tuple[int, Any]]:
        """Places and values of a list."""
        value = whole.get(key)
        return enumerate(value) if self.of(value, list, key) and value else ()

    def texts(self, whole: dict[str, Any], key: str) -> tuple[str, ...]:
        """A list of texts, none twice."""
        found = tuple(v for i, v in self.each(whole, key) if self.of(v, str, f"{key}[{i}]"))
        self.once(found, key)
        return found

    def once(self, names: Sequence[str], at: str) -> None:
        """A finding for each name that comes twice."""
        for name in sorted({n for n in names if names.count(n) > 1} if _doubled(names) else ()):
            self.note(at, "each once", f"{name!r} twice")

    def values(self, row: object, names: Sequence[str], at: str, *, kind: type) -> tuple[Any, ...]:
        """A number for each substance, in their order."""
        if not self.of(row, dict, at) or not isinstance(row, dict):
            return ()
        if set(row) != set(names):
            self.note(at, "substances " + ", ".join(names), ", ".join(row) or "none")
            return ()
        return tuple(kind(row[n]) if self.of(row[n], kind, f"{at}.{n}") else kind() for n in names)

    def shares(self, row: object, names: Sequence[str], at: str) -> tuple[float, ...]:
        """A share for each substance; null is none."""
        if isinstance(row, dict):
            row = {n: math.nan if x is None else x for n, x in row.items()}
        return self.values(row, names, at, kind=float)

    def fields(self, row: object, kinds: dict[str, type], at: str) -> dict[str, Any]:
        """Fields of an object, each of its kind."""
        if not self.of(row, dict, at) or not isinstance(row, dict):
            return {name: kind() for name, kind in kinds.items()}
        for name in sorted(set(row) - {*kinds, "content_mg"}):
            self.note(at, "no other field than " + ", ".join([*kinds, "content_mg"]), name)
        return {
            name: row[name] if self.of(row.get(name), kind, f"{at}.{name}") else kind()
            for name, kind in kinds.items()
        }

    def end(self, row: object, names: Sequence[str], at: str) -> End:
        """An end."""
        kinds = {
            "id": str,
            "kind": str,
            "material": str,
            "stage": int,
            "event": str,
            "made_at_us": int,
        }
        got = self.fields(row, kinds, at)
        content = self.values(
            row.get("content_mg") if isinstance(row, dict) else {},
            names,
            f"{at}.content_mg",
            kind=int,
        )
        return End(
            got["id"],
            got["kind"],
            got["material"],
            got["stage"],
            content,
            got["event"],
            got["made_at_us"],
        )

    def link(self, row: object, names: Sequence[str], at: str) -> Link:
        """A link; nothing in it is below zero."""
        got = self.fields(row, {"source": str, "target": str}, at)
        held = row.get("content_mg") if isinstance(row, dict) else {}
        content = self.values(held, names, f"{at}.content_mg", kind=int)
        if any(not mg >= 0 for mg in content):
            self.note(f"{at}.content_mg", "nothing below zero", str(min(content)))
        return Link(got["source"], got["target"], content)


def _doubled(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)


# --- CSV -------------------------------------------------------------------------------------

_FIRST = (
    "source",
    "source_kind",
    "source_material",
    "target",
    "target_kind",
    "target_material",
    "mass_kg",
)


def lineage_csv(lineage: Lineage) -> str:
    r"""The links of a lineage as CSV; the module says in which columns.

    >>> ends = [End("S-1", "lot", "scrap", 0, (5,)), End("B-1", "lot", "black mass", 1, (5,))]
    >>> print(lineage_csv(Lineage(("Ni",), (), ends, [Link("S-1", "B-1", (5,))], {})))
    source,source_kind,source_material,target,target_kind,target_material,mass_kg,Ni_kg
    S-1,lot,scrap,B-1,lot,black mass,0.000005,0.000005
    <BLANKLINE>
    """
    ends = {e.id: e for e in lineage.ends}
    rows = [[*_FIRST, *(f"{s}_kg" for s in lineage.substances)]]
    for link in lineage.links:
        source, target = ends[link.source], ends[link.target]
        rows.append(
            [
                source.id,
                source.kind,
                source.material,
                target.id,
                target.kind,
                target.material,
                *map(exact_kg, (sum(link.content), *link.content)),
            ]
        )
    return "".join(",".join(map(_field, row)) + "\n" for row in rows)


def _field(text: str) -> str:
    """A field, in quotes where it must be; the csv module would leave a lone carriage return."""
    return '"' + text.replace('"', '""') + '"' if re.search(r'[,"\r\n]', text) else text


def read_lineage_csv(
    text: str, *, where: str = "lineage.csv"
) -> tuple[tuple[str, ...], tuple[Link, ...]]:
    """Substances and links from a lineage's CSV; all findings come at once, with their lines."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Finding] = []
    links: list[Link] = []
    try:
        header = next(rows, [])
        names = tuple(column.removesuffix("_kg") for column in header[len(_FIRST) :])
        if tuple(header[: len(_FIRST)]) != _FIRST or not all(c.endswith("_kg") for c in header[6:]):
            expected = ",".join((*_FIRST, "SUBSTANCE_kg ..."))
            raise_findings([Finding("columns", f"{where}:1", expected, ",".join(header))])
        for row in rows:
            links += _link(
                row,
                len(names),
                lambda *what, at=rows.line_num: found.append(
                    Finding("lineage", f"{where}:{at}", *what)
                ),
            )
    except csv.Error as error:
        found.append(Finding("csv", f"{where}:{rows.line_num}", "CSV", str(error)))
    raise_findings(found)
    return names, tuple(links)


def _link(row: Sequence[str], many: int, note: Callable[[str, str], None]) -> list[Link]:
    if len(row) != len(_FIRST) + many:
        note(f"{len(_FIRST) + many} columns", str(len(row)))
        return []
    amounts = [_mg(cell) for cell in row[len(_FIRST) - 1 :]]
    for cell, mg in zip(row[len(_FIRST) - 1 :], amounts, strict=True):
        if mg is None:
            note("kg to the milligram, not below zero", cell)
    mass, *content = [mg or 0 for mg in amounts]
    if None in amounts:
        return []
    if mass != sum(content):
        note(f"mass_kg {exact_kg(sum(content))}, the sum of the substances", exact_kg(mass))
    return [Link(row[0], row[3], tuple(content))]


def _mg(cell: str) -> int | None:
    """Whole mg of kg as decimal text; None where it is not that.

    >>> _mg("12.5"), _mg("0.0000001"), _mg("-1"), _mg("nan"), _mg("x")
    (12500000, None, None, None, None)
    """
    found = re.fullmatch(r"([0-9]{1,30})(?:\.([0-9]{1,30}))?", cell, re.ASCII)
    if not found:
        return None
    digits = (found[2] or "").rstrip("0")
    return int(found[1] + digits.ljust(6, "0")) if len(digits) <= 6 else None


# --- GraphML ---------------------------------------------------------------------------------


def lineage_graphml(lineage: Lineage) -> str:
    """A lineage as a directed graph in GraphML; the module says with which attributes.

    Masses are doubles: exact to the milligram up to nine million tonnes.

    >>> ends = [End("S-1", "lot", "scrap", 0, (5,))]
    >>> text = lineage_graphml(Lineage(("Ni",), ("S-1",), ends, (), {}))
    >>> '<data key="d0">S-1</data>' in text, '<data key="d6">true</data>' in text
    (True, True)
    """
    names = lineage.substances
    of_node = [
        ("name", "string"),
        ("kind", "string"),
        ("material", "string"),
        ("event", "string"),
        ("stage", "int"),
        ("made_at_us", "long"),
        ("focus", "boolean"),
        ("mass_kg", "double"),
        *((f"{s}_kg", "double") for s in names),
    ]
    if lineage.shares:
        of_node += [(f"{s}_share", "double") for s in names]
    of_edge = [("mass_kg", "double"), *((f"{s}_kg", "double") for s in names)]
    keys = [("node", *key) for key in of_node] + [("edge", *key) for key in of_edge]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ]
    lines += [
        f'<key id="d{i}" for="{what}" attr.name="{xml_text(name)}" attr.type="{kind}"/>'
        for i, (what, name, kind) in enumerate(keys)
    ]
    lines.append('<graph id="lineage" edgedefault="directed">')
    number = {e.id: f"n{i}" for i, e in enumerate(lineage.ends)}
    focus = set(lineage.focus)
    for end in lineage.ends:
        asked = "true" if end.id in focus else "false"
        values = [
            end.id,
            end.kind,
            end.material,
            end.event,
            str(end.stage),
            str(end.made_at),
            asked,
            *_doubles(end.content),
            *(None if math.isnan(s) else repr(s) for s in lineage.shares.get(end.id, ())),
        ]
        lines += [f'<node id="{number[end.id]}">', *_data(values, 0), "</node>"]
    for i, link in enumerate(lineage.links):
        ends = f'source="{number[link.source]}" target="{number[link.target]}"'
        data = _data(_doubles(link.content), len(of_node))
        lines += [f'<edge id="e{i}" {ends}>', *data, "</edge>"]
    return "\n".join([*lines, "</graph>", "</graphml>"]) + "\n"


def _doubles(content: Content) -> list[str]:
    """Mass and content in kg, as text that reads back as the nearest double."""
    return list(map(exact_kg, (sum(content), *content)))


def _data(values: Iterable[str | None], first: int) -> list[str]:
    return [
        f'<data key="d{first + i}">{xml_text(value)}</data>'
        for i, value in enumerate(values)
        if value is not None
    ]
