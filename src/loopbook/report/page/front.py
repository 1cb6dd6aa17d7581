"""Page one in words and marks: amounts, intervals, whiskers, arcs, counts; and the strip as SVG."""

import math
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias, get_args
from xml.sax.saxutils import escape

from loopbook.report.format import NO_NUMBER, number_text, unit_text
from loopbook.report.headline import Estimate, Headline, KeyFigure, Ruling, Stamp, Station, Verdict

_WHISKER = 52.0  # px between the ends of an interval
_BESIDE, _PLACES = 6, 9  # key figures in a row; stations on a line
_SHEET = 718, 1047  # px of A4 without margins
_SCALES = (0.78, 0.75, 0.72, 0.69, 0.66, 0.63, 0.6, 0.57, 0.54)


class Whisker(NamedTuple):
    """Places of an interval's ends, of its value and of zero on a mark of 56 px."""

    left: float
    dot: float
    right: float
    zero: float | None


class Arc(NamedTuple):
    """What comes back: columns of the earlier and of the later station, from 1."""

    first: int
    last: int
    text: str


def amount(estimate: Estimate, value: float | None = None) -> str:
    """A number of an estimate, its own where none is given, as people see it; without the unit.

    >>> amount(Estimate("margin", -74.52, "M USD", 1)), amount(Estimate("npv", None))
    ('−74.5', '–')
    """
    value = estimate.value if value is None else value
    return NO_NUMBER if value is None else number_text(value, estimate.decimals)


def interval(estimate: Estimate) -> str:
    """The 90 % interval; empty without draws.

    >>> interval(Estimate("margin", 150.7, "M USD", 0, -41.2, 100.0, 232.4))
    '−41 to 232'
    """
    if estimate.low is None or estimate.high is None:
        return ""
    places = _interval_decimals(estimate.low, estimate.high, estimate.decimals)
    return f"{number_text(estimate.low, places)} to {number_text(estimate.high, places)}"


def _interval_decimals(low: float, high: float, decimals: int) -> int:
    """No more decimals than the ends differ by: an end is not known better than their distance."""
    apart = abs(high - low)
    return min(decimals, max(0, 1 - math.floor(math.log10(apart)))) if apart else decimals


