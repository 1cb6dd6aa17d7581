"""What a person would ask about, judged on the draft of an event when its legs are known.

Only a command that is being entered is judged, never one that is planned again. Each rule compares
with what the book has at the command's date: masses and shares before the event are those of its
view. Rules read legs, measurements and lots, so that commands of plugins are judged, too.
"""

import json
from collections.abc import Iterator, Mapping
from functools import reduce

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.commands.warnings.order import of_hold, of_release, of_stage
from loopbook.book.commands.warnings.unaccounted import EDGE, outside, percent
from loopbook.book.commands.warnings.warned import KINDS, LEAVE_OUT, Warned, warn
from loopbook.book.nouns import LAST, WEIGHTS, Measurement, add, negate, zero
from loopbook.book.scope import TRANSIT
from loopbook.errors import nearest_hint

_ONE_OF_SEVERAL = 0.9  # of a consignment: less may be one truck of several
_WEIGHED = {"weighbridge": "ticket", "arrived": "arrival", "counted": "count"}
_LOADS = {"gross": "gross", "declared": "net", "arrived": "net"}
_MASSES = ("gross_kg", "counted_kg", "mass_kg")  # fields that may have a weight


def judge(draft: Draft, command: Command, limits: Limits) -> None:
    """Add warnings that the command does not accept to the findings of its draft.

    A reason for a warning that there is not is a finding, too: nothing is accepted in advance.

    Parameters
    ----------
    limits : what passes without a word.
    """
    right = not draft.items
    warned: set[str] = set()
    accepted: Mapping[str, str] = command.accepted or {}
    for warning in _warnings(draft, command, limits):
        warned.add(warning.code)
        if not accepted.get(warning.code, "").strip():
            draft.items.append(warning)
    if not right:
        return
    for kind, reason in accepted.items():
        at = f"accepted.{kind}"
        if kind not in KINDS:
            hint = nearest_hint(kind, KINDS)
            draft.note("unknown-name", "a kind of warning", kind, at=at, hint=hint)
        elif kind not in warned:
            text = f"there is no warning {kind} to accept here"
            draft.note(
                "accepted", f"a warning {kind}", "none", at=at, hint=LEAVE_OUT, sentence=text
            )
        elif not reason.strip():
            draft.note("missing", "a reason", "nothing", at=at)


def _warnings(draft: Draft, command: Command, limits: Limits) -> Iterator[Warned]:
    """Warnings about nouns, masses, runs, parts and shares; a reversal is what it reverses."""
    if draft.nouns:
        yield from _of_nouns(draft, limits)
    if draft.reverses or not draft.legs:
        return
    yield from _of_masses(draft, command, limits)
    if getattr(command, "shares", None) or getattr(command, "outputs", None):
        yield from _of_sums(draft, command, limits)
    if getattr(command, "moisture", None):
        yield from _of_moisture(draft, command, limits)
    if draft.lots and not command.copies:
        yield from _of_new_lots(draft, limits)


# -- masses


def _of_masses(draft: Draft, command: Command, limits: Limits) -> Iterator[Warned]:
    """Warnings about what was measured, taken or lost."""
    changes: dict[str, int] = {}
    taken: dict[str, int] = {}
    is_run = False
    for account, content in draft.legs.items():
        lot, amount = account.lot, sum(content)
        if lot:
            changes[lot] = changes.get(lot, 0) + amount
            if amount < 0:
                taken[lot] = taken.get(lot, 0) - amount
        elif account.kind == "unaccounted":
            is_run = not account.site.startswith(TRANSIT)
    if draft.measurements:
        for one in draft.measurements:
            if one.quantity in WEIGHTS:
                yield from _of_weight(draft, command, one, (changes.get(one.lot, 0), limits))
        if not draft.lots:
            yield from _of_results(draft, limits)
            yield from of_stage(draft)
    elif taken:
        if command.kind != "sample":
            yield from _of_parts(draft, command, taken, limits)
        yield from of_hold(draft, command, [lot for lot in taken if changes[lot] < 0])
    if is_run:
        yield from _of_run(draft, limits)


