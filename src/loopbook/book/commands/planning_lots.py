"""Planners for lots: coming in, measured, cut, joined, run, carried, sold, counted, disposed of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from loopbook.book.commands import records as c
from loopbook.book.commands.draft import Draft
from loopbook.book.nouns import (
    Account,
    Content,
    Measurement,
    add,
    apportion,
    is_zero,
    mass,
    negate,
    part,
    zero,
)

STAGES = ("provisional", "exchanged", "umpire", "final")
_FINE = 10**15  # shares as whole numbers
_GAIN = Decimal("0.005")  # share by which a run's measured outputs may outweigh its inputs


# -- lots come and are measured


def receive(draft: Draft, command: c.Receive) -> None:
    """Supplier to owner's account: the supplier's account goes below zero by what it delivered."""
    draft.need("party", command.supplier, "supplier")
    draft.need("party", command.owner, "owner")
    draft.need("site", command.site, "site")
    draft.new_lot(command.lot, command.material)
    amount = draft.some_mg(command.mass_kg, "mass_kg")
    content = draft.content(amount, command.shares, "shares")
    supplier = Account("supplier", party=command.supplier)
    draft.shift(supplier, Account("lot", command.owner, command.site, command.lot), content)
    draft.measurements.append(Measurement(command.lot, "mass", str(amount), stage="declared"))


def weigh(draft: Draft, command: c.Weigh) -> None:
    """Net mass by weighbridge; the difference to what the book had goes to ``reassay``."""
    gross = draft.mg(command.gross_kg, "gross_kg")
    tare = draft.mg(command.tare_kg, "tare_kg")
    sigma = draft.mg(command.uncertainty_kg, "uncertainty_kg")
    if gross <= tare and not draft.findings:
        found = f"gross {gross / 1e6:g} kg, tare {tare / 1e6:g} kg"
        draft.note("weights", "gross above tare", found, hint="are they swapped?")
    if not draft.need_lot(command.lot, free=False) or draft.findings:
        return
    for quantity, value in (("gross", gross), ("tare", tare), ("mass", gross - tare)):
        known = (command.lot, quantity, str(value), str(sigma), "weighbridge")
        draft.measurements.append(
            Measurement(
                *known, sample=command.ticket, group=command.scale and f"scale {command.scale}"
            )
        )
    _restate(draft, command.lot, gross - tare)


def _restate(draft: Draft, lot: str, amount: int) -> None:
    """Give a lot another mass; every account and substance in proportion."""
    holdings = draft.view.holdings(lot)
    accounts = sorted(holdings)
    cuts = apportion(amount, [mass(holdings[a]) for a in accounts])
    for account, cut in zip(accounts, cuts, strict=True):
        old = holdings[account]
        change = add(apportion(cut, old), negate(old))
        draft.shift(Account("reassay", account.party, account.site), account, change)


def assay(draft: Draft, command: c.Assay) -> None:
    """Content by laboratory; the difference in each substance goes to ``reassay``, mass stays."""
    if command.stage not in STAGES:
        draft.note("unknown-name", ", ".join(STAGES), command.stage, at="stage")
    if command.basis not in ("as received", "dry"):
        draft.note("basis", "as received or dry", repr(command.basis), at="basis")
    shares = draft.shares(command.shares, "shares")
    sigmas = draft.shares(command.uncertainty, "uncertainty")
    for name in sorted(sigmas.keys() - shares.keys()):
        found = f"an uncertainty of {name} without its share"
        draft.note("unknown-name", "an analyte", found, at=f"uncertainty.{name}")
    moisture = _moisture(draft, command, shares)
    if not shares:
        draft.note("empty", "at least one analyte", "none", at="shares")
    if not draft.need_lot(command.lot, free=False) or draft.findings:
        return
    for name, share in shares.items():
        basis = "dry" if command.basis == "dry" else ""
        _measured(draft, command, name, (share, sigmas.get(name)), basis=basis)
    if moisture is None:
        _reassay(draft, command.lot, shares)
        return
    if "H2O" not in draft.view.substances:
        draft.note("unknown-name", "a book that tells H2O apart", "moisture", at="moisture")
        return
    _measured(draft, command, "H2O", moisture)
    dry = 1 - moisture[0] if command.basis == "dry" else Decimal(1)
    shares = {name: share * dry for name, share in shares.items()} | {"H2O": moisture[0]}
    _reassay(draft, command.lot, shares)


def _moisture(
    draft: Draft, command: c.Assay, shares: Mapping[str, Decimal]
) -> tuple[Decimal, Decimal | None] | None:
    """Moisture and its uncertainty, as far as an assay states them."""
    sigma = None
    if command.moisture_uncertainty is not None:
        sigma = draft.share(command.moisture_uncertainty, "moisture_uncertainty")
    if command.moisture is None:
        if command.basis == "dry":
            hint = "a dry assay says nothing of the lot without its moisture"
            draft.note("missing", "the moisture", "none", at="moisture", hint=hint)
        if sigma is not None:
            draft.note("missing", "the moisture", "its uncertainty alone", at="moisture")
        return None
    if "H2O" in shares:
        draft.note("duplicate", "moisture or H2O", "both", at="moisture")
    return draft.share(command.moisture, "moisture"), sigma


def _measured(
    draft: Draft,
    command: c.Assay,
    name: str,
    found: tuple[Decimal, Decimal | None],
    *,
    basis: str = "",
) -> None:
    """Add what an assay found of a substance, with its uncertainty, to the event."""
    share, sigma = found
    group = command.laboratory and f"laboratory {command.laboratory}"
    draft.measurements.append(
        Measurement(
            command.lot,
            name,
            str(share),
            "" if sigma is None else str(sigma),
            command.method,
            command.laboratory,
            command.sample,
            group,
            command.stage,
            basis,
        )
    )


def _reassay(draft: Draft, lot: str, shares: dict[str, Decimal]) -> None:
    """Re-state what a lot contains; what is not analysed shares the rest as it did before."""
    substances = draft.view.substances
    holdings = draft.view.holdings(lot)
    old = zero(len(substances))
    for content in holdings.values():
        old = add(old, content)
    whole = mass(old)
    left = 1 - sum(shares.values(), Decimal(0))
    weights = [0 if s in shares else x for s, x in zip(substances, old, strict=True)]
    if left < 0 or (left > 0 and "other" in shares and not any(weights)):
        draft.note("share", "analytes that sum to 1", f"{1 - left:.9f}", at="shares")
        return
    if not any(weights):
        weights[substances.index("other")] = 1
    exact = [int(shares.get(s, Decimal(0)) * _FINE) for s in substances]
    *known, rest = apportion(whole, [*exact, int(left * _FINE)])
    new = add(tuple(known), apportion(rest, weights))
    for account in sorted(holdings):
        share = part(new, mass(holdings[account]))
        new = add(new, negate(share))
        change = add(share, negate(holdings[account]))
        draft.shift(Account("reassay", account.party, account.site), account, change)


# -- lots are cut and joined


def sample(draft: Draft, command: c.Sample) -> None:
    """Mass from a lot to a lot of its own, in the lot's proportions."""
    _cut(draft, command.lot, {command.sample: draft.some_mg(command.mass_kg, "mass_kg")}, "mass_kg")


