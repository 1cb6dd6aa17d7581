"""The marks of a lineage's picture: boxes of ends and bands of links, as SVG elements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loopbook.trace.lineage.fold import amount_mg
from loopbook.trace.lineage.format import GREY, Colour, anchor_id, shortened, xml_text
from loopbook.trace.lineage.layout import Box, Route
from loopbook.trace.lineage.nouns import End, Link
from loopbook.trace.lineage.words import Words, link_words

_PAD = 8.0
_LEFT = 16.0
_RIGHT = 8.0
_NAME_SIZE = 12.0
_SIZE = 11.0
_LINE = 14.5
_THIN = 3.0  # px; a thinner band is drawn as a line, which steep curves do not make thinner
_STEEP = 1.5  # px down or up for each to the right; a band that is steeper gets an edge of 1 px
_ROUND = 5.0
_ROUNDER = 14.0
_BEHIND = 3.0  # how far the second outline of a folded box is moved


@dataclass(frozen=True, slots=True)
class Dress:
    """How a box is dressed: the colour of its material (grey if None), whether it was asked about,
    its link's address, how its id begins, and the page's colour of text."""

    colour: Colour | None
    focus: bool
    href: str
    prefix: str
    text: str


def tall(words: Words) -> float:
    """Height that a box needs for its lines, px."""
    return 2 * _PAD + _LINE * len(words.lines) - 3.0


def strip_svg(x: float, y: float, height: float, colour: Colour) -> str:
    """The strip in the colour of a material; striped where the colour is used twice."""
    if not colour.striped:
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="7" height="{height:.1f}" fill="{colour.value}"/>'
        )
    return (
        f'<path d="M{x + 3.5:.1f} {y:.1f}v{height:.1f}" stroke="{colour.value}" '
        f'stroke-width="7" stroke-dasharray="5 3"/>'
    )


def outline_svg(
    place: tuple[float, float, float, float], colour: Colour | None, *, filled: bool = True
) -> str:
    """The outline: a card for a lot; a grey capsule with a dashed line for a boundary."""
    x, y, width, height = place
    value = colour.value if colour else GREY
    rounding = _ROUND if colour else min(height / 2, _ROUNDER)
    dashes = "" if colour else ' stroke-dasharray="4 3"'
    inside = f'fill="{value}" fill-opacity="0.14"' if filled else 'fill="none"'
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="{rounding:.1f}" {inside} stroke="{value}"{dashes}/>'
    )


def box_svg(box: Box, end: End, words: Words, dress: Dress) -> list[str]:
    """A box with its words, its tooltip and what a page needs to find it."""
    classes = ["end", "lot" if end.kind == "lot" else "boundary"]
    classes += ["focus"] if dress.focus else []
    classes += ["blend"] if words.made_of > 1 else []
    classes += ["coproduct"] if words.beside else []
    classes += ["folded"] if words.folded else []
    lines = [
        f'<g class="{" ".join(classes)}" id="{xml_text(dress.prefix)}{anchor_id(end.id)}" '
        f'data-end="{xml_text(end.id)}" data-kind="{xml_text(end.kind)}" '
        f'data-material="{xml_text(end.material)}" data-mass-mg="{sum(end.content)}">',
        f"<title>{xml_text(chr(10).join(words.tip))}</title>",
    ]
    place = (box.x, box.y, box.width, box.height)
    if words.folded:
        behind = (box.x + _BEHIND, box.y - _BEHIND, box.width, box.height)
        lines.append(outline_svg(behind, dress.colour, filled=False))
    if dress.focus:
        lines.append(
            f'<rect class="asked" x="{box.x - 4:.1f}" y="{box.y - 4:.1f}" '
            f'width="{box.width + 8:.1f}" height="{box.height + 8:.1f}" rx="8" fill="none" '
            f'stroke="{dress.text}" stroke-width="2.5"/>'
        )
    lines.append(outline_svg(place, dress.colour))
    if dress.colour:
        lines.append(strip_svg(box.x, box.y, box.height, dress.colour))
    y = box.y + (box.height - _LINE * len(words.lines)) / 2 + 11.0
    room = box.width - _LEFT - _RIGHT
    for number, line in enumerate(words.lines):
        size, bold = (_SIZE, False) if number else (_NAME_SIZE, True)
        style = f' font-size="{size:.0f}" font-weight="600"' if bold else ""
        lines.append(
            f'<text x="{box.x + _LEFT:.1f}" y="{y + number * _LINE:.1f}"{style}>'
            f"{xml_text(shortened(line, room, size, bold=bold))}</text>"
        )
    lines.append("</g>")
    return [f'<a href="{xml_text(dress.href)}">', *lines, "</a>"] if dress.href else lines


# --- bands -----------------------------------------------------------------------------------


def link_svg(
    route: Route,
    link: Link,
    shown: tuple[Colour | None, int | None, Sequence[str]],
    ends: Mapping[str, Words],
) -> str:
    """A band with its tooltip.

    Parameters
    ----------
    shown : colour (grey if None); place of the substance shown (mass if None); the substances.
    """
    colour, at, substances = shown
    value = colour.value if colour else GREY
    nothing = not amount_mg(link.content, at)
    thin = nothing or route.width < _THIN
    if thin:
        dashes = ' stroke-dasharray="2 4"' if nothing else ""
        ink = (
            f'fill="none" stroke="{value}" stroke-width="{route.width:.2f}" opacity="0.75"{dashes}'
        )
    else:
        edge = f' stroke="{value}"' if _steep(route) else ""
        ink = f'fill="{value}"{edge} opacity="0.42"'
    tip = chr(10).join(link_words(link, substances, ends))
    return (
        f'<path class="link" data-source="{xml_text(link.source)}" '
        f'data-target="{xml_text(link.target)}" data-mass-mg="{sum(link.content)}" '
        f'data-width="{route.width:.2f}" d="{band_path(route, thin=thin)}" '
        f"{ink}><title>{xml_text(tip)}</title></path>"
    )


def _steep(route: Route) -> bool:
    return any(
        abs(y1 - y0) > _STEEP * abs(x1 - x0) for (x0, y0), (x1, y1) in pairwise(route.points)
    )


def band_path(route: Route, *, thin: bool) -> str:
    """The path of a band: its middle line if it is thin, else the line around it.

    >>> band_path(Route("A", "B", ((0.0, 5.0), (10.0, 9.0)), 4.0), thin=True)
    'M0 5C5 5 5 9 10 9'
    >>> band_path(Route("A", "B", ((0.0, 5.0), (10.0, 9.0)), 4.0), thin=False)
    'M0 3C5 3 5 7 10 7V11C5 11 5 7 0 7Z'
    """
    (x, y), (_, last), half = route.points[0], route.points[-1], route.width / 2
    if thin:
        return f"M{_px(x)} {_px(y)}{_line(route.points, 0.0)}"
    upper, lower = _line(route.points, -half), _line(route.points[::-1], half)
    return f"M{_px(x)} {_px(y - half)}{upper}V{_px(last + half)}{lower}Z"


def _line(points: Sequence[tuple[float, float]], shift: float) -> str:
    """On from the first point: swinging, straight, swinging ..., `shift` px lower."""
    path = ""
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        if number % 2 or y0 == y1:
            path += f"L{_px(x1)} {_px(y1 + shift)}"
            continue
        middle = _px((x0 + x1) / 2)
        path += (
            f"C{middle} {_px(y0 + shift)} {middle} {_px(y1 + shift)} {_px(x1)} {_px(y1 + shift)}"
        )
    return path


def _px(value: float) -> str:
    """A coordinate with no more digits than are seen.

    >>> _px(12.0), _px(3.14159), _px(-0.001)
    ('12', '3.14', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
