"""Solvent extraction."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Shares


class SolventExtraction(Separator):
    """Solvent extraction by stage recovery: ``strip = extraction * feed`` per component.

    The recovery stands for the whole battery of extraction, scrub and strip stages. Saponification
    and strip acid are doses of a reactor beside it. Isotherms are not covered.
    """

    outs = ("strip", "raffinate")

    extraction: Annotated[Shares, "share that reaches the strip liquor"]
