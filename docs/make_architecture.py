"""Draw ``docs/architecture.svg``, and the table in ``docs/architecture.md``, from the imports.

Run it from the project after a file was moved or a room was added::

    python docs/make_architecture.py

A test draws both again and compares. Rooms are in the order of the import contract in
`pyproject.toml`; what a room is for is the first sentence of its front.
"""

from __future__ import annotations

import ast
import sys
import textwrap
import tomllib
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "house"))

from imports import PACKAGE, arrows, chamber, room, texts_of  # noqa: E402  (the tests' reader of imports, found by the path above)

GROUND = ("report", "tables", "files", "errors")
"""Rooms that know no battery: every room may import them, so they get no arrows."""

PICTURE = ROOT / "docs" / "architecture.svg"
DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by make_architecture.py -->", "<!-- end of rooms -->"

WIDTH, LEFT, ROOM_WIDTH = 960, 20, 770
NAME_WIDTH, LINE, PAD, GAP, LANE = 104, 20, 10, 14, 22
"""Pixels: of the page, a room and what is in it, and arrows side by side."""

STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
         fill: #17191a; font-size: 13px; }
  .name { font-size: 16px; font-weight: 600; }
  .for { fill: #4b5055; }
  .file { fill: #676c71; font-size: 12px; }
  .in { font-size: 12px; font-weight: 600; fill: #0a5a8c; }
  .chip { fill: #e9f0f5; stroke: #b9cfdd; }
  .room { fill: #ffffff; stroke: #cdcdc6; stroke-width: 1.5; }
  .ground { fill: #f3f3f0; stroke: #cdcdc6; stroke-width: 1.5; }
  .arrow { fill: none; stroke: #0a5a8c; stroke-width: 1.8; }
  .head { fill: #0a5a8c; }
  .page { fill: #fafaf8; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ecedeb; }
    .for { fill: #b5babc; }
    .file { fill: #92989b; }
    .in { fill: #6fb4e6; }
    .chip { fill: #1a2b37; stroke: #2f4a5d; }
    .room { fill: #191b1d; stroke: #40464a; }
    .ground { fill: #0f1112; stroke: #40464a; }
    .arrow { stroke: #6fb4e6; }
    .head { fill: #6fb4e6; }
    .page { fill: #131516; }
  }
"""


@dataclass(slots=True)
class Room:
    """A room: its purpose, its chambers with chambers of their own, its modules, its imports."""

    name: str
    purpose: str
    chambers: dict[str, set[str]] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)


def read_rooms(src: Path = ROOT / "src", config: Path = ROOT / "pyproject.toml") -> list[Room]:
    """The rooms from the top to the ground, as the modules declare them."""
    texts = texts_of(src)
    rooms = {name: Room(name, _purpose(texts[f"{PACKAGE}.{name}"])) for name in _order(config)}
    for module in sorted(texts):
        part = chamber(module)
        if not part:
            continue
        below = module.split(".")[3:]
        is_folder = any(other.startswith(module + ".") for other in texts)
        place = rooms[room(module)]
        if not below and not is_folder:
            place.modules.append(part)
        else:
            place.chambers.setdefault(part, set()).update(below if is_folder else ())
    for arrow in arrows(texts):
        importer, imported = room(arrow.importer), room(arrow.imported)
        if importer in rooms and imported in rooms and importer != imported:
            rooms[importer].imports.add(imported)
    return list(rooms.values())


def _order(config: Path) -> list[str]:
    contracts = tomllib.loads(config.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [name.strip(" ()") for layer in layers for name in layer.split("|")]


def _purpose(text: str) -> str:
    doc = ast.get_docstring(ast.parse(text)) or ""
    return " ".join(doc.split("\n\n")[0].split())


def reduced(rooms: list[Room]) -> list[tuple[str, str]]:
    """Arrows between rooms above the ground, without those that follow from others."""
    above = {r.name: r.imports - set(GROUND) for r in rooms if r.name not in GROUND}
    below: dict[str, set[str]] = {}
    for name in reversed(list(above)):  # from the ground up: everything that it reaches
        below[name] = above[name].union(*(below[other] for other in above[name]))
    return [
        (name, other)
        for name in above
        for other in above
        if other in above[name] and not any(other in below[x] for x in above[name])
    ]


def architecture_svg(rooms: list[Room]) -> str:
    """Text of the picture: a room is a floor, an arrow beside the floors is an import."""
    boxes: list[str] = []
    floors: dict[str, tuple[int, int]] = {}
    top = 20
    for item in rooms:
        if item.name == GROUND[0]:
            note = "the ground: knows no battery, and every room may import it"
            boxes.append(_text("file", LEFT, top + 10, note))
            top += 20
        drawn, height = _floor(item, top)
        boxes += drawn
        floors[item.name] = (top, height)
        top += height + GAP
    title = "The rooms of Loopbook; an arrow points to a room that is imported"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 6}" role="img" '
            f'aria-label="{title}">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            '<marker id="head" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" '
            'markerHeight="6" orient="auto"><path class="head" d="M0 0 L10 5 L0 10 z"/></marker>',
            f'<rect class="page" width="{WIDTH}" height="{top + 6}" rx="8"/>',
            *boxes,
            *_arrows(reduced(rooms), floors),
            "</svg>\n",
        ]
    )


def _floor(item: Room, top: int) -> tuple[list[str], int]:
    """A room's box with its name, purpose, chambers and modules; and its height."""
    left, right = LEFT + PAD + NAME_WIDTH, LEFT + ROOM_WIDTH - PAD
    y = top + PAD + 14
    lines = [_text("name", LEFT + PAD, y, item.name)]
    for line in textwrap.wrap(item.purpose, 96):
        lines.append(_text("for", left, y, line))
        y += LINE - 2
    x: float = left
    for name, below in sorted(item.chambers.items()):
        label = f"{name}: {', '.join(sorted(below))}" if below else name
        width = _width(label) * 1.08 + 14
        if x + width > right:
            x, y = left, y + LINE + 6
        lines.append(
            f'<rect class="chip" x="{x:.1f}" y="{y - 9}" width="{width:.1f}" height="{LINE}" '
            'rx="3"/>'
        )
        lines.append(_text("in", x + 7, y + 5, label))
        x += width + 8
    y += LINE + 6 if item.chambers else 0
    for line in textwrap.wrap("  ".join(sorted(item.modules)), 100, break_on_hyphens=False):
        lines.append(_text("file", left, y, line.replace("  ", " \u00b7 ")))
        y += LINE - 2
    height = y - LINE + 6 + PAD - top
    kind = "ground" if item.name in GROUND else "room"
    box = (
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{ROOM_WIDTH}" height="{height}" rx="5"/>'
    )
    return [box, *lines], height


def _width(text: str) -> float:
    """About how wide a text of 12 pixels is, in pixels: most fonts draw it narrower."""
    return sum(4.2 if c in "fijlrt.,: " else 11.0 if c in "mw" else 7.6 for c in text)


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _arrows(pairs: list[tuple[str, str]], floors: dict[str, tuple[int, int]]) -> list[str]:
    """Arrows in lanes at the right; the shortest is the nearest to the rooms."""
    lanes: list[list[tuple[float, float]]] = []
    order = list(floors)
    leaving = {n: [p for p in pairs if p[0] == n] for n in order}
    coming = {n: [p for p in pairs if p[1] == n] for n in order}
    for name in order:  # so that arrows of one room do not cross
        leaving[name].sort(key=lambda p: -order.index(p[1]))
        coming[name].sort(key=lambda p: -order.index(p[0]))
    drawn = []
    for pair in sorted(pairs, key=lambda p: floors[p[1]][0] - floors[p[0]][0]):
        (above, height), (below, room_below) = floors[pair[0]], floors[pair[1]]
        out = above + height * (0.55 + 0.4 * _part(pair, leaving[pair[0]]))
        into = below + room_below * (0.05 + 0.4 * _part(pair, coming[pair[1]]))
        lane = next((k for k, used in enumerate(lanes) if _free(used, out, into)), len(lanes))
        lanes[lane:] = lanes[lane:] or [[]]
        lanes[lane].append((out, into))
        edge, x = LEFT + ROOM_WIDTH, LEFT + ROOM_WIDTH + 24 + LANE * lane
        drawn.append(
            f'<path class="arrow" marker-end="url(#head)" d="M{edge} {out:.1f} H{x - 8} '
            f"Q{x} {out:.1f} {x} {out + 8:.1f} V{into - 8:.1f} Q{x} {into:.1f} {x - 8} {into:.1f} "
            f'H{edge + 2}"/>'
        )
    return drawn


def _part(pair: tuple[str, str], pairs: list[tuple[str, str]]) -> float:
    """Where an arrow touches its room's edge, from 0 to 1."""
    return (pairs.index(pair) + 1) / (len(pairs) + 1)


def _free(used: list[tuple[float, float]], begin: float, end: float) -> bool:
    return all(end + 6 < other[0] or other[1] + 6 < begin for other in used)


def rooms_table(rooms: list[Room]) -> str:
    """The rooms as a table in Markdown: what each is for, its chambers, what it imports."""
    lines = ["| room | what it is for | its chambers | imports |", "| --- | --- | --- | --- |"]
    for item in rooms:
        inner = ", ".join(f"`{name}`" for name in sorted(item.chambers)) or "-"
        imported = ", ".join(f"`{r.name}`" for r in rooms if r.name in item.imports) or "-"
        lines.append(f"| `{item.name}` | {item.purpose} | {inner} | {imported} |")
    return "\n".join(lines)


def with_table(document: str, rooms: list[Room]) -> str:
    """The document with the table of today between its two marks."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{rooms_table(rooms)}\n{END}{tail}"


if __name__ == "__main__":
    house = read_rooms()
    PICTURE.write_text(architecture_svg(house), encoding="utf-8")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8"), house), encoding="utf-8")
