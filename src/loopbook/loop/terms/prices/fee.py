"""A fee: money per quantity that the seller pays."""

from loopbook.loop.terms.law import Priced


class Fee(Priced):
    """Seller pays buyer ``quantity * value``, times ``index / index at base`` with an index."""

    law = "fee"
    pays = ("seller", "buyer")
