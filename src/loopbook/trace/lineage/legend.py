"""What stands over a lineage's picture: title, notes, colours, shapes, scale of the bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loopbook.trace.lineage.format import (
    Colour,
    mass_text,
    round_mass,
    shortened,
    text_width,
    xml_text,
)
from loopbook.trace.lineage.marks import outline_svg, strip_svg

_TITLE_SIZE = 18.0
_SIZE = 12.0
_ROW = 26.0
_APART = 22.0
_BAR_PX = (30.0, 12.0)  # the scale bar is as thick at most and, of what is round, nearly so


@dataclass(frozen=True, slots=True)
class Bar:
    """The scale bar: a round mass and how thick a band of it is, px."""

    mass_mg: int
    px: float


@dataclass(frozen=True, slots=True)
class Header:
    """What the legend says.

    Parameters
    ----------
    title : the picture's.
    notes : a line each, under the title.
    colours : of materials, in the order to show.
    boundaries, focus : whether the picture has any.
    bar : the scale of the bands; None where there are none.
    bar_note : what the bar stands for.
    width : px that a row may take.
    text : colour of text.
    """

    title: str
    notes: Sequence[str]
    colours: Sequence[tuple[str, Colour]]
    boundaries: bool
    focus: bool
    bar: Bar | None
    bar_note: str
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Legend:
    """The legend as elements, and its height in px."""

    lines: Sequence[str]
    height: float


def bar_of(px_per_mg: float) -> Bar | None:
    """The scale bar for a scale; None where nothing has a thickness.

    >>> bar_of(1e-9)
    Bar(mass_mg=20000000000, px=20.0)
    """
    if not px_per_mg > 0:
        return None
    mass_mg = round_mass(_BAR_PX[0] / px_per_mg)
    return Bar(mass_mg, mass_mg * px_per_mg)


def legend_svg(header: Header) -> Legend:
    """Title, notes, then items in rows that are no wider than the picture."""
    title = shortened(header.title, header.width, _TITLE_SIZE, bold=True)
    lines = [
        f'<text x="0" y="16" font-size="{_TITLE_SIZE:.0f}" font-weight="600">'
        f"<title>{xml_text(header.title)}</title>{xml_text(title)}</text>"
    ]
    y = 24.0
    for note in header.notes:
        for part in _wrapped(note, header.width):
            y += 16.0
            lines.append(
                f'<text x="0" y="{y:.0f}" font-size="{_SIZE:.0f}" opacity="0.85">'
                f"{xml_text(part)}</text>"
            )
    x, y = 0.0, y + 12.0
    lines.append('<g class="legend" font-size="12">')
    for label, mark, wide in _items(header):
        room = header.width - wide
        shown = shortened(label, room, _SIZE)
        taken = wide + text_width(shown, _SIZE)
        if x and x + taken > header.width:
            x, y = 0.0, y + _ROW + 4.0
        lines.append(f'<g transform="translate({x:.0f} {y:.0f})">{mark}')
        hint = f"<title>{xml_text(label)}</title>" if shown != label else ""
        lines.append(f'<text x="{wide:.0f}" y="17">{hint}{xml_text(shown)}</text></g>')
        x += taken + _APART
    return Legend([*lines, "</g>"], y + (_ROW if x else 0.0) + 10.0)


def _items(header: Header) -> list[tuple[str, str, float]]:
    """Label, mark and width of the mark of each item."""
    items = []
    for material, colour in header.colours:
        mark = outline_svg((0.5, 4.5, 20.0, 17.0), colour) + strip_svg(0.5, 4.5, 17.0, colour)
        items.append((material or "no material", mark, 27.0))
    if header.boundaries:
        label = "outside the book, or lost"
        items.append((label, outline_svg((0.5, 4.5, 26.0, 17.0), None), 33.0))
    if header.focus:
        mark = (
            '<rect x="1.5" y="4.5" width="20" height="17" rx="5" fill="none" '
            f'stroke="{header.text}" stroke-width="2.5"/>'
        )
        items.append(("asked about", mark, 29.0))
    if header.bar:
        low, high = 13 + header.bar.px / 2, 13 - header.bar.px / 2
        mark = (
            f'<rect x="4" y="{high:.2f}" width="14" height="{header.bar.px:.2f}" '
            f'fill="{header.text}" opacity="0.45"/><path d="M0 {high:.2f}h22M0 {low:.2f}h22" '
            f'stroke="{header.text}"/>'
        )
        mass = mass_text(header.bar.mass_mg)
        items.append((f"= {mass} {header.bar_note}", f'<g class="scale">{mark}</g>', 29.0))
    return items


def _wrapped(text: str, width: float) -> list[str]:
    """A text in lines no wider than `width`; a single word that is wider is shortened."""
    lines: list[str] = []
    for word in text.split(" "):
        tried = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(tried, _SIZE) <= width:
            lines[-1] = tried
        else:
            lines.append(shortened(word, width, _SIZE))
    return lines
