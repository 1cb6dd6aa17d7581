"""The check list at the closing of a period: what a metal accountant looks at, with its limits."""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from loopbook.book.commands.draft import kg, moment_at
from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.commands.warnings.unaccounted import outside, percent
from loopbook.book.nouns import CameIn, Month, add, zero
from loopbook.report import counted

_DAY = 86_400 * 1_000_000


class Check(NamedTuple):
    """A line of the check list.

    Parameters
    ----------
    check : its name; of one that may be outside of its limit, the kind of its warning.
    result : what the book has.
    usual : the limit; empty for what is only shown.
    outside : whether it is outside.
    items : event or lot, and what about it.
    """

    check: str
    result: str
    usual: str = ""
    outside: bool = False
    items: tuple[tuple[str, str], ...] = ()


def closing_checks(
    month: Month, substances: Sequence[str], moments: tuple[int, int], limits: Limits
) -> tuple[Check, ...]:
    """The check list of a period.

    Parameters
    ----------
    substances : in the order of contents.
    moments : when it is closed, and the end of the period, microseconds since 1970 UTC.
    """
    at, end = moments
    most = limits.most["closing"]
    unassayed = [(lot, lot.unassayed) for lot in month.came_in if lot.unassayed]
    unweighed = [(lot, lot.unweighed) for lot in month.came_in if lot.unweighed]
    return (
        *_of_end(at, end),
        _of_lots("unassayed", unassayed, month, most["unassayed"]),
        _of_lots("unweighed", unweighed, month, most["unweighed"]),
        _of_runs(month, substances, limits),
        _of_roads(month, end, most["days on the road"]),
        _shown("negative", "lot", [(lot, "less than nothing") for lot in month.negative], most=0),
        _shown("accepted warnings", "event", list(_accepted(month))),
        _shown(
            "results that are limits",
            "result",
            [(key, f"{name} {value} of lot {lot}") for key, lot, name, value in month.limits],
        ),
        _shown("late facts", "event", [(key, "posted after its date") for key in month.late]),
    )


def _of_end(at: int, end: int) -> Iterator[Check]:
    """A period that has not ended: what is dated in it later is posted into the next one."""
    if at < end:
        yield Check("running", f"lasts until {moment_at(end)}", "a period that has ended", True)


def _of_lots(check: str, lots: Sequence[tuple[CameIn, int]], month: Month, most: float) -> Check:
    """Lots that came in, with what of each has no ticket or assay, by its share of the mass."""
    whole, some = sum(lot.mg for lot in month.came_in), sum(mg for _, mg in lots)
    share = some / whole if whole else 0.0
    result = f"{len(lots)} of {counted(len(month.came_in), 'lot')}, {percent(share)} of the mass"
    items = tuple((lot.lot, f"{kg(mg)} by {lot.key}") for lot, mg in lots)
    return Check(check, result, f"at most {percent(most)}", not share <= most, items)


def _of_runs(month: Month, substances: Sequence[str], limits: Limits) -> Check:
    """Runs, and all of them together, with what they have unaccounted."""
    nothing = zero(len(substances))
    fed = lost = nothing
    items: list[tuple[str, str]] = []
    for run in month.runs:
        fed, lost = add(fed, run.fed), add(lost, run.lost)
        for name, missing, entered, limit in outside(run.fed, run.lost, substances, limits):
            text = f"{percent(abs(missing) / entered)} of {name} unaccounted"
            items.append((run.key, f"{text}; usual is at most {percent(limit)}"))
    whole, most = sum(fed), limits.most["closing"]["unaccounted"]
    share = abs(sum(lost)) / whole if whole else 0.0
    result = (
        f"{kg(sum(lost))} of {kg(whole)} in {counted(len(month.runs), 'run')}, {percent(share)}"
    )
    usual = f"at most {percent(most)}, and each run within its limits"
    return Check("unaccounted", result, usual, bool(items) or not share <= most, tuple(items))


def _of_roads(month: Month, end: int, days: float) -> Check:
    """Lots on the road at the end, some of them for long."""
    items = [(x.lot, f"{kg(x.mg)} {x.road} since {moment_at(x.since)}") for x in month.roads]
    is_long = any((end - x.since) / _DAY > days for x in month.roads)
    return Check(
        "road", counted(len(items), "lot"), f"each for at most {days:g} days", is_long, tuple(items)
    )


def _accepted(month: Month) -> Iterator[tuple[str, str]]:
    """Events with warnings that were accepted, and the reasons."""
    for key, text in month.accepted:
        reasons = json.loads(text).get("accepted") or {}
        if reasons:
            yield key, "; ".join(f"{kind}: {reason}" for kind, reason in reasons.items())


def _shown(
    check: str, noun: str, items: Sequence[tuple[str, str]], most: int | None = None
) -> Check:
    """What is only shown, or has a number as its limit."""
    usual = "" if most is None else f"at most {most}"
    is_outside = most is not None and len(items) > most
    return Check(check, counted(len(items), noun), usual, is_outside, tuple(items))
