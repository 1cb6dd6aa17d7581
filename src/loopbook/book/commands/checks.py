"""Checks of a draft when its legs are known: limits of sites, and what a plugin's plan put there.

Our own plans are held by tests to what `check_plan` asks of those of plugins.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from loopbook.book.commands.command import LINES, OWN_LINES, Command, lines_of
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.fields import NewLot
from loopbook.book.nouns import (
    BOUNDARIES,
    WEIGHTS,
    Account,
    Content,
    Event,
    Leg,
    add_to,
    is_zero,
    mass,
    negate,
)
from loopbook.book.scope import TRANSIT
from loopbook.tables import class_place, fields_of

_MOST_MG = 10**16  # ten million tonnes: sums of many still fit 64 bits


def check_limits(
    draft: Draft, amended: Sequence[tuple[Event, Mapping[Account, Content]]] = ()
) -> None:
    """A finding for each site that would hold more of a hazard class than it may.

    Parameters
    ----------
    amended : events that the command amends, each with the change of its legs.
    """
    made = {lot.id: lot for event, _ in amended for lot in event.lots}  # a corrected event's, too
    made |= {lot.id: lot for lot in draft.lots}
    gains: dict[tuple[str, str], int] = {}
    for account, content in chain(draft.legs.items(), *(legs.items() for _, legs in amended)):
        limited = draft.view.site(account.site)
        if limited is None or not limited.limits:
            continue
        lot = made.get(account.lot) or draft.view.lot(account.lot) if account.lot else None
        material = None if lot is None else draft.view.material(lot.material)
        if material is not None and material.hazard:
            place = (account.site, material.hazard)
            gains[place] = gains.get(place, 0) + mass(content)
    for (name, hazard), gain in gains.items():
        site = draft.view.site(name)
        limit = None if site is None else site.limits.get(hazard)
        if limit is not None and gain > 0:
            load = draft.view.load_mg(name, hazard) + gain
            if load > limit:
                most, why = f"at most {kg(limit)}", f"{name} would hold {kg(load)} of {hazard}"
                draft.note(
                    "limit",
                    most,
                    kg(load),
                    at="site",
                    sentence=f"{why}; its limit is {kg(limit)}",
                    about="state",
                )


def check_plan(command: Command, draft: Draft) -> None:
    """Findings for what no event may hold, whatever a plan put into its draft.

    Contents are whole mg of each substance and sum to zero; accounts, parties, sites, materials and
    lots are those of the book, or made here; only lots that the command's fields name are touched;
    the lines of the kind show in a statement all that it moves.
    """
    kind = f"the plan of kind {command.kind} ({class_place(type(command))})"
    for lot in draft.lots:
        if lot.id not in draft.new_lots:
            NewLot().check(lot.id, "", draft)
    problems = list(_of_whole(command, draft))
    for account, content in draft.legs.items():
        problems += _of_leg(Leg(account, content), draft)
    if not problems:
        problems += _of_lots(command, draft)
    for problem in problems:
        draft.note("plan", "a plan that can be posted", problem, sentence=f"{kind} {problem}")
    if problems:
        return
    for (party, site), gap in _unstated(type(command), draft.legs).items():
        if not is_zero(gap):
            text = f"leaves {kg(mass(gap))} of {party or 'nobody'} at {site or 'no site'} out of"
            line = f"line = {command.line}"
            draft.note(
                "plan",
                "a statement that has all that it moves",
                line,
                hint=_line_hint(command, draft.legs),
                sentence=f"{kind} {text} the metal statement: {line}",
            )


def _of_whole(command: Command, draft: Draft) -> Iterator[str]:
    """Problems of a plan as a whole."""
    parts = draft.legs or draft.lots or draft.measurements or draft.nouns
    if not parts and any(field.type.unit == "kg" for field in fields_of(type(command))):
        yield "moves and measures nothing, and the command has a mass"
    for lot in draft.lots:
        if draft.view.material(lot.material) is None:
            yield f"makes lot {lot.id} of {lot.material!r}, which is not a material of the book"
    for one in draft.measurements:
        if {*map(type, one)} != {str}:
            yield f"measures {[*one]!r}: each part is a text"
        elif one.quantity not in (*WEIGHTS, *draft.view.substances):
            yield f"measures {one.quantity!r}, which is not a substance of the book"


def _of_leg(leg: Leg, draft: Draft) -> Iterator[str]:
    """Problems of a leg: its content, and the names in its account."""
    account, content = leg
    view = draft.view
    if not isinstance(account, Account) or {*map(type, account)} != {str}:
        yield f"puts content on {account!r}: an account is four texts"
        return
    if type(content) is not tuple or len(content) != len(view.substances):
        yield f"puts {content!r} on {account}: a content has {len(view.substances)} substances"
        return
    for name, amount in zip(view.substances, content, strict=True):
        if type(amount) is not int or not -_MOST_MG <= amount <= _MOST_MG:
            text = f"{amount!r} ({type(amount).__name__}) mg of {name}"
            yield f"puts {text} on {account}: amounts are whole mg, of type int, up to 10**16"
            return
    if account.kind not in ("lot", *BOUNDARIES):
        yield f"puts content on {account}: {account.kind!r} is not one of {', '.join(BOUNDARIES)}"
    if (account.kind == "lot") != bool(account.lot):
        yield f"puts content on {account}: a lot's account, and no other, names a lot"
    needs_party = account.kind in ("lot", "supplier", "customer")
    if (needs_party or account.party) and view.party(account.party) is None:
        yield f"puts content on {account}: {account.party!r} is not a party of the book"
    on_road = account.site.startswith(f"{TRANSIT} ")
    needs_site = account.kind == "lot"
    if (needs_site or account.site) and not on_road and view.site(account.site) is None:
        yield f"puts content on {account}: {account.site!r} is not a site of the book"


def _of_lots(command: Command, draft: Draft) -> Iterator[str]:
    """Problems with what lots have: sums, lots that no field names, and more than there is."""
    for name, total in zip(
        draft.view.substances, map(sum, zip(*draft.legs.values(), strict=True)), strict=False
    ):
        if total:
            yield f"does not balance: its legs sum to {total} mg of {name}, not to zero"
    made = {lot.id for lot in draft.lots}
    named = made | {*command.names("lot")}
    for lot in dict.fromkeys([a.lot for a in draft.legs] + [x.lot for x in draft.measurements]):
        if lot and lot not in named:
            yield f"touches lot {lot}, which no field of the command names and it does not make"
    for account, content in draft.legs.items():
        if account.lot in named and min(content, default=0) < 0:
            held = (
                draft.view.holdings(account.lot).get(account, ()) if account.lot not in made else ()
            )
            there = held or (0,) * len(content)
            for name, has, change in zip(draft.view.substances, there, content, strict=True):
                if change < 0 and has + change < min(0, has):
                    yield f"takes {kg(-change)} of {name} from {account}, which has {kg(has)}"
                    break


def _unstated(
    kind: type[Command], legs: Mapping[Account, Content]
) -> Mapping[tuple[str, str], Content]:
    """What the lines of a kind leave out of a metal statement, mg, by party and site."""
    gaps: dict[tuple[str, str], Content] = {}
    for account, content in legs.items():
        place = (account.party, account.site)
        if account.kind == "lot":
            add_to(gaps, place, content)
        elif account.kind not in OWN_LINES:
            continue
        road, sign = account.site.startswith(f"{TRANSIT} "), -1 if mass(content) < 0 else 1
        for line, part in lines_of(kind, account.kind, content, road=road, sign=sign):
            if line in LINES:
                add_to(gaps, place, negate(part))
    return gaps


def _line_hint(command: Command, legs: Mapping[Account, Content]) -> str:
    """How the lines of a kind have all that it moves."""
    if not command.line[1]:
        return "give line two lines of the metal statement"
    if any(account.kind in OWN_LINES for account in legs) and not command.of_which:
        return "write of_which = True in the class"
    return "give line another first line"
