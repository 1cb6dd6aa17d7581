"""The settings of ``month.toml``: how a month of operations is weighed, assayed and shipped."""

import re
from dataclasses import dataclass
from pathlib import Path

from loopbook.cases.folder.fields import CaseFindings, Real, Sourced
from loopbook.cases.folder.settings import read_settings
from loopbook.plant import MonthSettings
from loopbook.tables import Field, Name

MONTH_FILE = "month.toml"

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class MonthName(Name[CaseFindings]):
    """A month."""

    words: str = "a month such as 2030-06"

    def check(self, value: object, at: str, findings: CaseFindings) -> str | None:
        """The month as it is written."""
        if _MONTH.match(str(value)):
            return str(value)
        findings.note("month", self.words, repr(value), at=at)
        return None


_MASS, _ENERGY, _NUMBER = (Sourced(Real(unit, quantity=True)) for unit in ("kg", "kWh", "1"))
_SHARE = Sourced(Real("1", high=1.0, quantity=True))

SETTINGS: tuple[Field, ...] = (
    Field("month", MonthName(), "the month"),
    Field("seed", Name(), "text from which all draws follow"),
    Field("owner", Name(), "party with title to the scrap when it arrives"),
    Field("plant", Name(), "party that runs the plant and buys what is not tolled"),
    Field("plant_site", Name(), "site of the plant"),
    Field("other_sender", Name(), "party that sends a share of the loads"),
    Field("refiner", Name(), "party that refines the black mass"),
    Field("refiner_site", Name(), "site of the refiner"),
    Field("merchant", Name(), "party that takes copper, aluminium and graphite"),
    Field("cathode_maker", Name(), "party that makes active material"),
    Field("cathode_site", Name(), "site of the cathode maker"),
    Field("cell_site", Name(), "site of the cell lines"),
    Field("customer", Name(), "party that receives the cells"),
    Field("serial_prefix", Name(), "beginning of the cells' serial numbers"),
    Field("reagent_supplier", Name(), "party that sells reagents"),
    Field("virgin_supplier", Name(), "party that sells salts of mined metal"),
    Field("foil_maker", Name(), "party that sells copper foil"),
    Field("material_supplier", Name(), "party that sells the cells' other materials"),
    Field("scrap_load", _MASS, "net mass of a load of scrap"),
    Field("load_spread", _NUMBER, "relative standard deviation of a load's mass"),
    Field("tare", _MASS, "empty truck and trailer with packaging"),
    Field("composition_spread", _NUMBER, "relative standard deviation of a component's share"),
    Field("declared_spread", _NUMBER, "relative standard deviation of the sender's mass"),
    Field("scale_uncertainty", _MASS, "standard uncertainty of a weighbridge's net mass"),
    Field("scale_division", _MASS, "step in which a weighbridge shows a mass"),
    Field("floor_scale_uncertainty", _MASS, "standard uncertainty of a run's big bags together"),
    Field("provisional_uncertainty", _NUMBER, "relative uncertainty of the plant's own assay"),
    Field("final_uncertainty", _NUMBER, "relative uncertainty of the refiner's assay"),
    Field("dust", _SHARE, "share of a run's powder that no scale weighs"),
    Field("transit_spread", _NUMBER, "relative standard deviation between the scales of a road"),
    Field("tolled_share", _SHARE, "share of loads whose title stays with the sender"),
    Field("black_mass_load", _MASS, "black mass in a full truck"),
    Field("road_days", _NUMBER, "days from the plant to the refiner"),
    Field("final_days", _NUMBER, "days from arrival to the final assay"),
    Field("scrap_limit_days", _NUMBER, "days of feed of dangerous scrap that the site may hold"),
    Field("black_mass_limit_days", _NUMBER, "days of feed that the site may hold as black mass"),
    Field("other_share", _SHARE, "share of the loads that the other sender sends"),
    Field("campaign_days", _NUMBER, "days of black mass that are refined together"),
    Field("refining_days", _NUMBER, "days from the beginning of a campaign to its crystals"),
    Field("hold_up_share", _SHARE, "share of products that no scale weighs"),
    Field("product_uncertainty", _NUMBER, "relative uncertainty of a product's assay"),
    Field("waste_uncertainty", _NUMBER, "relative uncertainty of residue and effluent"),
    Field("cathode_road_days", _NUMBER, "days from the refiner to the cathode maker"),
    Field("cathode_lot", _MASS, "a lot of active material"),
    Field("cathode_share", _SHARE, "share of the salts' metals that becomes active material"),
    Field("cell_road_days", _NUMBER, "days from the cathode maker to the cell lines"),
    Field("material_days", _NUMBER, "days of other materials that the lines receive at a time"),
    Field("cell_energy", _ENERGY, "energy of a cell"),
    Field("line_loss_share", _SHARE, "share of what goes into the lines that no scale weighs"),
    Field("formation_days", _NUMBER, "days from winding to delivery"),
    Field("scrap_road_days", _NUMBER, "days from the cell lines to the plant"),
)
"""Settings of ``month.toml``: texts, and numbers with their source."""


def read_month(path: Path, findings: CaseFindings) -> MonthSettings | None:
    """Settings of a ``month.toml``, or None without one; its errors are added to the findings."""
    if not path.exists():
        return None
    before = len(findings)
    settings = read_settings(path, SETTINGS, findings)
    month = settings.get("month")
    if month and findings.years and not findings.years[0] <= int(month[:4]) <= findings.years[1]:
        findings.note(
            "year",
            "a month of {} to {}".format(*findings.years),
            month,
            at=settings.document.place("month"),
        )
    if len(findings) > before:
        return None
    rows = {row.key.rpartition("/")[2]: row for row in settings.inputs()}
    numbers = [field.name for field in SETTINGS if isinstance(field.type, Sourced)]
    return MonthSettings(
        {x.name: settings.get(x.name) for x in SETTINGS if x.name not in numbers},
        {name: settings.get(name) for name in numbers},
        tuple(rows[name] for name in numbers),
    )
