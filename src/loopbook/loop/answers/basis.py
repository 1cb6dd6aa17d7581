"""Rows of the tables that a result rests on, by address."""

from collections.abc import Iterable, Iterator

from loopbook.loop.loop import Loop

MONEY_OF = "money"
"""In place of a list of names: that a formula asks for payments or burdens."""


def basis_of(loop: Loop, uses: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Addresses of the numbers behind what a formula names, in the order of the tables.

    What moves rests on contracts and on the parameters of sites, models and materials, from the
    sites that are named up to all from which something reaches them; money and burdens rest on
    terms, prices, lanes and modes of freight too.

    Parameters
    ----------
    uses : lists and names: sites, contracts, parties, terms, addresses of quantities.
    """
    of: dict[str, set[str]] = {}
    for role, name in uses:
        of.setdefault(role, set()).add(name)
    named = {role: of.get(role, set()) for role in ("site", "contract", "party", "term")}
    sites = {
        name
        for name, row in loop.sites.items()
        if name in named["site"] or row.party in named["party"]
    }
    money = MONEY_OF in of
    rows = [
        row
        for row in loop.contracts
        if row.contract in named["contract"]
        or {loop.seller(row), loop.buyer(row)} & named["party"]
        or (money and {row.from_, row.to} & sites)
        or (money and not (sites or named["contract"] or named["party"]))
    ]
    every = {*_upstream(loop, [*sites, *(x for row in rows for x in (row.from_, row.to))])}
    whole = [row for row in loop.contracts if row in rows or row.to in every or row.from_ in sites]
    on = {*every, *(loop.sites[x].model for x in every), *(row.material for row in whole)}
    on |= {row.of for row in loop.parameters if row.on in on}
    addresses = of.get("quantity", set()) | {row.address for row in whole}
    addresses |= {  # of contracts that are off, too
        name for name in loop.quantities for x in named["contract"] if f"contracts/{x}/" in name
    }
    if money:
        laws, ways = named["term"], {(row.from_, row.to) for row in rows}
        payers = {*sites, *named["party"], *(row.contract for row in rows)}
        terms = [x for x in loop.terms if x.on in payers and (not laws or x.term in laws)]
        addresses |= {row.address for row in terms}
        addresses |= {f"series/{getattr(x, 'index', '') or getattr(x, 'of', '')}" for x in terms}
        addresses |= {row.address for row in loop.lanes if (row.from_, row.to) in ways}
        on |= loop.modes.keys()
    addresses |= {row.address for row in loop.parameters if row.on in on}
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
