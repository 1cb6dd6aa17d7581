"""The picture of a lineage: well formed, safe, to scale, and it says what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lineages import T, content, large, lineage, lineage_of_json, lineages, links_of_csv, loop

from loopbook import book as c
from loopbook.book import Book
from loopbook.errors import InputError, UnknownNameError
from loopbook.trace import (
    Genealogy,
    Lineage,
    lineage_back,
    lineage_csv,
    lineage_forward,
    lineage_graphml,
    lineage_json,
    lineage_svg,
    with_events,
)
from loopbook.trace.lineage.format import GREY, PALETTE, material_colours, shortened, text_width
from loopbook.trace.lineage.picture import px_per_mg
from support.world import envelope

GOLDEN = Path(__file__).parent / "golden" / "lineage.svg"
SVG = "{http://www.w3.org/2000/svg}"


def small() -> Lineage:
    """Two loads of scrap, a run with a co-product, a blend; one loss."""
    lots = {
        "S-1": ("scrap", "r-1"),
        "S-2": ("scrap", "r-2"),
        "BM-1": ("black mass", "run"),
        "FOIL-1": ("foil", "run"),
        "BM-2": ("black mass", "b-1"),
    }
    links = [
        ("supplier/LGES//", "S-1", content(3 * T)),
        ("supplier/LGES//", "S-2", content(T)),
        ("S-1", "BM-1", content(2 * T)),
        ("S-1", "FOIL-1", content(T // 2)),
        ("S-1", "unaccounted//Winston-Salem/", content(T // 500)),
        ("S-2", "BM-2", content(T)),
        ("BM-1", "BM-2", content(2 * T)),
    ]
    shares = {"S-1": (0.7, 0.6, 0.5, 0.7), "S-2": (0.3, 0.4, 0.5, 0.3)}
    return lineage(lots, links, focus=("BM-2",), shares=shares)


def root_of(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def ends_of(svg: str) -> list[ET.Element]:
    return [g for g in root_of(svg).iter(f"{SVG}g") if "data-end" in g.attrib]


def said(element: ET.Element) -> list[str]:
    return [t.text or "" for t in element.iter(f"{SVG}text")]


def tip(element: ET.Element) -> str:
    return element.findtext(f"{SVG}title") or ""


def test_the_picture_is_the_golden_file() -> None:
    svg = lineage_svg(small(), href=lambda end: f"lots/{end}", title="A small lineage")
    assert svg == GOLDEN.read_text(encoding="utf-8")


@given(
    lineages(names=st.text(min_size=1)),
    st.sampled_from([None, 1, 3]),
    st.sampled_from(["page", "light", "dark"]),
)
def test_any_lineage_is_a_well_formed_picture(drawn: Lineage, fold: int | None, theme: str) -> None:
    svg = lineage_svg(drawn, fold=fold, theme=theme, href=lambda end: end)
    root = root_of(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) >= len({e.get("data-end") for e in ends_of(svg)})
    assert svg == lineage_svg(drawn, fold=fold, theme=theme, href=lambda end: end)
    numbers = re.findall(r'(?:d|x|y|width|height|viewBox|points)="([^"]*)"', svg)
    assert not any("nan" in n or "inf" in n for n in numbers)


@given(lineages(), st.booleans())
def test_thickness_is_proportional_to_the_mass(drawn: Lineage, by_substance: bool) -> None:
    substance = drawn.substances[0] if by_substance else "mass"
    at = None if substance == "mass" else 0
    scale = px_per_mg(drawn, at)
    svg = lineage_svg(drawn, substance=substance)
    moved = {(k.source, k.target): k.content for k in drawn.links}
    paths = [p for p in root_of(svg).iter(f"{SVG}path") if p.get("class") == "link"]
    assert len(paths) == len(drawn.links)
    clean = {tuple(xml_clean(i) for i in pair): c for pair, c in moved.items()}
    assume(len(clean) == len(moved))  # two ends that a picture cannot tell by their names
    for path in paths:
        held = clean[path.attrib["data-source"], path.attrib["data-target"]]
        mass = sum(held) if at is None else held[at]
        width = float(path.attrib["data-width"])
        assert width == pytest.approx(max(1.2, mass * scale), abs=0.006)
        if mass * scale >= 3:
            first, second = re.findall(r"[MV](-?[\d.]+)(?: (-?[\d.]+))?", path.attrib["d"])
            assert float(second[0]) - _end_y(path.attrib["d"]) == pytest.approx(width, abs=0.03)
            assert first[1]


def xml_clean(text: str) -> str:
    """A name as it is in XML."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", text)


