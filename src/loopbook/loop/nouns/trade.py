"""What binds sites and parties: contracts, and the terms of money, carbon and policy."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import AmountOf, Day, Own, Ref
from loopbook.loop.values.quantity import CURRENCIES, Amount
from loopbook.tables import Choice, Text, Whole


@dataclass(frozen=True, kw_only=True)
class Contract(Row):
    """A flow of a material between two sites, or a site and the outside.

    Several rows may have one name: they are one contract and share its terms.
    """

    table = "contracts"
    key = ("contract", "from", "material")
    role = "contract"
    ranged = "amount"

    contract: Annotated[str, Own(), "its name"]
    from_: Annotated[str, Ref("a site", "site|outside"), "site that delivers, or outside"]
    material: Annotated[
        str, Ref("a material", "material|group|element"), "material, group of them, or element"
    ]
    to: Annotated[str, Ref("a site", "site|outside"), "site that receives, or outside"]
    amount: Annotated[Amount, AmountOf(), "what it asks for"]
    priority: Annotated[int, Whole("a priority", 0, 9999), "lowest first"] = 1
    title: Annotated[str, Choice("passes", "stays"), "whether title passes; stays is tolling"] = (
        "passes"
    )
    seller: Annotated[str, Ref("a party", "party|outside"), "party of `from` if empty"] = ""
    buyer: Annotated[str, Ref("a party", "party|outside"), "party of `to` if empty"] = ""
    currency: Annotated[str, Choice(*CURRENCIES), "the case's if empty"] = ""
    due: Annotated[str, Choice("shipment", "arrival"), "when it is due"] = "shipment"
    starts: Annotated[date | None, Day(), "first day in force"] = None
    ends: Annotated[date | None, Day(last=True), "last day in force"] = None


@dataclass(frozen=True, kw_only=True)
class Term(Row):
    """A law of money, carbon or policy on the quantities of a contract, a site or a company.

    Each law is a subclass that declares the other columns that it reads: `of`, `when`, `value`,
    `index`, `lag`, `payer`, `payee`. A row is read as its law; a column that the law does not
    declare must be empty.

    Attributes
    ----------
    law : the word in the column `term`.
    kinds : what it may be on: ``contract``, ``site``, ``party``.
    dated : whether it is paid on the day `starts`, which must be given.
    is_policy : whether it is worked out last, and paid when it is due: a duty, a credit.
    for_invoices : whether only invoices use it; accounts of a walk list it as not used.
    """

    table = "terms"
    key = ("on", "term", "of", "when", "starts")
    ranged = "value"

    law: ClassVar[str] = ""
    kinds: ClassVar[tuple[str, ...]] = ("contract",)
    dated: ClassVar[bool] = False
    is_policy: ClassVar[bool] = False
    for_invoices: ClassVar[bool] = False

    on: Annotated[
        str, Ref("a contract, a site or a party", "contract|site|party"), "what it is a term of"
    ]
    term: Annotated[str, Text(), "which law: payable, fee, freight, cost, ..."]
    starts: Annotated[date | None, Day(), "first day in force"] = None
    ends: Annotated[date | None, Day(last=True), "last day in force"] = None
