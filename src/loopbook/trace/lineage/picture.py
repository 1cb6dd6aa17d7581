"""A lineage as a picture: SVG, made of elements and presentation attributes only.

It holds no script, style, font or address of another place, so it can be part of a page under a
strict Content-Security-Policy, or a file of its own. Text has the colour of the page around it
unless a theme is asked for; a page's own style sheet and scripts find classes and ``data-``
attributes:

* ``g.end`` with ``data-end``, ``data-kind``, ``data-material``, ``data-mass-mg``; the classes
  ``lot`` or ``boundary``, ``focus``, ``blend``, ``coproduct``, ``folded``; its ``id`` is
  ``PREFIX-`` and the end's name (`loopbook.trace.lineage.format.anchor_id`);
* ``path.link`` with ``data-source``, ``data-target``, ``data-mass-mg`` and ``data-width``.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loopbook.errors import InputError, require_known
from loopbook.report import MODELLED
from loopbook.trace.lineage.fold import amount_mg, fold_lineage, upstream
from loopbook.trace.lineage.format import (
    THEMES,
    Colour,
    Theme,
    few,
    mass_text,
    material_colours,
    xml_text,
)
from loopbook.trace.lineage.layout import Column, Layout, Spacing, lay_out
from loopbook.trace.lineage.legend import (
    Item,
    boundary_item,
    colour_item,
    focus_item,
    legend_svg,
    scale_item,
)
from loopbook.trace.lineage.marks import Dress, box_svg, link_svg, tall
from loopbook.trace.lineage.nouns import End, Lineage
from loopbook.trace.lineage.words import Words, describe, folded_text, words

_FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
)
_MARGIN = 24.0
_NARROWEST = 720.0
_HEADING = 26.0
_THINNEST = 1.2  # px; a thinner band would vanish
_COLUMN_PX = 100.0  # that the bands of the fullest column take, and for each end of the longest:
_FIRST_PX = 28.0  # this for the first dozen,
_END_PX = 20.0  # or this for all, whichever is more
_LARGEST_PX = 900.0  # that one end takes, at most


def px_per_mg(lineage: Lineage, at: int | None = None) -> float:
    """Thickness of bands with which the fullest stage fills its column and no end is out of size.

    Parameters
    ----------
    at : place of the substance shown; the mass if None.
    """
    into, out = Counter[str](), Counter[str]()
    for link in lineage.links:
        into[link.target] += amount_mg(link.content, at)
        out[link.source] += amount_mg(link.content, at)
    through = {e.id: max(into[e.id], out[e.id]) for e in lineage.ends}
    stages: dict[int, list[int]] = {}
    for end in lineage.ends:
        if end.kind == "lot":
            stages.setdefault(end.stage, []).append(through[end.id])
    most = max(through.values(), default=0)
    fullest = max(map(sum, stages.values()), default=0) or most
    if not fullest:
        return 0.0
    longest = max(map(len, stages.values()), default=1)
    room = max(_COLUMN_PX + _FIRST_PX * min(longest, 12), _END_PX * longest)
    return min(room / fullest, _LARGEST_PX / most)


def lineage_svg(
    lineage: Lineage,
    *,
    substance: str = "mass",
    href: Callable[[str], str | None] | None = None,
    fold: int | None = None,
    theme: str = "page",
    title: str = "",
    empty: str = "",
    prefix: str = "end",
) -> str:
    """The picture of a lineage, as the text of an SVG element.

    Parameters
    ----------
    substance : shown by the thickness of the bands: ``"mass"`` or one of the substances.
    href : address of an end's page by the end's id; no link where it gives nothing.
    fold : draw at most so many ends of the same kind and material in a column, the smallest as
        one; all of them if None.
    theme : ``"page"`` (text in the colour of the page around), ``"light"`` or ``"dark"``.
    title : over the picture; made from the focus if not given.
    empty : note where the lineage has no links.
    prefix : begins the ids of the elements; pictures in one page need different ones.

    The same lineage gives the same bytes.

    >>> from loopbook.trace import End, Lineage, Link
    >>> ends = [End("S-1", "lot", "scrap", 0, (5,)), End("B-1", "lot", "black mass", 1, (5,))]
    >>> svg = lineage_svg(Lineage(("Ni",), ("B-1",), ends, [Link("S-1", "B-1", (5,))], {}))
    >>> svg[:43], svg.count("data-end"), svg.count("data-source")
    ('<svg xmlns="http://www.w3.org/2000/svg" cla', 2, 1)
    """
    at = _place(lineage, substance)
    if theme not in THEMES:
        raise InputError.of("theme", "theme", ", ".join(THEMES), theme)
    whole, folded = lineage, dict[str, Sequence[str]]()
    if fold is not None:
        small = fold_lineage(lineage, most=fold, at=at)
        lineage, folded = small.lineage, {**small.folded}
    colours = material_colours(e.material for e in lineage.ends if e.kind == "lot")
    picture = _Picture(
        lineage=lineage,
        folded=folded,
        words=words(lineage, folded, whole=whole, at=at),
        ends={e.id: e for e in lineage.ends},
        colours={e.id: colours[e.material] for e in lineage.ends if e.kind == "lot"},
        px_per_mg=px_per_mg(lineage, at),
        at=at,
        substance=substance,
        theme=THEMES[theme],
        href=href,
        prefix=prefix,
        title=title or (f"Lineage of {few(lineage.focus, 3)}" if lineage.focus else "Lineage"),
    )
    laid = lay_out(
        lineage,
        widths=[
            max(_THINNEST, amount_mg(link.content, at) * picture.px_per_mg)
            for link in lineage.links
        ],
        heights={end: tall(text) for end, text in picture.words.items()},
        spacing=Spacing(),
    )
    return _svg(picture, laid, "" if lineage.links else empty or _nothing(lineage))


@dataclass(frozen=True, slots=True)
class _Picture:
    """All that a picture shows, and how; ends, their words, and colours of lots by id."""

    lineage: Lineage
    folded: Mapping[str, Sequence[str]]
    words: Mapping[str, Words]
    ends: Mapping[str, End]
    colours: Mapping[str, Colour]
    px_per_mg: float
    at: int | None
    substance: str
    theme: Theme
    href: Callable[[str], str | None] | None
    prefix: str
    title: str


def _place(lineage: Lineage, substance: str) -> int | None:
    if substance == "mass":
        return None
    names = list(lineage.substances)
    known = ["mass", *names]
    require_known("mass or a substance of the lineage", substance, known, where="substance")
    return names.index(substance)


def _svg(picture: _Picture, laid: Layout, empty: str) -> str:
    lineage, text = picture.lineage, picture.theme.text
    inner = max(laid.width, _NARROWEST)
    items = _items(picture)
    legend, high = legend_svg(picture.title, _notes(picture, empty), items, width=inner)
    top = _MARGIN + high + (_HEADING if laid.boxes else 0.0)
    width, height = round(inner + 2 * _MARGIN), round(top + laid.height + _MARGIN)
    title = xml_text(picture.title)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" '
        f'aria-label="{title}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{xml_text(_FONT)}" '
        f'font-size="11" fill="{text}">',
        f"<title>{title}</title>",
        f"<desc>{xml_text(describe(lineage, picture.folded, picture.substance))}</desc>",
    ]
    if picture.theme.page:
        lines.append(f'<rect width="{width}" height="{height}" fill="{picture.theme.page}"/>')
    lines += [f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">', *legend, "</g>"]
    lines += [
        f'<g transform="translate({_MARGIN:.0f} {top:.0f})">',
        *('<g class="stages" opacity="0.8">', *map(_stage, laid.columns), "</g>"),
        *('<g class="links">', *_links(picture, laid), "</g>"),
        *('<g class="ends">', *_ends(picture, laid), "</g>"),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _notes(picture: _Picture, empty: str) -> list[str]:
    notes = [empty] if empty else []
    notes += [MODELLED.format(picture.lineage.modelled)] * bool(picture.lineage.modelled)
    before, focus = upstream(picture.lineage), picture.lineage.focus
    shared = {end for end, text in picture.words.items() if text.share} - {*focus}
    if shared & before:
        notes.append(f"%: share of {few(focus, 3)} that came from there")
    if shared - before:
        notes.append(f"%: share of it that came from {few(focus, 3)}")
    if picture.folded:
        notes.append(folded_text(picture.folded))
    return notes


def _items(picture: _Picture) -> list[Item]:
    ends, scale, text = picture.ends.values(), picture.px_per_mg, picture.theme.text
    colours = {e.material: picture.colours[e.id] for e in ends if e.kind == "lot"}
    items = [colour_item(material, colour) for material, colour in colours.items()]
    if len(picture.colours) < len(ends):
        items.append(boundary_item())
    if any(lot in picture.lineage.focus for lot in picture.colours):
        items.append(focus_item(text))
    if scale > 0:
        thinnest = mass_text(round(_THINNEST / scale))
        of = "" if picture.at is None else f"of {picture.substance} "
        note = f"{of}(the thinnest bands: {thinnest} or less)"
        items.append(scale_item(scale, note, text))
    return items


def _stage(column: Column) -> str:
    heading = "outside" if column.stage is None else f"stage {column.stage}"
    return f'<text x="{column.x:.0f}" y="-12">{heading}</text>'


def _links(picture: _Picture, laid: Layout) -> Iterator[str]:
    """Bands, the thick ones first, so that no thin one is hidden."""
    lineage = picture.lineage
    for k in sorted(range(len(laid.routes)), key=lambda k: (-laid.routes[k].width, k)):
        link = lineage.links[k]
        colour = picture.colours.get(link.source, picture.colours.get(link.target))
        shown = (colour, picture.at, lineage.substances)
        yield link_svg(laid.routes[k], link, shown, picture.words)


def _ends(picture: _Picture, laid: Layout) -> Iterator[str]:
    for box in laid.boxes:
        end, text = picture.ends[box.end], picture.words[box.end]
        href = picture.href(end.id) if picture.href and not text.folded else None
        if box.side:
            text = replace(text, amount=_side_text(picture, end, box.side))
        dress = Dress(
            picture.colours.get(end.id),
            end.id in picture.lineage.focus,
            href or "",
            f"{picture.prefix}-{'out-' if box.side == 'out' else ''}",
            picture.theme.text,
        )
        yield from box_svg(box, end, text, dress)


def _side_text(picture: _Picture, end: End, side: str) -> str:
    """The amount that a boundary gives, or takes, where it is drawn twice."""
    moved = sum(
        amount_mg(k.content, picture.at)
        for k in picture.lineage.links
        if end.id == (k.source if side == "out" else k.target)
    )
    name = "" if picture.at is None else f" {picture.substance}"
    return f"{'gives' if side == 'out' else 'takes'} {mass_text(moved)}{name}"


def _nothing(lineage: Lineage) -> str:
    if not lineage.focus:
        return "Nothing to show: no lot was asked about."
    return f"Nothing came from {few(lineage.focus, 3)}, and nothing went into it."
