"""Lineages for the tests: generated ones, a small loop that tells a story, large ones."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

from loopbook.book import BOUNDARIES, microseconds
from loopbook.trace import End, Lineage, Link

SUBSTANCES = ("Ni", "Co", "Li", "other")
T = 1_000_000_000  # mg


def content(mass_mg: int, *, ni: int = 20, co: int = 6, li: int = 4) -> tuple[int, ...]:
    """Whole mg of each substance from percent."""
    parts = [mass_mg * p // 100 for p in (ni, co, li)]
    return (*parts, mass_mg - sum(parts))


def lineage(
    lots: dict[str, tuple[str, str]],
    links: Sequence[tuple[str, str, tuple[int, ...]]],
    *,
    focus: Sequence[str] = (),
    shares: dict[str, tuple[float, ...]] | None = None,
) -> Lineage:
    """A lineage from lots (name: material and event) and links; stages and sums are worked out."""
    summed: dict[tuple[str, str], tuple[int, ...]] = {}
    for source, target, moved in links:
        held = summed.get((source, target), (0,) * len(SUBSTANCES))
        summed[source, target] = tuple(a + b for a, b in zip(held, moved, strict=True))
    stage = dict.fromkeys(lots, 0)
    before: dict[str, int] = {}
    while stage != before:
        before = dict(stage)
        for source, target in summed:
            if source in stage and target in stage:
                stage[target] = max(stage[target], stage[source] + 1)
    into: dict[str, list[tuple[int, ...]]] = {}
    out: dict[str, list[tuple[int, ...]]] = {}
    for (source, target), moved in summed.items():
        into.setdefault(target, []).append(moved)
        out.setdefault(source, []).append(moved)
    ids = {*lots} | {i for pair in summed for i in pair}
    ends = []
    for i in sorted(ids, key=lambda i: (stage.get(i, 0), i)):
        both = [*into.get(i, ()), *out.get(i, ())]
        held = (into.get(i) or out.get(i, [])) if i in lots else both
        total = tuple(map(sum, zip(*held, strict=True))) or (0,) * len(SUBSTANCES)
        material, event = lots.get(i, ("", ""))
        kind = "lot" if i in lots else i.split("/")[0]
        ends.append(End(i, kind, material, stage.get(i, 0), total, event, 0))
    found = tuple(Link(s, t, c) for (s, t), c in sorted(summed.items()))
    return Lineage(SUBSTANCES, tuple(focus), tuple(ends), found, shares or {})


def loop() -> Lineage:
    """Five suppliers to a customer's cells, and the scrap of those cells coming back."""
    lots: dict[str, tuple[str, str]] = {}
    links: list[tuple[str, str, tuple[int, ...]]] = []
    suppliers = ("LGES", "Ultium", "SK On", "Toyota", "Stellantis")
    for n in range(12):
        lot = f"S-{n + 1:03d}"
        lots[lot] = ("electrode scrap" if n % 3 else "wet cells", f"receipt-{n}")
        links.append((f"supplier/{suppliers[n % 5]}//", lot, content((4 + n % 5) * T)))
    for run in range(4):
        fed = [f"S-{3 * run + k + 1:03d}" for k in range(3)]
        black, foil = f"BM-2026-03-{run + 1:02d}", f"FOIL-{run + 1}"
        lots[black], lots[foil] = (
            ("black mass", f"run-{run}"),
            ("copper and aluminium", f"run-{run}"),
        )
        for lot in fed:
            whole = next(sum(c) for _, t, c in links if t == lot)
            links.append((lot, black, content(whole * 62 // 100, ni=30, co=9, li=6)))
            links.append((lot, foil, content(whole * 33 // 100, ni=0, co=0, li=0)))
            links.append((lot, "waste//Winston-Salem/", content(whole * 4 // 100, ni=1)))
            links.append((lot, "unaccounted//Winston-Salem/", content(whole // 100)))
    for blend, parts in (("BLEND-1", (1, 2, 3)), ("BLEND-2", (2, 3, 4))):
        lots[blend] = ("black mass", f"blend-{blend}")
        for part in parts:
            links.append((f"BM-2026-03-{part:02d}", blend, content(5 * T, ni=30, co=9, li=6)))
    for foil in range(4):
        links.append((f"FOIL-{foil + 1}", "customer/Smelter//", content(3 * T, ni=0, co=0, li=0)))
    products = (
        ("NISO4-7", "nickel sulphate", 60),
        ("COSO4-7", "cobalt sulphate", 20),
        ("LI2CO3-7", "lithium carbonate", 12),
    )
    for lot, material, percent in products:
        lots[lot] = (material, "refining-7")
        for blend in ("BLEND-1", "BLEND-2"):
            moved = content(15 * T * percent // 100, ni=22 if "NI" in lot else 0, li=2)
            links.append((blend, lot, moved))
    links.append(("BLEND-1", "emission//Refinery/", content(T // 2, ni=0, co=0, li=0)))
    links.append(("BLEND-2", "unaccounted//Refinery/", content(T // 5)))
    lots["CAM-11"], lots["CELLS-3"] = ("cathode", "precursor-11"), ("cells", "cell-3")
    for lot, _, percent in products:
        links.append((lot, "CAM-11", content(25 * T * percent // 100)))
    links.append(("supplier/Reagents Inc//", "CAM-11", content(4 * T, ni=0, co=0, li=0)))
    links.append(("CAM-11", "CELLS-3", content(24 * T)))
    links.append(("CELLS-3", "customer/GM//", content(18 * T)))
    lots["S-900"], lots["BM-2026-09-01"] = ("electrode scrap", "scrap-900"), ("black mass", "run-9")
    links.append(("CELLS-3", "S-900", content(5 * T)))
    links.append(("S-900", "BM-2026-09-01", content(3 * T)))
    links.append(("reassay//Refinery/", "NISO4-7", content(T // 100)))
    links.append(("COSO4-7", "reassay//Refinery/", content(T // 200)))
    shares = {"S-001": (0.12, 0.1, 0.11, 0.02), "BLEND-1": (0.6, 0.5, 0.5, 0.4)}
    return lineage(lots, links, focus=("CELLS-3",), shares=shares)


def large(ends: int, *, stages: int = 8, seed: int = 1) -> Lineage:
    """A lineage of so many lots in some stages, two links into each, and boundaries."""
    drawn = random.Random(seed)
    per = ends // stages
    names = (
        "wet cells",
        "black mass",
        "black mass",
        "nickel sulphate",
        "precursor",
        "cathode",
        "cells",
        "modules",
    )
    lots: dict[str, tuple[str, str]] = {}
    links: list[tuple[str, str, tuple[int, ...]]] = []
    order = list(range(per))
    for stage in range(stages):
        drawn.shuffle(order)
        for number, i in enumerate(order):
            lot = f"L{stage}-{number:04d}"
            lots[lot] = (names[stage % len(names)], f"event-{stage}-{i // 2}")
            places = {min(per - 1, max(0, int(i + drawn.random() * 6 - 3))) for _ in range(2)}
            for place in sorted(places if stage else ()):
                source = f"@{stage - 1}-{place}"
                links.append((source, lot, content(int(drawn.lognormvariate(0, 0.6) * T))))
            if not stage:
                links.append((f"supplier/Supplier {i % 9}//", lot, content(4 * T)))
            if i % 12 == 0 and stage:
                links.append((lot, f"waste//Site {stage % 2}/", content(T // 10)))
            lots[f"@{stage}-{i}"] = (lot, "")
    real = {a: lots.pop(a)[0] for a in [k for k in lots if k.startswith("@")]}
    links = [(real.get(s, s), t, c) for s, t, c in links]
    last = [lot for lot in lots if lot.startswith(f"L{stages - 1}-")]
    links += [(lot, "customer/GM//", content(2 * T)) for lot in last]
    return lineage(lots, links, focus=tuple(sorted(last)[:1]))


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1)


@st.composite
def lineages(draw: st.DrawFn, *, names: st.SearchStrategy[str] = NAMES) -> Lineage:
    """Any lineage that a book could give: lots in stages, boundaries on either side or both."""
    other = names.filter(lambda name: not name.endswith("mass"))
    substances = tuple(draw(st.lists(other, min_size=1, max_size=3, unique=True)))
    materials = draw(st.lists(names, min_size=1, max_size=3))
    lots = draw(st.dictionaries(names, st.integers(0, 4), max_size=14))
    party = st.tuples(st.sampled_from(sorted(BOUNDARIES)), names, names)
    outside = {"/".join((*parts, "")): parts[0] for parts in draw(st.lists(party, max_size=5))}
    pairs = [(a, b) for a in lots for b in lots if lots[a] < lots[b]]
    pairs += [(o, lot) for o in outside for lot in lots]
    pairs += [(lot, o) for o in outside for lot in lots]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=30, unique=True)) if pairs else []
    amounts = st.tuples(*[st.integers(0, 10**13)] * len(substances))
    links = tuple(Link(s, t, draw(amounts)) for s, t in sorted(chosen))
    used = {i for pair in chosen for i in pair} | set(lots)
    ends = [
        End(
            i,
            outside.get(i, "lot"),
            "" if i in outside else draw(st.sampled_from(materials)),
            lots.get(i, 0),
            draw(amounts),
            draw(st.sampled_from(["", "e-1", "e-2"])),
            draw(st.integers(0, 2**52)),
        )
        for i in sorted(used, key=lambda i: (lots.get(i, 0), i))
    ]
    focus = draw(st.lists(st.sampled_from(sorted(lots)), max_size=3, unique=True)) if lots else []
    share = st.tuples(*[st.floats(0, 1) | st.just(float("nan"))] * len(substances))
    shares = draw(st.dictionaries(st.sampled_from(sorted(used)), share)) if used else {}
    return Lineage(substances, tuple(focus), tuple(ends), links, shares)


# --- reading what is written, with the standard library alone ---------------------------------


def milligrams(row: dict[str, str], names: Sequence[str]) -> tuple[int, ...]:
    """Masses of a row of JSON or CSV."""
    mass, *content = [int(Decimal(row[f"{name}_kg"]).scaleb(6)) for name in ("mass", *names)]
    assert mass == sum(content)
    return tuple(content)


def lineage_of_json(text: str) -> Lineage:
    """A lineage from the JSON that is written of it."""
    whole = json.loads(text)
    names = whole["substances"]
    ends = [
        End(
            *(row[k] for k in ("id", "kind", "material", "stage")),
            milligrams(row, names),
            row["event"],
            microseconds(datetime.fromisoformat(row["made_at"])) if row["made_at"] else 0,
        )
        for row in whole["ends"]
    ]
    links = [Link(r["source"], r["target"], milligrams(r, names)) for r in whole["links"]]
    shares = {
        row["id"]: tuple(math.nan if x is None else x for x in values)
        for row in whole["ends"]
        for values in [[row[f"{name}_share"] for name in names]]
        if any(x is not None for x in values)
    }
    links.sort(key=lambda link: (link.source, link.target))
    return Lineage(tuple(names), tuple(whole["focus"]), tuple(ends), tuple(links), shares)


def links_of_csv(text: str) -> tuple[tuple[str, ...], tuple[Link, ...]]:
    """Substances and links from the CSV that is written of a lineage."""
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    links = []
    for row in rows:
        mass, *content = [int(Decimal(cell).scaleb(6)) for cell in row[6:]]
        assert mass == sum(content)
        links.append(Link(row[0], row[3], tuple(content)))
    links.sort(key=lambda link: (link.source, link.target))
    return tuple(name.removesuffix("_kg") for name in header[7:]), tuple(links)