def _of_weight(
    draft: Draft, command: Command, measured: Measurement, known: tuple[int, Limits]
) -> Iterator[Warned]:
    """A mass that was weighed or counted against the book, and against what a lorry carries."""
    (change, limits), value = known, int(measured.value)
    if measured.quantity == "tare" and (vehicle := getattr(command, "vehicle", None)):
        yield from _of_tare(draft, vehicle, value, limits)
    kind = _WEIGHED.get(measured.stage or measured.method, "")
    load = _LOADS.get(measured.stage or measured.quantity, "")
    if load:
        low, high = limits.ranges["load"][load]
        few, most = limits.ranges["load"]["net in tonnes"] if load == "net" else (0.0, 0.0)
        is_few = value < most * 1e6 and (value >= few * 1e6 or bool(value % 1_000_000))
        is_load = low <= value / 1e6 <= high * EDGE
        if is_few or not is_load:
            usual = f"at least {most:g} kg, or under {few:g} kg without decimals: is it in t?"
            if not is_load:
                usual = f"{low:,.0f} to {high:,.0f} kg for a lorry"
            text, at = f"{load} mass is {kg(value)}", _field(command, *_MASSES)
            yield warn(draft, "load", at, usual=usual, value=kg(value), sentence=text)
    if measured.quantity != "mass" or not kind:
        return
    sigma, most = int(measured.uncertainty or 0), limits.most["uncertainty"]["mass"]
    if sigma > max(most * value, limits.most["ticket"]["divisions"] * 1e6):
        text = f"the uncertainty of {kg(value)} is {kg(sigma)}"
        usual = f"at most {percent(most)}"
        yield warn(
            draft, "uncertainty", "uncertainty_kg", usual=usual, value=kg(sigma), sentence=text
        )
    before, most = value - change, limits.most[kind]["difference"]
    division = min(limits.most["ticket"]["divisions"] * 1e6, before / 2)
    if before > 0 and not abs(value - before) <= max(most * before, division) * EDGE:
        off = f"{percent(abs(value - before) / before)} {'more' if value > before else 'less'}"
        text = f"{kg(value)} is {off} than the {kg(before)} that the book has of lot {measured.lot}"
        at = _field(command, *_MASSES)
        if measured.stage == "arrived" and value < _ONE_OF_SEVERAL * before:
            text += " (if the rest is on other trucks, name this load as a new lot: load)"
        yield warn(draft, kind, at, usual=f"at most {percent(most)}", value=off, sentence=text)


def _of_tare(draft: Draft, vehicle: str, tare_mg: int, limits: Limits) -> Iterator[Warned]:
    """A tare against the stored one of its vehicle."""
    known = draft.view.vehicle(vehicle)
    stored = None if known is None else known.tare_mg(draft.occurred_at)
    most = limits.most["tare"]["difference"]
    if stored is not None and not abs(tare_mg - stored) <= most * stored * EDGE:
        off = f"{percent(abs(tare_mg - stored) / stored)} {'more' if tare_mg > stored else 'less'}"
        text = f"tare {kg(tare_mg)} is {off} than the stored {kg(stored)} of vehicle {vehicle}"
        usual = f"at most {percent(most)}"
        yield warn(draft, "tare", "tare_kg", usual=usual, value=off, sentence=text)


def _of_nouns(draft: Draft, limits: Limits) -> Iterator[Warned]:
    """Tares that are stated, against what vehicles weigh and posted tickets; closings; holds."""
    for kind, vehicle, body in draft.nouns:
        if kind == "hold" and json.loads(body)["reason"]:
            yield from of_release(draft, vehicle)
        if kind == "close":
            yield from _of_period(draft, vehicle, limits)
        if kind not in ("vehicle", "tare"):
            continue
        tare_mg, (low, high) = int(json.loads(body)["tare"]), limits.ranges["load"]["tare"]
        if not low <= tare_mg / 1e6 <= high * EDGE:
            usual, text = f"{low:,.0f} to {high:,.0f} kg", f"tare is {kg(tare_mg)}"
            yield warn(draft, "load", "tare_kg", usual=usual, value=kg(tare_mg), sentence=text)
        if kind == "vehicle":
            continue
        yield from _of_tare(draft, vehicle, tare_mg, limits)
        known = draft.view.vehicle(vehicle)
        later = [x.at for x in known.tares if x.at > draft.occurred_at] if known else []
        until = min(later, default=LAST)
        keys = [key for at, key in draft.view.tickets(vehicle, draft.occurred_at) if at < until]
        if keys:
            named = ", ".join(keys[:5]) + f" and {len(keys) - 5} more" * (len(keys) > 5)
            text = (
                f"{named} took an older tare of {vehicle} and keep it; loopbook book correct "
                f"{keys[0]!r} --set tare_kg= gives a ticket this one, once it is posted"
            )
            usual, value = "no ticket from its date on", f"{len(keys)} of them"
            yield warn(draft, "tare", "occurred_at", usual=usual, value=value, sentence=text)