def split(draft: Draft, command: c.Split) -> None:
    """Parts of a lot to new lots, in the lot's proportions."""
    if not command.parts_kg:
        draft.note("empty", "at least one part", "none", at="parts_kg")
    masses = {name: draft.some_mg(kg, f"parts_kg.{name}") for name, kg in command.parts_kg.items()}
    _cut(draft, command.lot, masses, "parts_kg")


def _cut(draft: Draft, lot: str, masses: Mapping[str, int], at: str) -> None:
    """Masses, mg, of a lot to new lots."""
    if not draft.need_lot(lot) or draft.findings:
        return
    made = draft.view.lot(lot)
    material = "" if made is None else made.material
    left = dict(draft.view.holdings(lot))
    if len({a.site for a in left}) > 1:
        found = "it is at several"
        draft.note("place", f"lot {lot} at one site", found, at="lot", about="state")
        return
    for name, amount in masses.items():
        draft.new_lot(name, material, at)
        whole = sum(mass(x) for x in left.values())
        if amount > whole:
            found = f"{amount / 1e6:.6f} kg asked for {name}"
            expected = f"{whole / 1e6:.6f} kg left in lot {lot}"
            draft.note("negative", expected, found, at=at, about="state")
            return
        accounts = sorted(left)
        cuts = apportion(amount, [mass(left[a]) for a in accounts])
        for account, cut in zip(accounts, cuts, strict=True):
            taken = part(left[account], cut)
            left[account] = add(left[account], negate(taken))
            draft.shift(account, Account("lot", account.party, account.site, name), taken)


