"""Commands that cut lots and join them."""

from loopbook.book.commands.cutting.blend import Blend
from loopbook.book.commands.cutting.sample import Sample
from loopbook.book.commands.cutting.split import Split

KINDS = (Sample, Split, Blend)