def _of_period(draft: Draft, period: str, limits: Limits) -> Iterator[Warned]:
    """The lines of the check list that are outside of their limits."""
    known = draft.view.period(period)
    if known is None or known.closed:
        return
    from loopbook.book.commands.warnings.closing import closing_checks

    month = draft.view.month(known)
    moments = draft.occurred_at, known.end
    for one in closing_checks(month, draft.view.substances, moments, limits):
        if one.outside:
            some = "; ".join(f"{where}: {what}" for where, what in one.items[:3])
            more = f" and {len(one.items) - 3} more" * (len(one.items) > 3)
            text = f"{one.check}: {one.result}" + f" ({some}{more})" * bool(some)
            yield warn(draft, one.check, "period", usual=one.usual, value=one.result, sentence=text)


def _of_parts(
    draft: Draft, command: Command, taken: Mapping[str, int], limits: Limits
) -> Iterator[Warned]:
    """A part that is tiny against the lot it is taken from."""
    least = limits.most["part"]["least"]
    for lot, part in taken.items():
        whole = sum(map(sum, draft.view.holdings(lot).values()))
        if part < whole * least / EDGE and not getattr(command, "serials", None):
            text = f"{kg(part)} is {percent(part / whole)} of lot {lot}, which has {kg(whole)}"
            at = _field(command, "inputs_kg", "parts_kg", "mass_kg")
            at += f".{lot}" * (at == "inputs_kg")
            yield warn(
                draft, "part", at, usual=f"at least {percent(least)}", value=kg(part), sentence=text
            )


def _of_run(draft: Draft, limits: Limits) -> Iterator[Warned]:
    """What a run has unaccounted: of its mass, and of each metal that both sides state."""
    nothing = zero(len(draft.view.substances))
    lost = fed = nothing
    for account, content in draft.legs.items():
        if account.kind == "unaccounted":
            lost = add(lost, content)
        elif account.lot and sum(content) < 0:
            fed = add(fed, negate(content))
    for name, missing, entered, limit in outside(fed, lost, draft.view.substances, limits):
        share = percent(abs(missing) / entered)
        text = f"{kg(missing)} of {name} is unaccounted, {share} of {kg(entered)}"
        usual = f"at most {percent(limit)}"
        yield warn(draft, "unaccounted", "outputs", usual=usual, value=share, sentence=text)


# -- shares


def _of_results(draft: Draft, limits: Limits) -> Iterator[Warned]:
    """Results of a laboratory against the book, and against what the material usually has."""
    results = {x.quantity: x for x in draft.measurements if x.quantity not in WEIGHTS}
    if not results:
        return
    lot = next(iter(results.values())).lot
    made = draft.view.lot(lot) if lot else None
    if made is None:
        return
    nothing = zero(len(draft.view.substances))
    held = reduce(add, draft.view.holdings(lot).values(), nothing)
    legs = [content for account, content in draft.legs.items() if account.lot == lot]
    after_all = reduce(add, legs, held)
    whole, usual = sum(held), limits.most["assay"]
    most_doubt = limits.most["uncertainty"]["share"]
    ranges = limits.ranges.get(made.material.lower(), {})
    for place, name in enumerate(draft.view.substances):
        result = results.get(name)
        if result is None or name == "other":
            continue
        at, before, after = f"shares.{name}", held[place], after_all[place]
        is_limit = result.value[0] in "<>"
        is_main = before >= usual["main beside a limit" if is_limit else "main"] * whole / EDGE
        is_main &= not is_limit or float(result.value[1:]) > usual["limit"]
        factor = usual["factor of a main substance" if is_main else "factor"]
        is_near = before / factor / EDGE <= after <= before * factor * EDGE
        if before > 0 and not is_near and (is_main or (after > 0 and not is_limit)):
            old, new = percent(before / whole), percent(after / whole)
            text = f"{name} is {new} of lot {lot}, where the book has {old}"
            most = f"a factor of at most {factor:g}"
            yield warn(draft, "assay", at, usual=most, value=new, sentence=text)
        if is_limit:
            continue
        share = float(result.value)
        if name in ranges:
            yield from _of_range(draft, (made.material, name), share, at=at, limits=limits)
        sigma = float(result.uncertainty) if result.uncertainty else 0.0
        if sigma >= most_doubt * share > 0:
            text = f"the uncertainty of {percent(share)} of {name} is {percent(sigma)}"
            most, place_of = "less than the result", f"uncertainty.{name}"
            yield warn(
                draft, "uncertainty", place_of, usual=most, value=percent(sigma), sentence=text
            )


