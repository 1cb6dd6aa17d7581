"""The splitting limit of an assay exchange."""

from dataclasses import dataclass

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Share, Substance


@dataclass(frozen=True, kw_only=True)
class AssayLimit(Term):
    """Assays of `of` that differ by more than `value` go to an umpire."""

    law = "assay"
    for_invoices = True

    of: Substance
    value: Share
