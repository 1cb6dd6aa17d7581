"""The head of a lineage's picture: title, notes, colours, shapes, scale of the bands."""

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
_THICKEST_PX = 30.0  # of the scale bar


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the legend: its mark, how wide that is, px, and what it stands for."""

    mark: str
    wide: float
    label: str


def colour_item(material: str, colour: Colour) -> Item:
    """The colour of a material."""
    mark = outline_svg((0.5, 4.5, 20.0, 17.0), colour) + strip_svg(0.5, 4.5, 17.0, colour)
    return Item(mark, 27.0, material or "no material")


def boundary_item() -> Item:
    """The shape of boundaries."""
    return Item(outline_svg((0.5, 4.5, 26.0, 17.0), None), 33.0, "outside the book, or lost")


def focus_item(text: str) -> Item:
    """The frame of the lots that were asked about, in the colour of the text."""
    mark = (
        '<rect x="1.5" y="4.5" width="20" height="17" rx="5" fill="none" '
        f'stroke="{text}" stroke-width="2.5"/>'
    )
    return Item(mark, 29.0, "asked about")


def scale_item(px_per_mg: float, note: str, text: str) -> Item:
    """The scale bar: a round mass and how thick a band of it is.

    >>> scale_item(1e-9, "", "black").label
    '= 20 t '
    """
    mass_mg = round_mass(_THICKEST_PX / px_per_mg)
    px = mass_mg * px_per_mg
    low, high = 13 + px / 2, 13 - px / 2
    mark = (
        f'<rect x="4" y="{high:.2f}" width="14" height="{px:.2f}" '
        f'fill="{text}" opacity="0.45"/><path d="M0 {high:.2f}h22M0 {low:.2f}h22" '
        f'stroke="{text}"/>'
    )
    return Item(f'<g class="scale">{mark}</g>', 29.0, f"= {mass_text(mass_mg)} {note}")


def legend_svg(
    title: str, notes: Sequence[str], items: Sequence[Item], *, width: float
) -> tuple[list[str], float]:
    """Title, notes, a line each, then items in rows that are no wider than the picture, px.

    Returns
    -------
    The legend's elements, and its height in px.
    """
    shown_title = shortened(title, width, _TITLE_SIZE, bold=True)
    lines = [
        f'<text x="0" y="16" font-size="{_TITLE_SIZE:.0f}" font-weight="600">'
        f"<title>{xml_text(title)}</title>{xml_text(shown_title)}</text>"
    ]
    y = 24.0
    for part in (part for note in notes for part in _wrapped(note, width)):
        y += 16.0
        lines.append(
            f'<text x="0" y="{y:.0f}" font-size="{_SIZE:.0f}" opacity="0.85">'
            f"{xml_text(part)}</text>"
        )
    x, y = 0.0, y + 12.0
    lines.append('<g class="legend" font-size="12">')
    for item in items:
        shown = shortened(item.label, width - item.wide, _SIZE)
        taken = item.wide + text_width(shown, _SIZE)
        if x and x + taken > width:
            x, y = 0.0, y + _ROW + 4.0
        hint = f"<title>{xml_text(item.label)}</title>" if shown != item.label else ""
        lines.append(
            f'<g transform="translate({x:.0f} {y:.0f})">{item.mark}\n'
            f'<text x="{item.wide:.0f}" y="17">{hint}{xml_text(shown)}</text></g>'
        )
        x += taken + _APART
    return [*lines, "</g>"], y + (_ROW if x else 0.0) + 10.0


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
