"""All rules between rows, in the order in which their findings are listed."""

from collections.abc import Callable

from loopbook.errors import Finding
from loopbook.loop.answers.check import check_results
from loopbook.loop.answers.curves import check_curves
from loopbook.loop.checking import (
    bands,
    contracts,
    cycles,
    laws,
    page,
    slips,
    sums,
    terms,
    times,
    unused,
)
from loopbook.loop.checking.subject import Subject

RULES: tuple[tuple[Callable[[Subject], None], tuple[str, ...]], ...] = (
    (times.check_order, ()),
    (times.check_values, ("series",)),
    (sums.check_owners, ("owners",)),
    (sums.check_compositions, ()),
    (sums.check_splits, ("shares",)),
    (sums.check_parts, ("parameters", "series")),
    (contracts.check_ends, ("parameters", "shares", "materials")),
    (contracts.check_groups, ("contracts", "parameters", "materials", "sites")),
    (contracts.check_needs, ("contracts", "terms", "sites", "parameters")),
    (contracts.check_takers, ("contracts", "parameters", "shares", "materials", "sites")),
    (contracts.check_promises, ("contracts", "series")),
    (cycles.check_cycles, ("lanes",)),
    (terms.check_prices, ("series",)),
    (bands.check_bands, ("terms",)),
    (bands.check_bounds, ("terms",)),
    (terms.check_counts, ("terms", "sites")),
    (terms.check_freight, ("lanes", "parameters", "materials")),
    (terms.check_money, ("series",)),
    (check_results, ("parties", "sites", "contracts", "materials", "parameters", "series")),
    (check_curves, ("parties", "sites", "contracts", "materials", "parameters", "series")),
    (
        page.check_page,
        ("results", "parties", "sites", "contracts", "materials", "parameters", "series"),
    ),
    (unused.check_works, ("sources",)),
    (laws.check_laws, ("laws", "series")),
    (times.check_never, ()),
    (times.check_left_out, ("series",)),
    (slips.check_metal_prices, ()),
    (slips.check_capacities, ()),
    (unused.check_uses, ("contracts", "terms", "parameters", "lanes", "sites")),
)
"""Rules, and the tables that must have no error of their own for each."""


def check_loop(subject: Subject) -> tuple[Finding, ...]:
    """Add the findings of all rules; returns what no row states."""
    for rule, tables in RULES:
        if subject.broken.isdisjoint(tables):
            rule(subject)
    return () if len(subject.findings) else tuple(unused.unstated(subject))
