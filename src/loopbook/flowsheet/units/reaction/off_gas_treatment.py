"""Off-gas treatment."""

from loopbook.flowsheet.units.reaction.heat_treatment import HeatTreatment


class OffGasTreatment(HeatTreatment):
    """Gas cleaning: reactions bind acid gases (lime to fluoride); solids leave as residue."""

    ins = ("gas", "recycle")
    outs = ("residue", "stack")
