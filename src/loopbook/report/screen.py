"""The terminal's screen of a run: message, stations, what is proven, key figures."""

from collections.abc import Iterator, Sequence

from loopbook.report.answers.answer import counted
from loopbook.report.answers.terminal import grid_text, wrapped
from loopbook.report.headline import Estimate, Headline
from loopbook.report.table import Cell, Column, Table

_NONE = "?"
_LEFT = Column(kind=str)
_RIGHT = Column(kind=str, decimals=0)


def screen_text(
    headline: Headline, *, switched_on: Sequence[str], periods: str, width: int | None = None
) -> str:
    """Page one for a terminal.

    Parameters
    ----------
    switched_on : scenarios that are on.
    periods : first and last period: ``2026 to 2035``.
    width : cells of the screen; None for as many as it takes.
    """
    context = _context(headline, switched_on)
    top = [*wrapped(headline.title, width), *wrapped(context, width)]
    strip = grid_text(_strip(headline), width)
    proven = wrapped(f"Proven: {headline.proven}", width)
    blocks = ["\n".join(top), "\n".join(filter(None, (strip, *proven)))]
    blocks.append(grid_text(_figures(headline, periods), width))
    if headline.verdicts:
        blocks.append("\n".join(wrapped(_verdicts(headline), width)))
    return "\n\n".join(filter(None, blocks))


def amount(estimate: Estimate, value: float | None) -> str:
    """A number of an estimate with its decimals; a question mark where it is not known.

    >>> amount(Estimate("x", None, "t", 1), -0.04), amount(Estimate("x", None), None)
    ('0.0', '?')
    """
    return _NONE if value is None else f"{value:z,.{estimate.decimals}f}"


def interval(estimate: Estimate) -> str:
    """The 90 % interval; empty without draws, and of a number that none of them moves.

    >>> interval(Estimate("x", 5.0, "t", 0, -41.2, 4.0, 1232.0))
    '-41 to 1,232'
    """
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return ""
    return f"{amount(estimate, estimate.low)} to {amount(estimate, estimate.high)}"


def _context(headline: Headline, switched_on: Sequence[str]) -> str:
    stamp = headline.stamp
    on = f"with {', '.join(switched_on)}" if switched_on else "no switch on"
    drawn = f"{counted(stamp.draws, 'draw')}, seed {stamp.seed}" if stamp.draws else "no draws"
    failed = f", {stamp.failed:,} failed" if stamp.failed else ""
    return f"{', '.join(filter(None, (stamp.case, stamp.version, on)))}; {drawn}{failed}"


def _strip(headline: Headline) -> Table:
    columns = (
        *(_LEFT, Column("place", "Place", kind=str, drops=1), _RIGHT),
        *(_LEFT, Column("note", "Note", kind=str, drops=2)),
    )
    rows = tuple(
        (
            f"{number} {x.title}",
            x.place,
            amount(x.estimate, x.estimate.value),
            x.estimate.unit,
            x.note,
        )
        for number, x in enumerate(headline.stations, 1)
    )
    return Table("stations", "Stations", columns, rows)


def _figures(headline: Headline, periods: str) -> Table:
    columns = (
        Column(title=periods, kind=str),
        Column(title="Value", kind=str, decimals=0),
        Column(title="90 % interval", kind=str, decimals=0),
    )
    rows: Iterator[tuple[Cell, ...]] = (
        (
            f"{x.title}, {x.estimate.unit}" if x.estimate.unit else x.title,
            amount(x.estimate, x.estimate.value),
            interval(x.estimate),
        )
        for x in headline.figures
    )
    return Table("figures", "Key figures", columns, tuple(rows))


def _verdicts(headline: Headline) -> str:
    """How many statements hold, and how many do not."""
    counts: dict[str, int] = {}
    for verdict in headline.verdicts:
        counts[verdict.verdict] = counts.get(verdict.verdict, 0) + 1
    return f"Statements: {', '.join(f'{n} {name}' for name, n in counts.items())}"
