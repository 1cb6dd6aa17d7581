"""How a lineage's picture writes masses, shortens names, escapes text and gives colours."""

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from loopbook.report import kilograms

PALETTE = ("#1a8af9", "#ef5406", "#17a18a", "#3858fa", "#d61f5c", "#bd75bd", "#ca7449", "#bb1bbb")
"""Colours of materials: each at least 3:1 against light and dark pages, and any two
apart for red-blind, green-blind and other eyes (a test computes both)."""

GREY = "#7f8790"
"""Colour of boundaries."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of text and page; the picture is transparent without a page colour."""

    text: str
    page: str


THEMES: Mapping[str, Theme] = {
    "page": Theme("currentColor", ""),
    "light": Theme("#17212b", "#ffffff"),
    "dark": Theme("#e6ebef", "#10161c"),
}
"""``page`` takes the colour of the text around it: for a picture inside a page."""


@dataclass(frozen=True, slots=True)
class Colour:
    """A material's colour; `striped` where another material had it before."""

    value: str
    striped: bool


def material_colours(materials: Iterable[str]) -> dict[str, Colour]:
    """A colour for each material, by its name: mostly the same one whatever else is shown.

    A name has a place in the palette (its CRC-32); where two have the same, the later in the
    alphabet takes the next free one. From the ninth material on, colours come back striped.

    >>> material_colours(["black mass"])["black mass"].value
    '#ef5406'
    """
    colours: dict[str, Colour] = {}
    for number, material in enumerate(sorted(set(materials))):
        place = zlib.crc32(material.encode("utf-8", "replace")) % len(PALETTE)
        striped = number >= len(PALETTE)
        taken = {c.value for c in colours.values() if c.striped == striped}
        turns = [*PALETTE[place:], *PALETTE[:place]]
        colours[material] = Colour(next((c for c in turns if c not in taken), turns[0]), striped)
    return colours


# --- numbers ---------------------------------------------------------------------------------

_UNITS = ((1_000_000_000, "t"), (1_000_000, "kg"), (1_000, "g"), (1, "mg"))


def mass_text(mass_mg: int) -> str:
    """A mass as a person reads it: three digits, with unit.

    >>> [mass_text(m) for m in (12_400_000_000, 980_000_000, 1_250_000, 0, 999_999_999)]
    ['12.4 t', '980 kg', '1.25 kg', '0 kg', '1 t']
    >>> mass_text(12_345_678_000_000_000), mass_text(35), mass_text(-2_500_000)
    ('12,345,678 t', '35 mg', '\u22122.5 kg')
    """
    if not mass_mg:
        return "0 kg"
    size = abs(mass_mg)
    unit_mg, unit = next((u for u in _UNITS if size / u[0] >= 0.9995), _UNITS[-1])
    value = size / unit_mg
    places = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if places else text
    sign = "\u2212" if mass_mg < 0 else ""
    return f"{sign}{text} {unit}"


def exact_kg(mass_mg: int) -> str:
    """A mass in kg as decimal text, exact to the milligram, no more digits than it needs.

    >>> exact_kg(12_500_000_000), exact_kg(1), exact_kg(-1_500_000)
    ('12500', '0.000001', '-1.5')
    """
    return f"{kilograms(mass_mg).normalize():f}"


def round_mass(most_mg: float) -> int:
    """The largest of 1, 2, 5, 10, 20 ... mg that is not above a mass; 1 at least.

    >>> [round_mass(m) for m in (0.5, 7, 48_000_000, 1_000_000_000)]
    [1, 5, 20000000, 1000000000]
    """
    power = 1
    while power * 10 <= most_mg:
        power *= 10
    return max(power * step for step in (1, 2, 5) if step == 1 or power * step <= most_mg)


def share_text(share: float) -> str:
    """A share 0..1 as a person reads it.

    >>> [share_text(s) for s in (1.0, 0.123, 0.0456, 0.0001, 0.0)]
    ['100 %', '12 %', '4.6 %', '<0.1 %', '0 %']
    """
    percent = share * 100
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"


# --- text ------------------------------------------------------------------------------------

_NARROW, _WIDE = "iIjl.,:;!|'`()[]{} tfr/-·", "mwMW@%&+<>=~#…→QOGDHNU"
_EM = dict.fromkeys(_NARROW, 0.42) | dict.fromkeys(_WIDE, 1.0)
_BOLD = 1.12


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The greatest width of a text in a sans-serif font, px; estimated without a font.

    >>> text_width("BM-1", 10) < text_width("BM-1", 10, bold=True) < 40
    True
    """
    return sum(map(_em, text)) * size * (_BOLD if bold else 1.0)


def _em(letter: str) -> float:
    usual = 1.1 if letter >= "\u1100" else 0.75 if letter.isupper() else 0.65
    return _EM.get(letter, usual)


def shortened(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """A text that fits: one that is too long loses its middle, since names differ at their ends.

    >>> shortened("BLACK-MASS-2026-03-CAMPAIGN-014", 110, 12)
    'BLACK-…N-014'
    """
    if text_width(text, size, bold=bold) <= room:
        return text

    def width(kept: int) -> float:
        return text_width(_cut(text, kept), size, bold=bold)

    return _cut(text, 2 + bisect_right(range(3, len(text) + 1), room, key=width))


def _cut(text: str, kept: int) -> str:
    head = (kept + 1) // 2
    return f"{text[:head]}…{text[len(text) - (kept - head) :]}"


def few(names: Sequence[str], most: int) -> str:
    """The first names of some, and how many more.

    >>> few(["A", "B", "C", "D", "E"], 3)
    'A, B, C and 2 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


_FORBIDDEN = (range(9), (11, 12), range(14, 32), range(127, 160), range(0xD800, 0xE000))
_XML: dict[int, str] = {
    **dict.fromkeys(chain(*_FORBIDDEN, range(0xFDD0, 0xFDF0), (0xFFFE, 0xFFFF)), "\ufffd"),
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#39;",
    ord("\t"): "&#9;",
    ord("\n"): "&#10;",
    ord("\r"): "&#13;",
}


def xml_text(text: str) -> str:
    """Text for an element or an attribute; characters that XML cannot hold become ``U+FFFD``.

    >>> xml_text('<&">')
    '&lt;&amp;&quot;&gt;'
    """
    return text.translate(_XML)


def anchor_id(text: str) -> str:
    """A name as part of an ``id``: without spaces, and never the same for two names.

    >>> anchor_id("S 1/a"), anchor_id("S_1")
    ('S_20_1_2f_a', 'S_5f_1')
    """
    return re.sub(r"[^A-Za-z0-9.-]", lambda m: f"_{ord(m[0]):x}_", text)
