"""Rows of the tables that a result rests on, by address."""

from collections.abc import Iterable, Iterator

from loopbook.loop.loop import Loop
from loopbook.loop.values.cells import OUTSIDE


def basis_of(loop: Loop, uses: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Addresses of the numbers behind what a formula names, in the order of the tables.

    A contract rests on its rows and both its sites; a site on its parameters and on all contracts
    that bring it something, with the sites that they come from. Payments rest on terms and prices.

    Parameters
    ----------
    uses : lists and names: sites, contracts, parties, terms, addresses of quantities.
    """
    uses = set(uses)
    addresses = {name for role, name in uses if role == "quantity"}
    sites = [name for role, name in uses if role == "site"]
    parties = {name for role, name in uses if role == "party"} - {OUTSIDE}
    sites += [name for name, row in loop.sites.items() if row.party in parties]
    contracts = {name for role, name in uses if role == "contract"}
    contracts |= {
        row.contract for row in loop.contracts if parties & {loop.seller(row), loop.buyer(row)}
    }
    sites += [x for row in loop.contracts if row.contract in contracts for x in (row.from_, row.to)]
    sites = [*_upstream(loop, sites)]
    for row in loop.contracts:
        if row.contract in contracts or {row.from_, row.to} & {*sites}:
            addresses.add(row.address)
    models = {loop.sites[name].model for name in sites}
    addresses |= {row.address for row in loop.parameters if row.on in {*sites, *models}}
    if any(role in ("term", "party") for role, _ in uses):
        addresses |= {
            *_terms(
                loop,
                {name for role, name in uses if role == "term"},
                {*contracts, *sites, *parties},
            )
        }
    for name in [*addresses]:
        quantity = loop.quantities.get(name)
        if quantity is not None and quantity.series is not None:
            addresses.add(f"series/{quantity.series.name}")
    return tuple(name for name in loop.quantities if name in addresses)


def _upstream(loop: Loop, sites: Iterable[str]) -> Iterator[str]:
    """Sites, and all from which something reaches them."""
    queue, seen = [*sites], set[str]()
    while queue:
        name = queue.pop(0)
        if name in loop.sites and name not in seen:
            seen.add(name)
            yield name
            queue += [row.from_ for row in loop.contracts if row.to == name]


def _terms(loop: Loop, laws: set[str], on: set[str]) -> Iterator[str]:
    """Terms of some laws on contracts, sites and parties, with the series that price them."""
    for row in loop.terms:
        if row.on in on and (not laws or row.term in laws):
            yield row.address
            yield f"series/{getattr(row, 'index', '') or getattr(row, 'of', '')}"
