"""One question of one lot, all of it at one moment: the answer, and its lineage in a file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from loopbook.book import NOW, AsOf, Book, holds, says_modelled
from loopbook.trace.genealogy.answers import METALS, Origin, Recall, SureOrigin, SureTrace, Trace
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.reading import one_moment, read_ancestors, read_descendants
from loopbook.trace.genealogy.uncertainty import sure_shares
from loopbook.trace.lineage.formats import write_lineage
from loopbook.trace.lineage.nouns import Lineage
from loopbook.trace.lineage.parts import lineage_back, lineage_forward, path, with_events


@says_modelled
def trace_lot(
    book: Book,
    lot: str,
    *,
    asof: AsOf = NOW,
    sure: bool = False,
    picture: Path | None = None,
    only: Sequence[str] = (),
) -> Trace:
    """Where a lot's matter came from.

    Parameters
    ----------
    sure : whether shares of the substances of `only`, or of the metals, get their uncertainties.
    picture : a file for the lineage; its ending names the format.
    only : the substance of the picture, if it is one.
    """
    with one_moment(book, asof):
        genealogy = Genealogy(read_ancestors(book, lot, asof, materials=picture is not None))
        answer = genealogy.trace(lot)
        names = only or [name for name in METALS if name in answer.substances]
        spread = {
            name: sure_shares(book, lot, name, genealogy=genealogy, asof=asof).sigmas
            for name in (names if sure else ())
        }
        if picture is not None:
            write_lineage(with_events(lineage_back(genealogy, lot), book, asof), picture, only)
    if not sure:
        return answer

    def surely(origin: Origin) -> SureOrigin:
        sigmas = [spread.get(name, {}).get(origin.id, np.nan) for name in answer.substances]
        return SureOrigin(
            origin.id,
            origin.kind,
            origin.material,
            origin.supplier,
            origin.shares,
            origin.amounts_mg,
            np.array(sigmas),
        )

    return SureTrace(
        answer.lot,
        answer.material,
        answer.substances,
        answer.total_mg,
        tuple(map(surely, answer.origins)),
        answer.ancestors,
        answer.notes,
    )


@says_modelled
def recall_lot(
    book: Book, lot: str, *, asof: AsOf = NOW, picture: Path | None = None, only: Sequence[str] = ()
) -> Recall:
    """Where a lot's matter went; `picture` and `only` as in `trace_lot`."""
    with one_moment(book, asof):
        genealogy = Genealogy(read_descendants(book, lot, asof))
        if picture is not None:
            write_lineage(with_events(lineage_forward(genealogy, lot), book, asof), picture, only)
        answer, held = genealogy.recall(lot), holds(book.store, asof)
    reached = [replace(x, on_hold=held.get(x.lot) or None) for x in answer.reached]
    return replace(answer, reached=tuple(reached))


@says_modelled
def path_between(
    book: Book, source: str, target: str, *, asof: AsOf = NOW, picture: Path | None = None
) -> Lineage:
    """All ways from one lot to another; `picture` as in `trace_lot`."""
    with one_moment(book, asof):
        lineage = with_events(path(book, source, target, asof=asof), book, asof)
    if picture is not None:
        write_lineage(lineage, picture)
    return lineage
