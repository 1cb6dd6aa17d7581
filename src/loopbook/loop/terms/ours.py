"""Our laws of terms, a line each."""

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.policies.carbon_price import CarbonPrice
from loopbook.loop.terms.policies.credit import Credit
from loopbook.loop.terms.policies.duty import Duty
from loopbook.loop.terms.prices.cap import Cap
from loopbook.loop.terms.prices.fee import Fee
from loopbook.loop.terms.prices.fixed import Fixed
from loopbook.loop.terms.prices.floor import Floor
from loopbook.loop.terms.prices.freight import Freight
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.prices.penalty import Penalty
from loopbook.loop.terms.prices.premium import Premium
from loopbook.loop.terms.prices.take_or_pay import TakeOrPay
from loopbook.loop.terms.settling.assay import AssayLimit
from loopbook.loop.terms.settling.pay import Pay
from loopbook.loop.terms.settling.provisional import Provisional
from loopbook.loop.terms.sites.accept import Accept
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.terms.sites.cost import Cost
from loopbook.loop.terms.sites.invest import Invest
from loopbook.loop.terms.sites.once import Once

LAWS: dict[str, type[Term]] = {
    kind.law: kind
    for kind in tuple(vars().values())
    if isinstance(kind, type) and issubclass(kind, Term) and kind is not Term
}
"""Our laws by the word in the column ``term``."""
