"""Plain text for accountants: aligned blocks of numbers, moments as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
V = TypeVar("V")

_BESIDE = 6  # columns of numbers beside each other


def moment_text(moment: int) -> str:
    """A moment as people read it, UTC.

    >>> moment_text(0), moment_text(90_000_000)
    ('1970-01-01', '1970-01-01 00:01:30')
    """
    text = datetime.fromtimestamp(moment // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(" 00:00:00")


def blocks(
    head: str,
    rows: Sequence[tuple[str, T]],
    columns: Sequence[tuple[str, Callable[[T], V]]],
    show: Callable[[V], str],
) -> Iterator[str]:
    """Aligned columns; where they do not fit beside each other, blocks of them under each other.

    Parameters
    ----------
    head : stands over the rows' names.
    rows : name and what the columns read; a rule is drawn over ``closing`` and ``unaccounted``.
    columns : title and how to read it; the first one is in every block.
    show : the text of what was read.

    >>> print("\\n".join(blocks("kg", [("in", 1.0), ("out", -2.5)], [("mass", abs)], str)))
    kg   mass
    in    1.0
    out   2.5
    <BLANKLINE>
    """
    rest = columns[1:]
    width = max([len(head), *(len(name) for name, _ in rows)])
    for first in range(0, max(len(rest), 1), _BESIDE):
        shown = [columns[0], *rest[first : first + _BESIDE]]
        cells = [[show(read(value)) for _, read in shown] for _, value in rows]
        widths = [max(len(shown[k][0]), *(len(row[k]) for row in cells)) for k in range(len(shown))]
        titles = "  ".join(name.rjust(w) for (name, _), w in zip(shown, widths, strict=True))
        yield f"{head:<{width}}  {titles}"
        for (name, _), row in zip(rows, cells, strict=True):
            if name in ("closing", "unaccounted in the run"):
                yield "-" * (width + sum(widths) + 2 * len(widths))
            numbers = "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True))
            yield f"{name:<{width}}  {numbers}"
        yield ""