def _end_y(path: str) -> float:
    """Height at which the upper line of a band ends."""
    return float(re.split(r"[ L]", path.split("V", 1)[0])[-1])


def test_names_and_addresses_are_escaped() -> None:
    odd = "<&\">'</svg><script>alert(1)</script>"
    drawn = lineage({odd: ("<b>&", ""), "B": ("m\x00\x1b", "")}, [(odd, "B", content(T))])
    svg = lineage_svg(drawn, href=lambda end: f'"?{end}', title=odd, empty=odd, prefix='"p')
    root = root_of(svg)
    assert f"{SVG}script" not in {e.tag for e in root.iter()}
    assert odd in {e.get("data-end") for e in ends_of(svg)}
    assert f'"?{odd}' in {a.get("href") for a in root.iter(f"{SVG}a")}
    assert root.get("aria-label") == odd


def test_it_can_stand_in_a_page_under_a_strict_policy() -> None:
    svg = lineage_svg(large(80), fold=3, href=lambda end: f"/lots/{end}")
    for element in root_of(svg).iter():
        assert element.tag.removeprefix(SVG) in {
            "svg",
            "title",
            "desc",
            "g",
            "a",
            "rect",
            "path",
            "text",
        }
        assert not {a for a in element.attrib if a == "style" or a.startswith("on")}
    assert "url(" not in svg
    assert svg.count("http") == 1  # the name of SVG itself


def test_each_box_leads_somewhere_and_says_what_it_is() -> None:
    svg = lineage_svg(small(), href=lambda end: f"/lots/{end}" if "/" not in end else None)
    assert [a.get("href") for a in root_of(svg).iter(f"{SVG}a")] == [
        "/lots/S-1",
        "/lots/S-2",
        "/lots/BM-1",
        "/lots/FOIL-1",
        "/lots/BM-2",
    ]
    boxes = {g.attrib["data-end"]: g for g in ends_of(svg)}
    assert said(boxes["S-1"]) == ["S-1", "scrap", "3 t · 69 %"]
    assert said(boxes["BM-1"]) == ["BM-1", "black mass", "2 t", "1 co-product"]
    assert said(boxes["BM-2"]) == ["BM-2", "black mass", "3 t", "of 2 lots"]
    assert said(boxes["unaccounted//Winston-Salem/"]) == ["Unaccounted", "Winston-Salem", "2 kg"]
    classes = {end: g.attrib["class"] for end, g in boxes.items()}
    assert classes["BM-2"] == "end lot focus blend"
    assert classes["FOIL-1"] == "end lot coproduct"
    assert classes["supplier/LGES//"] == "end boundary"
    assert tip(boxes["BM-2"]).splitlines()[:3] == ["BM-2", "black mass, stage 2", "3000 kg"]
    assert "with co-product BM-1" in tip(boxes["FOIL-1"])
    assert "Ni 70 %" in tip(boxes["S-1"])
    link = next(p for p in root_of(svg).iter(f"{SVG}path") if p.get("data-target") == "FOIL-1")
    assert tip(link).splitlines()[:2] == ["S-1 → FOIL-1", "500 kg"]
    assert len([r for r in root_of(svg).iter(f"{SVG}rect") if r.get("class") == "asked"]) == 1


