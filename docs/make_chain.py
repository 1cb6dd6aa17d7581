"""Make ``docs/chain.svg``, the README's picture of the loop: from scrap to the next Toyota cell.

Run it from the project after a change of the words below::

    python docs/make_chain.py

The picture follows the page's light or dark colours and uses no font of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 960, 424

STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
         fill: #17191a; font-size: 13px; }
  .name { font-size: 15px; font-weight: 600; }
  .note { fill: #4b5055; }
  .flow { font-size: 13px; font-weight: 600; fill: #00745a; }
  .box { fill: #ffffff; stroke: #cdcdc6; stroke-width: 1.5; }
  .own { fill: #edf6f0; stroke: #00745a; stroke-width: 2; }
  .arrow { fill: none; stroke: #00745a; stroke-width: 3; }
  .head { fill: #00745a; }
  .page { fill: #fafaf8; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ecedeb; }
    .note { fill: #b5babc; }
    .flow { fill: #45ddb0; }
    .box { fill: #191b1d; stroke: #40464a; }
    .own { fill: #15291d; stroke: #45ddb0; }
    .arrow { stroke: #45ddb0; }
    .head { fill: #45ddb0; }
    .page { fill: #131516; }
  }
"""


@dataclass(frozen=True, slots=True)
class Station:
    """A box: its left, top, width and height, its name, and lines of notes."""

    x: int
    y: int
    width: int
    height: int
    name: str
    notes: tuple[str, ...]
    kind: str = "box"


@dataclass(frozen=True, slots=True)
class Flow:
    """An arrow along an SVG path, with a line or two of text that begins or ends at a point."""

    path: str
    x: int
    y: int
    lines: tuple[str, ...]
    anchor: str = "middle"


STATIONS = (
    Station(
        300,
        22,
        360,
        112,
        "Green Metals Battery Innovations",
        (
            "Winston-Salem, North Carolina",
            "dismantles and shreds, up to 13,500 t a year",
            "51 % Toyota Tsusho America",
            "49 % LG Energy Solution Michigan",
        ),
        "own",
    ),
    Station(
        724,
        172,
        216,
        78,
        "A refiner, elsewhere",
        ("dissolves black mass and", "separates its metals"),
    ),
    Station(330, 312, 300, 78, "A cathode plant", ("makes new active material", "from the metals")),
    Station(
        20,
        160,
        216,
        96,
        "Cell lines",
        ("LG Energy Solution", "Lansing, Michigan", "20 GWh a year for Toyota"),
    ),
    Station(20, 340, 216, 60, "Toyota's electric cars", ("North America",)),
)

FLOWS = (
    Flow("M128 160 C128 110 190 78 286 78", 138, 74, ("production", "scrap")),
    Flow("M660 78 C770 78 832 110 832 158", 826, 74, ("black", "mass")),
    Flow("M832 250 C832 320 760 351 644 351", 848, 318, ("nickel, cobalt,", "lithium"), "start"),
    Flow("M330 351 C262 351 312 208 250 208", 302, 282, ("cathode",), "start"),
    Flow("M128 256 L128 326", 140, 298, ("new cells",), "start"),
)

BOOK = (
    "Loopbook keeps the books of all of it:",
    "every kilogram of every element",
    "on one mass balance",
)


def chain_svg() -> str:
    """Text of the picture."""
    title = "From the scrap of a cell line to the metal of the next Toyota cell"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        '<marker id="head" viewBox="0 0 10 10" refX="4" refY="5" markerWidth="4.5" '
        'markerHeight="4.5" orient="auto"><path class="head" d="M0 0 L10 5 L0 10 z"/></marker>',
    ]
    for flow in FLOWS:
        parts.append(f'<path class="arrow" d="{flow.path}" marker-end="url(#head)"/>')
        for place, line in enumerate(flow.lines):
            parts.append(
                f'<text class="flow" x="{flow.x}" y="{flow.y + 18 * place}" '
                f'text-anchor="{flow.anchor}">{escape(line)}</text>'
            )
    for place, line in enumerate(BOOK):
        parts.append(
            f'<text class="note" x="480" y="{206 + 20 * place}" text-anchor="middle">{line}</text>'
        )
    for box in STATIONS:
        middle = box.x + box.width // 2
        parts.append(
            f'<rect class="{box.kind}" x="{box.x}" y="{box.y}" width="{box.width}" '
            f'height="{box.height}" rx="6"/>'
        )
        top = box.y + (box.height - 18 * (1 + len(box.notes))) / 2 + 14
        for place, line in enumerate((box.name, *box.notes)):
            kind = "note" if place else "name"
            parts.append(
                f'<text class="{kind}" x="{middle}" y="{top + 18 * place:g}" '
                f'text-anchor="middle">{escape(line)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "chain.svg").write_text(chain_svg(), encoding="utf-8")
