"""Planners for lots that go places and change hands: moved, shipped, sold, counted, disposed."""

from __future__ import annotations

from loopbook.book.commands import records as c
from loopbook.book.commands.draft import Draft
from loopbook.book.nouns import Account, Measurement, add, apportion, mass, negate, part

# -- lots go places and change hands


def move(draft: Draft, command: c.Move) -> None:
    """A whole lot from one site to another."""
    draft.need("site", command.from_site, "from_site")
    draft.need("site", command.to_site, "to_site")
    if command.from_site == command.to_site:
        draft.note("same", "two sites", command.to_site, at="to_site")
    _carry(draft, command.lot, command.from_site, command.to_site)


def ship(draft: Draft, command: c.Ship) -> None:
    """A whole lot from a site to the road."""
    draft.need("site", command.from_site, "from_site")
    number = command.consignment
    if not number.strip():
        draft.note("missing", "a consignment number", "nothing", at="consignment")
    elif "/" in number or number != number.strip():
        expected = "a number without slash or outer blanks"
        draft.note("name", expected, repr(number), at="consignment")
    _carry(draft, command.lot, command.from_site, f"in transit {command.consignment}")


def _carry(draft: Draft, lot: str, source: str, target: str) -> None:
    if draft.need_lot(lot):
        for account, content in draft.take(lot, source, None).items():
            draft.shift(account, Account("lot", account.party, target, lot), content)


def arrive(draft: Draft, command: c.Arrive) -> None:
    """From the road to a site, as weighed; what is missing is ``unaccounted`` on that road."""
    draft.need("site", command.site, "site")
    amount = draft.mg(command.mass_kg, "mass_kg")
    road = f"in transit {command.consignment}"
    if not draft.need_lot(command.lot, free=False):
        return
    taken = draft.take(command.lot, road, None)
    if draft.findings:
        return
    accounts = sorted(taken)
    cuts = apportion(amount, [mass(taken[a]) for a in accounts])
    for account, cut in zip(accounts, cuts, strict=True):
        sent, got = taken[account], apportion(cut, taken[account])
        draft.put(account, negate(sent))
        draft.put(Account("lot", account.party, command.site, command.lot), got)
        missing = add(sent, negate(got))
        draft.put(Account("unaccounted", account.party, road), missing)
    draft.measurements.append(Measurement(command.lot, "mass", str(amount), stage="arrived"))


def deliver(draft: Draft, command: c.Deliver) -> None:
    """A whole lot to the customer's account."""
    draft.need("site", command.site, "site")
    draft.need("party", command.customer, "customer")
    if draft.need_lot(command.lot):
        for account, content in draft.take(command.lot, command.site, None).items():
            draft.shift(account, Account("customer", party=command.customer), content)


def transfer_title(draft: Draft, command: c.TransferTitle) -> None:
    """Owner to owner, at every site where the seller has the lot."""
    draft.need("party", command.seller, "seller")
    draft.need("party", command.buyer, "buyer")
    if command.seller == command.buyer:
        draft.note("same", "two parties", command.buyer, at="buyer")
    amount = None if command.mass_kg is None else draft.some_mg(command.mass_kg, "mass_kg")
    if not draft.need_lot(command.lot, free=False):
        return
    has = {a: x for a, x in draft.view.holdings(command.lot).items() if a.party == command.seller}
    whole = sum(mass(x) for x in has.values())
    if not has or (amount is not None and amount > whole):
        asked = "all" if amount is None else f"{amount / 1e6:.6f} kg"
        expected = f"{command.seller} has {whole / 1e6:.6f} kg of lot {command.lot}"
        draft.note("negative", expected, f"{asked} asked", at="mass_kg", about="state")
        return
    accounts = sorted(has)
    cuts = apportion(whole if amount is None else amount, [mass(has[a]) for a in accounts])
    for account, cut in zip(accounts, cuts, strict=True):
        buyer = Account("lot", command.buyer, account.site, command.lot)
        draft.shift(account, buyer, part(has[account], cut))


def stock_take(draft: Draft, command: c.StockTake) -> None:
    """The counted mass; the difference goes to ``stock-take``."""
    draft.need("site", command.site, "site")
    counted = draft.mg(command.counted_kg, "counted_kg")
    if not draft.need_lot(command.lot, free=False):
        return
    here = draft.take(command.lot, command.site, None)
    if draft.findings:
        return
    accounts = sorted(here)
    cuts = apportion(counted, [mass(here[a]) for a in accounts])
    for account, cut in zip(accounts, cuts, strict=True):
        change = add(apportion(cut, here[account]), negate(here[account]))
        draft.shift(Account("stock-take", account.party, account.site), account, change)
    draft.measurements.append(Measurement(command.lot, "mass", str(counted), stage="counted"))


def dispose(draft: Draft, command: c.Dispose) -> None:
    """Mass of a lot to ``waste`` or ``emission``."""
    draft.need("site", command.site, "site")
    if command.way not in ("waste", "emission"):
        draft.note("unknown-name", "waste or emission", command.way, at="way")
    amount = None if command.mass_kg is None else draft.some_mg(command.mass_kg, "mass_kg")
    if draft.need_lot(command.lot):
        for account, content in draft.take(command.lot, command.site, amount).items():
            target = Account(command.way, account.party, account.site)
            draft.shift(account, target, content)
