"""What can be told to the book: one frozen record per kind of command.

Every command carries the same envelope: an idempotency `key` (the same key is the same event,
however often it is sent), the `actor`, when it happened (`occurred_at`, with a time zone), and the
`document` that it stands on. Masses are given in kg, exact to the milligram (text, int, Decimal, or
a float that is meant as it prints); shares are kg/kg.

`loopbook.book.commands.planning` turns each into an event; `COMMANDS` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

Kg: TypeAlias = Decimal | int | float | str
Shares: TypeAlias = Mapping[str, Kg]


@dataclass(frozen=True, kw_only=True)
class Command:
    """The envelope of every command."""

    key: str
    actor: str
    occurred_at: datetime
    document: str = ""


@dataclass(frozen=True, kw_only=True)
class RegisterParty(Command):
    """A company that can own matter."""

    party: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class RegisterSite(Command):
    """A place that can hold matter; `limits_kg` is the most of each hazard class."""

    site: str
    name: str = ""
    limits_kg: Mapping[str, Kg] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RegisterMaterial(Command):
    """A kind of matter, with its hazard class if it has one."""

    material: str
    name: str = ""
    hazard: str = ""


@dataclass(frozen=True, kw_only=True)
class AddSubstance(Command):
    """A substance that the book tells apart from now on; until now it was in ``other``."""

    substance: str


@dataclass(frozen=True, kw_only=True)
class Receive(Command):
    """A lot comes in from a supplier: title to `owner`, custody to `site`."""

    lot: str
    material: str
    supplier: str
    owner: str
    site: str
    mass_kg: Kg
    shares: Shares


@dataclass(frozen=True, kw_only=True)
class Weigh(Command):
    """A weighbridge ticket, weighed twice: net is gross minus tare and becomes the lot's mass."""

    lot: str
    ticket: str
    gross_kg: Kg
    tare_kg: Kg
    uncertainty_kg: Kg = 0
    scale: str = ""


@dataclass(frozen=True, kw_only=True)
class Assay(Command):
    """A laboratory's result: the lot's content is re-stated, its mass is not.

    `basis` is ``"as received"`` or ``"dry"``; a dry assay needs `moisture`, kg water per kg as
    received, with its standard uncertainty if the result is to have one. What is not analysed
    keeps its proportions in the rest.
    """

    lot: str
    stage: str
    basis: str
    shares: Shares
    uncertainty: Shares = field(default_factory=dict)
    moisture: Kg | None = None
    moisture_uncertainty: Kg | None = None
    laboratory: str = ""
    method: str = ""
    sample: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample(Command):
    """Mass taken from a lot as a sample, a lot of its own."""

    lot: str
    sample: str
    mass_kg: Kg


@dataclass(frozen=True, kw_only=True)
class Split(Command):
    """Parts of a lot become lots; what is not named stays in the old one."""

    lot: str
    parts_kg: Mapping[str, Kg]


@dataclass(frozen=True, kw_only=True)
class Blend(Command):
    """Lots at one site become one new lot; None takes the whole of a lot."""

    inputs_kg: Mapping[str, Kg | None]
    site: str
    lot: str
    material: str


@dataclass(frozen=True)
class Output:
    """A lot that a run makes, as measured."""

    lot: str
    material: str
    mass_kg: Kg
    shares: Shares


@dataclass(frozen=True, kw_only=True)
class Process(Command):
    """A run: lots in, lots out as measured, emissions and waste; the difference is unaccounted.

    Outputs belong to the owners of the inputs in proportion to what each brought of each
    substance (`share_by` ``"substance"``), or of the mass (``"mass"``).
    """

    run: str
    site: str
    inputs_kg: Mapping[str, Kg | None]
    outputs: Sequence[Output]
    emissions_kg: Shares = field(default_factory=dict)
    waste_kg: Shares = field(default_factory=dict)
    share_by: str = "substance"


@dataclass(frozen=True, kw_only=True)
class Move(Command):
    """A whole lot goes from one site to another at once."""

    lot: str
    from_site: str
    to_site: str


@dataclass(frozen=True, kw_only=True)
class Ship(Command):
    """A whole lot leaves a site and is in transit under a consignment number."""

    lot: str
    from_site: str
    consignment: str


@dataclass(frozen=True, kw_only=True)
class Arrive(Command):
    """A consignment arrives, as weighed; the difference to what was dispatched is unaccounted."""

    lot: str
    consignment: str
    site: str
    mass_kg: Kg


@dataclass(frozen=True, kw_only=True)
class Deliver(Command):
    """A whole lot goes to a customer outside the book."""

    lot: str
    site: str
    customer: str


@dataclass(frozen=True, kw_only=True)
class TransferTitle(Command):
    """Title passes, the lot stays where it is; None passes all that the seller has of it."""

    lot: str
    seller: str
    buyer: str
    mass_kg: Kg | None = None


@dataclass(frozen=True, kw_only=True)
class StockTake(Command):
    """A lot was counted; the difference goes to the stock-take account."""

    lot: str
    site: str
    counted_kg: Kg


@dataclass(frozen=True, kw_only=True)
class Dispose(Command):
    """Mass of a lot leaves as ``waste`` or ``emission``; None disposes of all of it."""

    lot: str
    site: str
    way: str = "waste"
    mass_kg: Kg | None = None


@dataclass(frozen=True, kw_only=True)
class Hold(Command):
    """A lot may not be used until it is released."""

    lot: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Release(Command):
    """A held lot may be used again."""

    lot: str


@dataclass(frozen=True, kw_only=True)
class Reverse(Command):
    """An event is taken back whole; what depends on it must be taken back first."""

    event: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OpenPeriod(Command):
    """A period from `start` up to and without `end`."""

    period: str
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class ClosePeriod(Command):
    """No event may be dated into the period any more; late facts go into the open one."""

    period: str


COMMANDS: Mapping[str, type[Command]] = {
    "register-party": RegisterParty,
    "register-site": RegisterSite,
    "register-material": RegisterMaterial,
    "add-substance": AddSubstance,
    "receive": Receive,
    "weigh": Weigh,
    "assay": Assay,
    "sample": Sample,
    "split": Split,
    "blend": Blend,
    "process": Process,
    "move": Move,
    "ship": Ship,
    "arrive": Arrive,
    "deliver": Deliver,
    "transfer-title": TransferTitle,
    "stock-take": StockTake,
    "dispose": Dispose,
    "hold": Hold,
    "release": Release,
    "reverse": Reverse,
    "open-period": OpenPeriod,
    "close-period": ClosePeriod,
}
"""Every command by the name of its kind."""