def test_one_substance_is_shown_by_its_name_and_what_has_none_of_it_is_dotted() -> None:
    drawn = lineage(
        {"A": ("a", ""), "B": ("b", ""), "C": ("c", "")},
        [("A", "B", content(T)), ("A", "C", content(T, ni=0))],
    )
    svg = lineage_svg(drawn, substance="Ni")
    boxes = {g.attrib["data-end"]: g for g in ends_of(svg)}
    assert said(boxes["B"])[2] == "200 kg Ni"
    assert said(boxes["C"])[2] == "0 kg Ni"
    dotted = [p for p in root_of(svg).iter(f"{SVG}path") if p.get("stroke-dasharray") == "2 4"]
    assert [p.get("data-target") for p in dotted] == ["C"]
    assert "of Ni" in svg


def test_the_scale_bar_is_as_thick_as_it_says() -> None:
    svg = lineage_svg(large(80))
    scale = px_per_mg(large(80))
    items = [t for t in said(root_of(svg)) if t.startswith("= ")]
    tonnes = float(re.match(r"= ([\d,.]+) t ", items[0])[1])
    bar = next(g for g in root_of(svg).iter(f"{SVG}g") if g.get("class") == "scale")
    assert float(bar[0].attrib["height"]) == pytest.approx(tonnes * T * scale, abs=0.01)


def test_what_is_folded_is_named_and_counted() -> None:
    svg = lineage_svg(large(80), fold=3)
    texts = said(root_of(svg))
    assert any(re.fullmatch(r"and \d+ more", t) for t in texts)
    assert any("small ends are drawn as" in t for t in texts)
    assert "small ends are drawn as" in root_of(svg).findtext(f"{SVG}desc")
    (first, *_) = [g for g in ends_of(svg) if "folded" in g.attrib["class"]]
    assert re.match(r"\d+ ends as one\n", tip(first))


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (
            Lineage(("Ni",), ("S-9",), (), (), {}),
            "Nothing came from S-9, and nothing went into it.",
        ),
        (
            Lineage(("Ni",), ("A", "B", "C", "D", "E"), (), (), {}),
            "Nothing came from A, B, C and 2 more, and nothing went into it.",
        ),
        (Lineage((), (), (), (), {}), "Nothing to show: no lot was asked about."),
        (
            lineage({"S-9": ("scrap", "")}, [], focus=("S-9",)),
            "Nothing came from S-9, and nothing went into it.",
        ),
    ],
)
def test_an_empty_lineage_says_so(drawn: Lineage, expected: str) -> None:
    svg = lineage_svg(drawn)
    assert expected in said(root_of(svg))
    assert "only this" in said(root_of(lineage_svg(drawn, empty="only this")))
    assert len(ends_of(svg)) == len(drawn.ends)


def test_what_is_asked_wrongly_is_a_finding() -> None:
    with pytest.raises(UnknownNameError, match=r"Nickel is not .*Ni"):
        lineage_svg(small(), substance="Nickel")
    with pytest.raises(InputError, match="theme: expected page, light, dark, found blue"):
        lineage_svg(small(), theme="blue")


def test_a_loop_is_read_from_left_to_right() -> None:
    svg = lineage_svg(loop())
    x = {g.attrib["data-end"]: float(g.find(f"{SVG}rect").attrib["x"]) for g in ends_of(svg)}
    assert x["S-001"] < x["BM-2026-03-01"] < x["BLEND-1"] < x["CELLS-3"] < x["S-900"]


# --- names and colours -----------------------------------------------------------------------


@given(st.text(min_size=1), st.floats(60, 300))
def test_a_shortened_name_fits_and_keeps_its_ends(name: str, room: float) -> None:
    short = shortened(name, room, 12)
    assert text_width(short, 12) <= room or len(short) <= 3
    if short != name:
        head, tail = short.split("…", 1) if name.count("…") == 0 else ("", "")
        assert name.startswith(head)
        assert name.endswith(tail)


