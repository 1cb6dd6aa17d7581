"""Who acts: parties, and the owners of companies."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import Day, Own, Ref
from loopbook.loop.values.measure import SHARE
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Text


@dataclass(frozen=True, kw_only=True)
class Party(Row):
    """A company or another party to contracts."""

    table = "parties"
    key = ("party",)
    role = "party"

    party: Annotated[str, Own(), "its name"]
    name: Annotated[str, Text(), "its full name"] = ""
    country: Annotated[str, Text(), "where it is"] = ""


@dataclass(frozen=True, kw_only=True)
class Ownership(Row):
    """A share of a company, from a day on until that owner's next row."""

    table: ClassVar[str] = "owners"
    key = ("company", "owner", "starts")
    ranged = "share"

    company: Annotated[str, Ref("a party", "party"), "the company that is owned"]
    owner: Annotated[str, Ref("a party", "party"), "the party that owns"]
    starts: Annotated[date | None, Day(), "first day of the share"] = None
    share: Annotated[Quantity, SHARE, "share of the company"]
