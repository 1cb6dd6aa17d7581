"""Cell lines: accepted cells by order, at most what the lines can; scrap by type."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.values.cells import PartOf
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Amount, Quantity

SIDES = ("rejects", "rejects without electrolyte", "cathode", "anode", "electrodes")
"""Where scrap comes from: rejected cells, filled or dry, and the losses of the electrodes."""

NONE = Quantity(number=0.0)


@dataclass(frozen=True, kw_only=True)
class CellLines(SiteModel):
    """Of cells made the share `reject` is rejected: accepted cells are ``made * (1 - reject)``.

    What goes into the cells made loses ``loss / (1 - loss)`` of itself on the way: active material
    and binder by one loss, foils by another. `scrap` sends shares of the rejects and of each
    electrode's losses to materials.
    """

    model = "cell lines"

    makes: Annotated[
        Mapping[
            Each, Annotated[Quantity, Measure("GWh/yr", "t/yr", usual={"GWh/yr": (0.02, 3000.0)})]
        ],
        "accepted cells that the lines can make",
    ]
    reject: Annotated[Quantity, SHARE, "rejected cells by all cells that are made"] = NONE
    active_material_loss: Annotated[Quantity, SHARE, "loss of what is coated, by what goes in"] = (
        NONE
    )
    foil_loss: Annotated[Quantity, SHARE, "loss of foils, by what goes in"] = NONE
    scrap: Annotated[
        Mapping[Each, Annotated[Amount, PartOf(*SIDES)]], "share of the scrap that is this material"
    ] = field(default_factory=dict)

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Cells and scrap."""
        return (*self.makes, *self.scrap)