def _linear(colour: str) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira, Fernandes 2009, doi:10.1109/TVCG.2009.113, table 1, severity 1.0
EYES = {
    "all": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


@pytest.mark.parametrize("eyes", EYES)
def test_any_two_colours_are_apart_for_all_eyes(eyes: str) -> None:
    seen = [_lab(EYES[eyes] @ _linear(colour)) for colour in PALETTE]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 20


@pytest.mark.parametrize("page", ["#ffffff", "#f5f7f8", "#10161c", "#18212a"])
def test_colours_stand_out_from_light_and_dark_pages(page: str) -> None:
    def light(colour: str) -> float:
        return float(np.array([0.2126, 0.7152, 0.0722]) @ _linear(colour)) + 0.05

    for colour in (*PALETTE, GREY):
        low, high = sorted((light(colour), light(page)))
        assert high / low >= 3.0, colour


def test_colours_are_given_by_name_and_come_back_striped() -> None:
    names = [f"material {n}" for n in range(12)]
    colours = material_colours(names)
    assert len({(c.value, c.striped) for c in colours.values()}) == 12
    assert sum(c.striped for c in colours.values()) == 12 - len(PALETTE)
    assert material_colours(reversed(names)) == colours
    alone = {name: material_colours([name])[name] for name in names[:3]}
    assert sum(colours[name] == alone[name] for name in alone) >= 1


# --- a real book -----------------------------------------------------------------------------


def head(number: int) -> dict[str, Any]:
    """Key, actor and moment of a command."""
    return envelope(f"k-{number}", datetime(2026, 3, 2, 12, number, tzinfo=UTC))


@pytest.fixture
def genealogy(tmp_path: Path) -> Iterator[tuple[Book, Genealogy]]:
    """Two loads blended, a part split off, and shares of substances that no lot holds."""
    scrap = {"material": "scrap", "owner": "LGES", "supplier": "LGES", "site": "WS"}
    with Book(tmp_path / "b.sqlite", create=True) as book:
        book.post(
            [
                c.RegisterParty(party="LGES", **head(1)),
                c.RegisterSite(site="WS", **head(2)),
                c.RegisterMaterial(material="scrap", **head(3)),
                c.Receive(lot="S-1", mass_kg=600, shares={"Ni": "0.3"}, **scrap, **head(4)),
                c.Receive(lot="S-2", mass_kg=400, shares={"Ni": "0.1"}, **scrap, **head(5)),
                c.Blend(
                    lot="B",
                    material="scrap",
                    site="WS",
                    inputs_kg={"S-1": None, "S-2": None},
                    **head(6),
                ),
                c.Split(lot="B", parts_kg={"B-1": 300, "B-2": 200}, **head(7)),
            ]
        )
        yield book, Genealogy.of(book)


def test_a_book_s_lineages_are_drawn_and_written(genealogy: tuple[Book, Genealogy]) -> None:
    book, of = genealogy
    back = with_events(lineage_back(of, "B-1", losses=True), book)
    boxes = {g.attrib["data-end"]: said(g) for g in ends_of(lineage_svg(back))}
    assert boxes["S-1"] == ["S-1", "scrap", "600 kg · 60 %"]
    assert boxes["B"] == ["B", "scrap", "1 t", "of 2 lots"]
    nickel = {g.attrib["data-end"]: g for g in ends_of(lineage_svg(back, substance="Ni", fold=1))}
    assert said(nickel["more/0/lot/scrap"])[:3] == ["and 2 more", "scrap", "220 kg Ni · 100 %"]
    forward = with_events(lineage_forward(of, "S-1"), book)
    boxes = {g.attrib["data-end"]: said(g) for g in ends_of(lineage_svg(forward))}
    assert boxes["B-2"] == ["B-2", "scrap", "200 kg · 60 %", "1 other part"]
    none = lineage_svg(forward, substance="Co")
    assert "0 kg Co" in none
    for drawn in (back, forward):
        assert lineage_of_json(lineage_json(drawn)).links == tuple(drawn.links)
        assert links_of_csv(lineage_csv(drawn))[1] == tuple(drawn.links)
        assert "nan" not in lineage_graphml(drawn)
