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

import json
import math
import re
from collections.abc import Iterable

from loopbook.book import Content
from loopbook.errors import Finding, raise_findings
from loopbook.trace.lineage.format import exact_kg, xml_text
from loopbook.trace.lineage.nouns import Lineage

_FORMAT = "loopbook lineage"
_VERSION = 1


# --- JSON ------------------------------------------------------------------------------------


def lineage_json(lineage: Lineage) -> str:
    r"""All of a lineage as JSON, in the shape that the module describes.

    >>> from loopbook.trace import End
    >>> text = lineage_json(Lineage(("Ni",), (), [End("S-1", "lot", "scrap", 0, (5,))], (), {}))
    >>> json.loads(text)["ends"][0]["content_mg"]
    {'Ni': 5}
    """
    names = lineage.substances
    raise_findings(
        Finding("not-finite", f"shares of {end}", "a finite number or NaN", str(share))
        for end, shares in lineage.shares.items()
        for share in shares
        if math.isinf(share)
    )

    def by_name(content: Content) -> dict[str, int]:
        return dict(zip(names, content, strict=True))

    ends = [
        {
            "id": e.id,
            "kind": e.kind,
            "material": e.material,
            "stage": e.stage,
            "content_mg": by_name(e.content),
            "event": e.event,
            "made_at_us": e.made_at,
        }
        for e in lineage.ends
    ]
    links = [
        {"source": k.source, "target": k.target, "content_mg": by_name(k.content)}
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
    r"""The links of a lineage as CSV, in the columns that the module lists.

    >>> from loopbook.trace import End, Link
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


# --- GraphML ---------------------------------------------------------------------------------


def lineage_graphml(lineage: Lineage) -> str:
    """A lineage as a directed graph in GraphML, with the attributes that the module lists.

    Masses are doubles: exact to the milligram up to nine million tonnes.

    >>> from loopbook.trace import End
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