def blend(draft: Draft, command: c.Blend) -> None:
    """All inputs to one new lot; each owner keeps what is its own."""
    draft.new_lot(command.lot, command.material)
    for account, content in _inputs(draft, command.inputs_kg, command.site).items():
        draft.shift(account, Account("lot", account.party, command.site, command.lot), content)


def _inputs(draft: Draft, given: Mapping[str, c.Kg | None], site: str) -> dict[Account, Content]:
    """What is taken of the named lots at a site, by account."""
    draft.need("site", site, "site")
    if not given:
        draft.note("empty", "at least one input", "none", at="inputs_kg")
    taken: dict[Account, Content] = {}
    for lot, kg in given.items():
        amount = None if kg is None else draft.some_mg(kg, f"inputs_kg.{lot}")
        if draft.need_lot(lot, f"inputs_kg.{lot}"):
            taken.update(draft.take(lot, site, amount, at=f"inputs_kg.{lot}"))
    return taken


# -- runs


def process(draft: Draft, command: c.Process) -> None:
    """Inputs to measured outputs, emissions and waste; what is missing is ``unaccounted``."""
    taken = _inputs(draft, command.inputs_kg, command.site)
    made: list[tuple[Account, Content]] = []
    for k, output in enumerate(command.outputs):
        at = f"outputs.{k + 1}"
        draft.new_lot(output.lot, output.material, at)
        amount = draft.some_mg(output.mass_kg, f"{at}.mass_kg")
        content = draft.content(amount, output.shares, f"{at}.shares")
        made.append((Account("lot", "", command.site, output.lot), content))
    for kind, given in (("emission", command.emissions_kg), ("waste", command.waste_kg)):
        content = draft.amounts(given, f"{kind}s_kg" if kind == "emission" else "waste_kg")
        if not is_zero(content):
            made.append((Account(kind, "", command.site), content))
    if not made:
        draft.note("empty", "an output, an emission or waste", "none", at="outputs")
    if command.share_by not in ("substance", "mass"):
        draft.note("unknown-name", "substance or mass", command.share_by, at="share_by")
    entered = sum(mass(x) for x in taken.values())
    left = sum(mass(x) for _, x in made)
    if not draft.findings and left > entered * (1 + _GAIN):
        found = f"outputs {left / 1e6:g} kg of inputs {entered / 1e6:g} kg"
        hint = "did a reagent lot go in that is not named?"
        expected = "outputs no heavier than inputs"
        draft.note("heavier", expected, found, at="outputs", hint=hint, about="state")
    if draft.findings:
        return
    for account, content in taken.items():
        draft.put(account, negate(content))
    _share_out(draft, command, taken, made)


def _share_out(
    draft: Draft,
    command: c.Process,
    taken: dict[Account, Content],
    made: list[tuple[Account, Content]],
) -> None:
    """Give each owner its part of every output; what is missing of its own is unaccounted."""
    owned: dict[str, Content] = {}
    nothing = zero(len(draft.view.substances))
    for account, content in taken.items():
        owned[account.party] = add(owned.get(account.party, nothing), content)
    owners = sorted(owned)
    by_mass = [mass(owned[o]) for o in owners]
    left = dict(owned)
    for target, content in made:
        parts = {o: [0] * len(content) for o in owners}
        for s, amount in enumerate(content):
            weights = [owned[o][s] for o in owners]
            if command.share_by == "mass" or not any(weights):
                weights = by_mass
            for o, share in zip(owners, apportion(amount, weights), strict=True):
                parts[o][s] = share
        for o in owners:
            own = tuple(parts[o])
            left[o] = add(left[o], negate(own))
            draft.put(Account(target.kind, o, target.site, target.lot), own)
    for o in owners:
        draft.put(Account("unaccounted", o, command.site), left[o])
