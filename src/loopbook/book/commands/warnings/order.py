"""Warnings about the order of facts: what counts over what, and what was free at its date."""

from collections.abc import Iterable, Iterator, Mapping

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, moment_at
from loopbook.book.commands.warnings.warned import Warned, warn
from loopbook.book.nouns import Assayed

RANKS = {"provisional": 0, "exchanged": 1, "umpire": 2, "final": 2}
"""Stages of an assay's results: of two, the later one of the exchange should count."""

_EVER = 2**62  # after all dates


def of_stage(draft: Draft) -> Iterator[Warned]:
    """A result that counts, or does not, because of its date and in spite of its stage.

    Results count by their dates. One of a later stage that is dated before one of an earlier stage
    counts only until then; one of an earlier stage that is dated after it counts in its place.
    """
    stages = {x.quantity: x.stage for x in draft.measurements if x.stage in RANKS}
    if not stages:
        return
    lot, stage = draft.measurements[0].lot, next(iter(stages.values()))
    over: dict[str, Assayed] = {}  # results that count over this one, and under it
    under: dict[str, Assayed] = {}
    results = draft.view.assays(lot)
    if not results:
        return
    for other in results:
        if other.substance in stages and other.stage in RANKS:
            (under if other.at <= draft.occurred_at else over)[other.substance] = other
    zone, usual = draft.moment.tzinfo, "that the later stage counts"
    dated = draft.moment.isoformat()
    lasting = {x.key: x for x in over.values() if RANKS[x.stage] < RANKS[stage]}
    for other in lasting.values():
        until = moment_at(other.at, zone)
        yield warn(
            draft,
            "stage",
            "occurred_at",
            usual=usual,
            value=dated,
            sentence=f"this {stage} result counts until {until} only: from then on the "
            f"{other.stage} one of {other.key!r} counts",
            advice=f"an assay counts from the moment of its sample: date {other.key!r} {dated} or "
            f"before (loopbook book correct, --set occurred_at={dated}), then report this result",
        )
    beaten = {x.key: x for s, x in under.items() if s not in over}
    for other in beaten.values():
        if RANKS[other.stage] > RANKS[stage]:
            since = moment_at(other.at, zone)
            yield warn(
                draft,
                "stage",
                "occurred_at",
                usual=usual,
                value=dated,
                sentence=f"this {stage} result counts from {dated} on, over the {other.stage} one "
                f"of {other.key!r}, which is dated {since}",
                advice="an assay counts from the moment of its sample: date this result before "
                f"{since}",
            )


def of_hold(draft: Draft, command: Command, used: Iterable[str]) -> Iterator[Warned]:
    """A lot that is used before its hold, reported while it is on hold: what it makes is free.

    Parameters
    ----------
    used : lots that have less after the command; what is measured is not used.
    """
    for lot in used:
        reason = draft.view.hold(lot, _EVER)
        if not reason:
            continue
        made = " and ".join(x.id for x in draft.lots)
        free = f"{made}, made of it," if made else "what leaves here"
        yield warn(
            draft,
            "held",
            _field_of(command, lot),
            usual="no use of a lot that is on hold",
            value=lot,
            sentence=f"lot {lot} is on hold now ({reason}), and this is dated before the hold: "
            f"{free} is not on hold",
            advice=f"hold {made}, too" if made else "",
        )


def of_release(draft: Draft, lot: str) -> Iterator[Warned]:
    """A hold that is reported after a later release: the lot is free today."""
    later = draft.view.later_holds(lot, draft.occurred_at)
    if later and not later[-1][1]:
        released = moment_at(next(at for at, reason in later if not reason), draft.moment.tzinfo)
        yield warn(
            draft,
            "released",
            "occurred_at",
            usual="that a hold is reported before its release",
            value=draft.moment.isoformat(),
            sentence=f"lot {lot} was released at {released}: this hold ends there",
            advice=f"if the lot is to be on hold now, date the hold after {released}",
        )


def _field_of(command: Command, lot: str) -> str:
    """The field of a command that names a lot."""
    inputs = getattr(command, "inputs_kg", None)
    return f"inputs_kg.{lot}" if isinstance(inputs, Mapping) and lot in inputs else "lot"