def _of_new_lots(draft: Draft, limits: Limits) -> Iterator[Warned]:
    """Shares of new lots against what their materials usually have."""
    for number, lot in enumerate(draft.lots, start=1):
        ranges = limits.ranges.get(lot.material.lower())
        if ranges is None:
            continue
        at = "shares" if len(draft.lots) == 1 else f"outputs.{number}.shares"
        parts = [content for account, content in draft.legs.items() if account.lot == lot.id]
        whole = sum(map(sum, parts))
        for place, name in enumerate(draft.view.substances):
            amount = sum([content[place] for content in parts]) if name in ranges else 0
            if amount > 0:
                subject, share = (lot.material, name), amount / whole
                yield from _of_range(draft, subject, share, at=f"{at}.{name}", limits=limits)


def _of_range(
    draft: Draft, subject: tuple[str, str], share: float, *, at: str, limits: Limits
) -> Iterator[Warned]:
    """A share of a substance against the usual range of its material."""
    material, name = subject
    ends = limits.ranges.get(material.lower(), {}).get(name)
    if ends is not None and share and not ends[0] / EDGE <= share <= ends[1] * EDGE:
        usual = f"{percent(ends[0])} to {percent(ends[1])}"
        text = f"{material} with {percent(share)} of {name}"
        yield warn(draft, "range", at, usual=usual, value=percent(share), sentence=text)


def _of_sums(draft: Draft, command: Command, limits: Limits) -> Iterator[Warned]:
    """Sums of the shares that a command states, where they should be one, or are hardly any."""
    shares, outputs = getattr(command, "shares", None), getattr(command, "outputs", ())
    stated: list[tuple[str, object]] = [("shares", shares)] if shares else []
    stated += [(f"outputs.{k}.shares", x.shares) for k, x in enumerate(outputs, start=1)]
    if not stated:
        return
    most, least = limits.most["sum"]["all"], limits.most["sum"]["stated"]
    for at, shares in stated:
        if (
            not (type(shares) is dict or isinstance(shares, Mapping))
            or not shares
            or at.partition(".")[0] in draft.wrong
        ):
            continue
        is_wet = getattr(command, "basis", "") == "as received"
        try:
            total = sum(map(float, shares.values()))
            total += float(getattr(command, "moisture", None) or 0) * is_wet
        except (TypeError, ValueError):
            continue  # replicates, results below a limit, a moisture that is no number
        is_new, is_whole = bool(draft.lots), "other" in shares
        if (is_new and is_whole and total < (1 - most) / EDGE) or total > (1 + most) * EDGE:
            usual = f"{percent(1 - most)} to {percent(1 + most)}"
        elif is_new and 0 < total < least:
            usual = f"at least {percent(least)}"
        else:
            continue
        text = f"the shares that are stated sum to {percent(total)}"
        yield warn(draft, "sum", at, usual=usual, value=percent(total), sentence=text)


def _of_moisture(draft: Draft, command: Command, limits: Limits) -> Iterator[Warned]:
    """A moisture that no load has: percent that were taken for a fraction."""
    try:
        moisture = float(getattr(command, "moisture", None) or 0)
    except (TypeError, ValueError):
        return  # a finding of its own
    most = limits.most["moisture"]["most"]
    if moisture > most:
        text, usual = f"the moisture is {percent(moisture)}", f"at most {percent(most)}"
        value = percent(moisture)
        yield warn(draft, "moisture", "moisture", usual=usual, value=value, sentence=text)


# -- words


def _field(command: Command, *names: str) -> str:
    """The first of these fields that the command has."""
    return next((name for name in names if hasattr(command, name)), "")