def whisker_of(estimate: Estimate) -> Whisker | None:
    """The mark of an interval; the value may be outside of it.

    >>> whisker_of(Estimate("x", 5.0, "", 0, 0.0, 5.0, 10.0)).dot
    28.0
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None:
        return None
    first, last = min(low, value), max(high, value)
    scale = _WHISKER / (last - first) if last > first else 0.0
    low, value, high = (round(2 + (x - first) * scale, 1) for x in (low, value, high))
    zero = round(2 - first * scale, 1) if first < 0 < last else None
    return Whisker(low, value, high, zero)


def signed(correlation: float) -> str:
    """A correlation with its sign.

    >>> signed(0.713), signed(-0.5)
    ('+0.71', '−0.50')
    """
    return f"{correlation:+.2f}".replace("-", "\u2212")


def arcs_of(stations: Sequence[Station]) -> list[Arc]:
    """What comes back to an earlier station, shortest way first, so that arcs are in each other."""
    at = {station.name: k for k, station in enumerate(stations, 1)}
    arcs = [Arc(at[s.back], at[s.name], s.back_text) for s in stations if s.back in at]
    return sorted(arcs, key=lambda arc: arc.first - arc.last)


def counted(verdicts: Sequence[Verdict]) -> list[tuple[str, int]]:
    """Verdicts that occur, with their number, in the order of `Ruling`."""
    counts = Counter(x.verdict for x in verdicts)
    return [(ruling, counts[ruling]) for ruling in get_args(Ruling) if counts[ruling]]


_COUNTED = {
    "sourced": ("has a source", "have a source"),
    "assumptions": ("is an assumption", "are assumptions"),
    "settings": ("is a setting", "are settings"),
}


def counts_text(counts: Sequence[tuple[str, int]]) -> str:
    """Numbers that went in, by how sure they are.

    >>> counts_text((("sourced", 519), ("assumptions", 193), ("settings", 1)))
    'Of the 713 numbers that went in, 519 have a source, 193 are assumptions and 1 is a setting.'
    """
    parts = [f"{n:,} {_COUNTED.get(name, (name, name))[n != 1]}" for name, n in counts if n]
    if not parts:
        return ""
    listed = ", ".join(parts[:-1]) + (" and " if parts[1:] else "") + parts[-1]
    return f"Of the {sum(n for _, n in counts):,} numbers that went in, {listed}."


def stamp_text(stamp: Stamp) -> str:
    """What makes the page again: case, version, draws and seed.

    >>> stamp_text(Stamp("Loop", "as of May 2026", 1000, 7))
    'Loop, as of May 2026; 1,000 draws with seed 7, none failed; intervals are 90 %.'
    >>> stamp_text(Stamp("Loop"))
    'Loop; no draws: intervals are not computed.'
    """
    case = ", ".join(filter(None, (stamp.case, stamp.version or stamp.date)))
    if not stamp.draws:
        return f"{case}; no draws: intervals are not computed."
    failed = f"{stamp.failed:,}" if stamp.failed else "none"
    drawn = f"{stamp.draws:,} draws with seed {stamp.seed}, {failed} failed"
    return f"{case}; {drawn}; intervals are 90 %."


def columns_of(figures: Sequence[KeyFigure]) -> int:
    """Key figures beside each other: at most six, and rows of about the same length.

    >>> [columns_of([KeyFigure("x", Estimate("x", None))] * n) for n in (5, 6, 8, 13)]
    [5, 6, 4, 5]
    """
    return math.ceil(len(figures) / math.ceil(len(figures) / _BESIDE)) if figures else 1


def print_scale(headline: Headline) -> float:
    """Scale at which page one fits a sheet of A4, from the lengths of its texts.

    >>> print_scale(Headline("The loop closes"))
    0.78
    """
    return next(
        (x for x in _SCALES if _height(headline, _SHEET[0] / x) <= _SHEET[1] / x), _SCALES[-1]
    )


def _height(headline: Headline, width: float) -> float:
    """About how deep page one is, px, with the widest font that people have."""

    def lines(text: str, share: float, letter: float = 7.0) -> int:
        return max(1, math.ceil(len(text) * letter / (share * width - 14)))

    numbers = 8 * max(
        (len(amount(x.estimate) + x.estimate.unit) for x in headline.verdicts), default=0
    )
    numbers += 7 * max((len(interval(x.estimate)) for x in headline.verdicts), default=0)
    free = min(1.0, (width - numbers - 60) / (0.77 * width))
    rows = (
        max(
            lines(x.text, 0.25 * free),
            lines(x.words, 0.2 * free, 7.8),
            lines(x.meaning, 0.3 * free),
        )
        for x in headline.verdicts
    )
    top = max(30 * lines(headline.title, 0.4, 15.5), 19 * lines(headline.lead, 0.57, 7.6))
    beside = columns_of(headline.figures)
    notes = max((lines(x.note, 1 / beside) for x in headline.figures), default=0)
    places = len(headline.stations)
    across = places if places <= _PLACES else 6
    deepest = max((lines(x.title + x.note, 1 / across, 8.5) for x in headline.stations), default=0)
    strip = math.ceil(places / across) * (75 + 14 * deepest) if places else 0
    figures = math.ceil(len(headline.figures) / beside) * (62 + 16 * notes)
    return (
        140
        + top
        + strip
        + 18 * len(arcs_of(headline.stations))
        + figures
        + sum(15 * n + 9 for n in rows)
    )


Owner: TypeAlias = Station | KeyFigure | Verdict
"""What an estimate of page one belongs to."""


def estimates_of(headline: Headline) -> Iterator[tuple[str, Estimate, Owner]]:
    """Every estimate of page one with its title and what it belongs to."""
    owners: list[Owner] = [*headline.stations, *headline.figures, *headline.verdicts]
    for owner in owners:
        title = f"{owner.id} {owner.text}" if isinstance(owner, Verdict) else owner.title
        yield title, owner.estimate, owner


# ---- the strip as one picture

_COLUMN, _MARGIN, _LETTER = 136, 24, 6.7  # px; a letter of 12 px at most, on average
_STYLE = """\
text{font:400 12px Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;\
font-variant-numeric:tabular-nums lining-nums;fill:#4b5055}.t{font-weight:600;font-size:13px;\
fill:#17191a}.b{font-weight:600;font-size:20px;letter-spacing:-.02em;fill:#17191a}.q{fill:#676c71}\
.d{fill:#17191a}.o{fill:none;stroke:#17191a;stroke-width:1.5}.l{stroke:#cdcdc6}\
.k{stroke:#878c90;stroke-dasharray:1.5 2.5}.r{fill:none;stroke:#00745a;stroke-width:1.5}\
.h{fill:#00745a;stroke:none}.a{fill:#00745a;font-weight:500;text-anchor:middle}\
@media(prefers-color-scheme:dark){text{fill:#b5babc}.t,.b,.d{fill:#ecedeb}.q{fill:#92989b}\
.o{stroke:#ecedeb}.l{stroke:#40464a}.k{stroke:#767c7f}.r{stroke:#45ddb0}.h,.a{fill:#45ddb0}}"""


def strip_svg(headline: Headline) -> str:
    """The stations as one picture, for a slide or a page of its own."""
    stations, arcs = headline.stations, arcs_of(headline.stations)
    line = 18 * len(arcs) + 10
    parts = [part for k, arc in enumerate(arcs) for part in _arc(arc, 18 * k + 10, line)]
    lowest = line
    for k, station in enumerate(stations):
        x = _MARGIN + k * _COLUMN
        if k + 1 < len(stations):
            dotted = "account" in (station.kind, stations[k + 1].kind)
            parts.append(
                f'<path class="{"k" if dotted else "l"}" d="M{x + 8} {line}h{_COLUMN - 16}"/>'
            )
        mark = "o" if station.kind == "account" else "d"
        parts.append(f'<circle class="{mark}" cx="{x}" cy="{line}" r="4"/>')
        texts, y = _column(station, k + 1), line + 8
        for css, height, text in texts:
            y += height
            parts.append(f'<text x="{x - 4}" y="{y}"{css}>{text}</text>')
        lowest = max(lowest, y)
    width = 2 * _MARGIN + _COLUMN * len(stations)
    title = escape(headline.title, {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {lowest + 12}" '
        f'width="{width}" height="{lowest + 12}" role="img" aria-label="{title}">'
        f"<title>{escape(headline.title)}</title>"
        f"<style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _arc(arc: Arc, top: int, line: int) -> Iterator[str]:
    left, right = (_MARGIN + (k - 1) * _COLUMN for k in (arc.first, arc.last))
    half = min(len(arc.text) * _LETTER / 2 + 8, (right - left) / 2 - 8)
    middle = (left + right) / 2
    yield (
        f'<path class="r" d="M{left} {line - 9}V{top}H{middle - half:.0f}'
        f'M{middle + half:.0f} {top}H{right}V{line - 6}"/>'
    )
    yield f'<path class="r h" d="M{left - 4} {line - 12}h8l-4 6z"/>'
    yield f'<text class="a" x="{middle:.0f}" y="{top + 4}">{escape(arc.text)}</text>'


def _column(station: Station, number: int) -> list[tuple[str, int, str]]:
    """Class, height and content of the lines of text under a station."""
    letters = int((_COLUMN - 12) / _LETTER)
    value = amount(station.estimate)
    unit = unit_text(station.estimate.unit) if value != NO_NUMBER else ""
    big = f'{value} <tspan font-size="12" font-weight="400">{escape(unit)}</tspan>'
    lines = [(' class="t"', 18, escape(x)) for x in _wrapped(f"{number} {station.title}", letters)]
    lines += [(' class="q"', 16, escape(x)) for x in _wrapped(station.place, letters)]
    lines += [(' class="b"', 24, big)]
    return lines + [
        ("", 16 + 2 * (k == 0), escape(x)) for k, x in enumerate(_wrapped(station.note, letters))
    ]


def _wrapped(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters, break_long_words=False)
