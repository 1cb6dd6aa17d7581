r"""A lineage for other programs: JSON (all of it), CSV (its links), GraphML (a graph), a picture.

**JSON** is the lineage's record: one object with ``focus``, ``ends`` and ``links``. Masses are kg,
decimal text, exact to the milligram (``mass_kg``, ``Ni_kg``); moments have their offset; shares are
0..1, or null where there is nothing to have a share of.

**CSV** has a row for each link: ``source``, ``source_kind``, ``source_material``, the same of the
target, and the masses of JSON.

**GraphML** has typed attributes: of nodes ``name``, ``kind``, ``material``, ``event``, ``stage``,
``made_at_us``, ``focus``, ``mass_kg``, ``Ni_kg`` and, where there are shares, ``Ni_share``; of
edges ``mass_kg`` and ``Ni_kg``. Nodes are called ``n0``, ``n1`` ..., because GraphML's own names
hold no spaces.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from loopbook.book import Content
from loopbook.errors import InputError
from loopbook.files import writing
from loopbook.report import csv_lines
from loopbook.trace.lineage.format import exact_kg, xml_text
from loopbook.trace.lineage.nouns import Lineage
from loopbook.trace.lineage.parts import of_substance
from loopbook.trace.lineage.picture import lineage_svg


def write_lineage(lineage: Lineage, path: Path, substances: Sequence[str] = ()) -> None:
    """Write a lineage, or its part with one substance, in the format of the file's ending.

    Parameters
    ----------
    path : ends in ``.svg``, ``.json``, ``.csv`` or ``.graphml``; another ending is an InputError.
    substances : if it is one, only the part of the lineage that has some of it.
    """
    (substance,) = substances if len(substances) == 1 else ("mass",)
    makers: dict[str, Callable[[Lineage], str]] = {
        ".svg": lambda x: lineage_svg(x, substance=substance, fold=12, theme="light"),
        ".json": lineage_json,
        ".csv": lineage_csv,
        ".graphml": lineage_graphml,
    }
    make = makers.get(path.suffix.lower())
    if make is None:
        raise InputError.of(
            "format", str(path), f"one of {', '.join(makers)}", path.suffix or "no ending"
        )
    part = lineage if substance == "mass" else of_substance(lineage, substance)
    text = make(part)
    with writing(path):
        path.write_text(text, encoding="utf-8")


def lineage_json(lineage: Lineage) -> str:
    """All of a lineage as JSON.

    >>> from loopbook.trace import End
    >>> text = lineage_json(Lineage(("Ni",), (), [End("S-1", "lot", "scrap", 0, (5,))], (), {}))
    >>> json.loads(text)["ends"][0]["Ni_kg"]
    '0.000005'
    """
    record = lineage.as_record().as_json()
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def lineage_csv(lineage: Lineage) -> str:
    """The links of a lineage as CSV.

    >>> from loopbook.trace import End, Link
    >>> ends = [End("S-1", "lot", "scrap", 0, (5,)), End("B-1", "lot", "black mass", 1, (5,))]
    >>> print(lineage_csv(Lineage(("Ni",), (), ends, [Link("S-1", "B-1", (5,))], {})))
    source,source_kind,source_material,target,target_kind,target_material,mass_kg,Ni_kg
    S-1,lot,scrap,B-1,lot,black mass,0.000005,0.000005
    <BLANKLINE>
    """
    _, links = lineage.as_record().tables
    return "".join(csv_lines(links.columns, links.rows))


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
    if lineage.modelled:
        lines.append('<key id="model" for="graph" attr.name="modelled" attr.type="string"/>')
    lines.append('<graph id="lineage" edgedefault="directed">')
    if lineage.modelled:
        lines.append(f'<data key="model">{xml_text(lineage.modelled)}</data>')
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
