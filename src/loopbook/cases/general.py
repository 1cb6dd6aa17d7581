"""Stations and messages of a loop that declares none: made from its rows and its walk."""

from collections.abc import Iterator

import numpy as np

from loopbook.errors import InputError
from loopbook.loop import OUTSIDE, Accounts, Answers, Message, Provenance, Station, Walk
from loopbook.report import counted

_MANY = 10_000.0  # t/yr from which on people read kt
_EARNS = 0.5  # of the currency; less is rounding
_FULL = 0.9995


def stations_of(money: Accounts) -> tuple[Station, ...]:
    """Sites in the order in which goods flow, with what they make, and results of the parties."""
    walked = money.walked
    loop, rows, back = walked.loop, list[Station](), dict[str, str]()
    order = _order(walked)
    for contract in loop.contracts:
        ends = (contract.from_, contract.to)
        if {*ends} <= {*order} and order.index(ends[1]) < order.index(ends[0]):
            back.setdefault(*ends)
    for name in order:
        site, row = walked.sites[name], loop.sites[name]
        role, goods = ("made", site.made) if _mass(site.made) else ("feed", site.feed)
        largest = max(goods, key=lambda material: float(goods[material].sum()), default="")
        rate = Answers.of(money).numbers(f"max({role}({name!r}) / time)", "t/yr").mean()
        rows.append(
            _station(
                name,
                place=row.place or (row.party if row.party != name else ""),
                answer=f"max({role}({name!r}) / time)",
                unit="kt/yr" if rate >= _MANY else "t/yr",
                decimals="1" if rate >= _MANY else "0",
                note=_note(role, name, largest),
                back=back.get(name, ""),
                back_text=f"to {back[name]}" if name in back else "",
            )
        )
    currency = loop.settings.money.currency
    rows += [
        _station(
            f"result of {party}",
            title=loop.parties[party].name or party,
            answer=f"sum({formula})",
            unit=f"M {currency}",
            decimals="1",
            note=words,
            kind="account",
        )
        for party, formula, words, _ in results_of(money)
    ]
    return tuple(rows)


def _station(name: str, **cells: str) -> Station:
    provenance = Provenance(where="stations", address=f"stations/{name}")
    return Station(station=name, provenance=provenance, **{"title": name, **cells})


def _note(role: str, site: str, material: str) -> str:
    if not material:
        return "nothing in this run"
    of = f"{material}, most" if role == "made" else f"of {material}, most"
    return f"{of} in {{when({role}({site!r}) / time)}}"


def _mass(goods: object) -> bool:
    return isinstance(goods, dict) and any(float(x.sum()) > 0.0 for x in goods.values())


def _order(walked: Walk) -> list[str]:
    """Sites that trade with each other, as goods flow, those that trade most first.

    A group begins with the sites that get nothing of another site, else with its first.
    """
    ways: dict[tuple[str, str], float] = {}
    for flow in walked.flows:
        way = (flow.row.from_, flow.row.to)
        if OUTSIDE not in way and flow.taken.any():
            ways[way] = ways.get(way, 0.0) + float(flow.taken.sum())
    groups = {name: {name} for way in ways for name in way}
    for start, end in ways:
        joined = groups[start] | groups[end]
        groups |= dict.fromkeys(joined, joined)
    sites = [name for name in walked.sites if name in groups] or [*walked.sites]
    moved = {x: sum(t for (a, _), t in ways.items() if a in groups.get(x, ())) for x in sites}
    sites.sort(key=lambda x: -moved[x])
    taking, order = {end for _, end in ways}, list[str]()
    for group in dict.fromkeys(tuple(sorted(groups.get(x, {x}))) for x in sites):
        chosen = [x for x in sites if x in group]
        for first in (*(x for x in chosen if x not in taking), *chosen):
            queue = [first]
            while queue:
                name = queue.pop(0)
                if name not in order:
                    order.append(name)
                    queue += [end for end in sites if (name, end) in ways]
    return order


def results_of(money: Accounts) -> Iterator[tuple[str, str, str, float]]:
    """Party, formula of its cash, what it is, and its sum; of those with any."""
    for party in money.walked.loop.parties:
        for shared, own, words in (
            (True, "", "received less paid"),
            (False, ", own", "before its owners' shares"),
        ):
            cash = float(money.cash(party, shared=shared).sum(axis=0).mean())
            if abs(cash) > _EARNS:
                yield party, f"cash({party!r}{own})", words, cash
                break


def messages_of(money: Accounts) -> tuple[Message, ...]:
    """The title: who earns, and where there is no more room."""
    results = [cash for *_, cash in results_of(money)]
    earning = sum(cash > 0 for cash in results)
    parties = counted(len(results), "party", "parties")
    verb = "earns" if earning == 1 else "earn"
    parts = [f"Of {parties} {earning or 'none'} {verb}"] if results else []
    parts += [room_text(money)]
    text = "; ".join(filter(None, parts)) or _moved(money)
    text = text[:1].upper() + text[1:]
    where = Provenance(where="messages", address="messages/title")
    return (Message(message="title", order="", text=text, provenance=where),)


def room_text(money: Accounts) -> str:
    """Of the site that is fullest, when it is full, or how full it is at most."""
    shares = dict[str, np.ndarray]()
    for name, site in money.walked.sites.items():
        role = "feed" if _mass(site.feed) else "made"
        try:
            cells = Answers.of(money).cells(f"{role}({name!r}) / capacity({name!r})", "1", name)
        except InputError:  # it has no capacity of all goods together
            continue
        shares[name] = np.array([0.0 if x is None else float(str(x)) for x in cells])
    if not shares:
        return ""
    name = max(shares, key=lambda x: (float((shares[x] >= _FULL).sum()), float(shares[x].max())))
    names = [x.name for x in money.walked.loop.calendar.periods]
    full = np.flatnonzero(shares[name] >= _FULL)
    if not len(full):
        return f"{name} is never more than {100 * shares[name].max():.0f} % full"
    if len(full) == len(names):
        return f"{name} is full all the time"
    if len(full) == 1 + full[-1] - full[0] > 1:
        return f"{name} is full {names[full[0]]} to {names[full[-1]]}"
    return f"{name} is full in {counted(len(full), 'period')} of {len(names)}"


def _moved(money: Accounts) -> str:
    """What is moved in all, of a loop without money and capacities."""
    total = sum(float(flow.taken.sum(axis=0).mean()) for flow in money.walked.flows)
    count = len({flow.row.contract for flow in money.walked.flows})
    return f"{counted(count, 'contract')} {'moves' if count == 1 else 'move'} {total:,.0f} t"
