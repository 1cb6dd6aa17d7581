"""A price: money per quantity, constant or with an index."""

from loopbook.loop.terms.law import Priced


class Fixed(Priced):
    """Buyer pays seller ``quantity * value``, times ``index / index at base`` with an index."""

    law = "fixed"
