"""The settings and tables of a case, declared once: readers, findings and reference are made of it.

A case is a folder with ``case.toml`` and the CSV tables below.
"""

from functools import partial

from loopbook.cases.folder.fields import (
    PROVENANCE,
    CaseFindings,
    Component,
    In,
    IndexYear,
    Oxide,
    Real,
    Slug,
    Sourced,
    Subject,
    Year,
    YesNo,
)
from loopbook.cases.folder.metals import ACTIVE, CRUDE, METALS
from loopbook.cases.folder.rules import (
    complete,
    constant,
    holds_its_metal,
    replaces_a_recovery,
    sums_to_one,
)
from loopbook.cases.folder.tables import TableSpec
from loopbook.tables import Choice, Field, Flag, ListOf, MapOf, Name, TableOf, Text

SETTINGS_FILE = "case.toml"
ORIGINS = ("cathode", "anode", "cells")
MODES = ("plain", "hazmat")
RATES = {
    "price": Real("USD/mile"),
    "payload": Real("t", above=True),
    "packaging": Real("USD/kg"),
    "ghg": Real("kgCO2e/mile"),
    "return ghg": Real("kgCO2e/mile"),
}

_YEAR = Field("year", Year(of_case=True), "year of the case")
_GWH = Real("GWh")
_SHARE = Real(high=1.0)
_LOSS = Real(high=1.0, below=True)
_CAPACITY = Sourced(Real("t/yr", above=True, quantity=True))
_LANE = In("a lane of freight.csv", file="freight.csv", column="lane")
_PATH = In("a path of scrap_path.csv", file="scrap_path.csv", column="path")
_CELL = Subject("a cell of composition_cell", table="composition_cell")
_METAL: Choice[CaseFindings] = Choice(*(metal.name for metal in METALS))

SETTINGS: tuple[Field, ...] = (
    Field("title", Name(), "title of the case, for people"),
    Field("first_year", Year(), "first year that is computed"),
    Field("last_year", Year(), "last year that is computed"),
    Field("currency_year", Year(), "year of the dollars"),
    Field("chemistry", Oxide(), "active material of the contract's cells"),
    Field("cell_design", _CELL, "bill of materials of the cell; its active material is swapped"),
    Field("route", Choice("hydro", "pyro", "direct"), "how the refiner works"),
    Field("tonne_reading", Choice("t", "short_ton"), "how the article's tons are read"),
    Field(
        "region", Subject("a region of geography", table="geography"), "prices of energy and labour"
    ),
    Field("equipment_year", IndexYear(), "year to which the cost of equipment is escalated"),
    Field("foil", In("an item of foil.csv", file="foil.csv", column="item"), "foil in the cells"),
    Field(
        "stated_batteries",
        In(
            "ID/NAME of a number above 0 in article_numbers.csv",
            file="article_numbers.csv",
            column="id/number",
        ),
        "number of batteries that the table `batteries` looks at",
        "",
    ),
    Field(
        "contract",
        TableOf(
            (
                Field("name", Name(), "what the contract is about"),
                Field("site", Name(), "place of the cell lines"),
                Field("lane", _LANE, "lane of the scrap to the plant"),
            )
        ),
        "the contract for cells",
    ),
    Field(
        "plant",
        TableOf(
            (
                Field("name", Name(), "name of the plant"),
                Field("place", Name(), "where it is"),
                Field("capacity", _CAPACITY, "scrap that it can take in a full year"),
                Field("start", Sourced(Year()), "year in which it begins to run"),
            )
        ),
        "the plant that shreds scrap to black mass",
    ),
    Field(
        "refiner",
        TableOf(
            (
                Field("name", Name(), "name of the refiner"),
                Field("lane", _LANE, "lane of the black mass"),
                Field("capacity", _CAPACITY, "black mass that it can take in a year"),
            )
        ),
        "the refiner of the black mass",
    ),
    Field(
        "owner",
        ListOf(
            TableOf(
                (
                    Field("id", Slug(), "name of its column in tables"),
                    Field("name", Name(), "name of the owner"),
                    Field("share", _SHARE, "share of the margin; all sum to 1"),
                    *PROVENANCE,
                )
            )
        ),
        "owners of the plant",
    ),
    Field(
        "switch",
        MapOf(
            Name(),
            TableOf(
                (
                    Field("title", Name(), "what the scenario is, for people"),
                    Field("default", Flag(), "whether it is on unless it is switched"),
                )
            ),
        ),
        "scenarios that can be switched on",
        None,
    ),
)
"""Settings of ``case.toml``."""

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        "sources.csv",
        "Works that the case's numbers come from, beside those of the data library.",
        (
            Field("source_id", Name(), "name of the work in tables and settings"),
            Field("title", Name(), "title of the work"),
            Field("authors", Text(), "who wrote it"),
            Field("year", Text(), "when it was published"),
            Field("publisher", Text(), "who published it"),
            Field("url_or_doi", Text(), "where to read it"),
            Field("licence", Text(), "on which terms it may be used"),
            Field("note", Text(), "anything else"),
        ),
        key=("source_id",),
        sourced=False,
    ),
    TableSpec(
        "contract.csv",
        "Cells that the contract asks for.",
        (_YEAR, Field("contract_gwh", _GWH, "accepted cells of the year")),
        key=("year",),
        every_year=True,
    ),
    TableSpec(
        "lines.csv",
        "Cells that the contract's lines can make.",
        (
            Field("line", Name(), "name of the line"),
            _YEAR,
            Field("made_gwh", _GWH, "accepted cells that it can make"),
            Field("path", _PATH, "how its scrap falls over the years"),
        ),
        key=("line", "year"),
        every_year=True,
        rules=(partial(constant, column="path", by="line"),),
    ),
    TableSpec(
        "scrap_path.csv",
        "Losses of a line that learns.",
        (
            Field("path", Name(), "name of the path"),
            _YEAR,
            Field("cell_reject_share", _LOSS, "rejected cells by all cells that are made"),
            Field("active_material_loss", _LOSS, "loss of active material by what goes in"),
            Field("foil_loss", _LOSS, "loss of foil by what goes in"),
        ),
        key=("path", "year"),
        every_year=True,
    ),
    TableSpec(
        "scrap_types.csv",
        "Types of scrap, and what each consists of.",
        (
            Field("scrap_type", Name(), "name of the type"),
            Field("origin", Choice(*ORIGINS), "side of the cell that it comes from"),
            Field("share", _SHARE, "share of that scrap that has this type"),
            Field("electrolyte", YesNo(), "whether electrolyte is in it"),
            Field("hazmat", YesNo(), "whether it travels as dangerous goods"),
        ),
        key=("scrap_type", "origin"),
        rules=(partial(sums_to_one, column="share", by="origin", names=ORIGINS),),
    ),
    TableSpec(
        "running.csv",
        "How much of each year the plant runs.",
        (_YEAR, Field("running_share", _SHARE, "share of the year, ramp and stops taken off")),
        key=("year",),
        every_year=True,
    ),
    TableSpec(
        "recoveries.csv",
        "Recoveries that replace those of the data library.",
        (
            Field("route", Choice("preprocessing", "hydro", "pyro", "direct"), "step or route"),
            Field("parameter", Name(), "parameter of it in the library"),
        ),
        key=("route", "parameter"),
        values={"*": _SHARE},
        rules=(replaces_a_recovery,),
    ),
    TableSpec(
        "prices.csv",
        "Prices of metals and products.",
        (Field("item", Name(), "component or product"), _YEAR),
        key=("item", "year"),
        values={"*": Real("USD/kg")},
        every_year=True,
        rules=(
            partial(complete, column="item", names=[*(m.product for m in METALS), CRUDE, ACTIVE]),
        ),
    ),
    TableSpec(
        "payables.csv",
        "Share of the contained metal that a buyer pays; a metal without a row is not paid.",
        (
            Field(
                "material",
                Choice("scrap", "black mass", "copper fraction", "aluminium fraction"),
                "what is sold",
            ),
            Field("metal", _METAL, "metal in it"),
        ),
        key=("material", "metal"),
        values={"*": _SHARE},
    ),
    TableSpec(
        "freight.csv",
        "Lanes and their distances.",
        (
            Field("lane", Name(), "name of the lane"),
            Field("from", Name(), "where it begins"),
            Field("to", Name(), "where it ends"),
        ),
        key=("lane",),
        values={"*": Real("mile")},
    ),
    TableSpec(
        "freight_rates.csv",
        "Cost and burden of freight by kind of goods.",
        (
            Field("mode", Choice(*MODES), "plain goods, or dangerous ones"),
            Field("parameter", Name(), ", ".join(RATES)),
        ),
        key=("mode", "parameter"),
        values=RATES,
        rules=tuple(
            partial(complete, column="parameter", names=RATES, within=("mode", mode))
            for mode in MODES
        ),
    ),
    TableSpec(
        "foil.csv",
        "Copper foil: capacity of makers, and mass in cells.",
        (
            Field("item", Name(), "maker or kind of foil"),
            Field("parameter", Name(), "capacity, or foil per energy"),
        ),
        key=("item", "parameter"),
        values={"capacity": Real("t/yr"), "foil per energy": Real("kg/kWh")},
    ),
    TableSpec(
        "foil_demand.csv",
        "Cells that regions make.",
        (Field("region", Name(), "name of the region"), _YEAR, Field("made_gwh", _GWH, "cells")),
        key=("region", "year"),
        every_year=True,
    ),
    TableSpec(
        "virgin.csv",
        "Burden of making a metal new.",
        (
            Field("metal", _METAL, "metal that the loop recovers"),
            Field("equivalent", Component("a component"), "compound that is made new instead"),
        ),
        key=("metal",),
        values={"*": Real("kgCO2e/kg")},
        rules=(
            partial(complete, column="metal", names=[metal.name for metal in METALS]),
            holds_its_metal,
        ),
    ),
    TableSpec(
        "clients.csv",
        "Other cell makers that may send scrap.",
        (
            Field(
                "client",
                In("a client of client_output.csv", file="client_output.csv", column="client"),
                "name of the client",
            ),
            Field(
                "switch",
                In("a switch of case.toml", file=SETTINGS_FILE, column="switch"),
                "scenario that adds it",
            ),
            Field("site", Name(), "where its cells are made"),
            Field("chemistry", Oxide(), "active material of its cells"),
            Field("cell_design", _CELL, "bill of materials of its cells"),
            Field("path", _PATH, "how its scrap falls over the years"),
            Field("lane", _LANE, "lane of its scrap"),
            Field("priority", Real(whole=True), "who is served first; the contract is 0"),
            Field("offered_share", _SHARE, "share of its scrap that it offers"),
        ),
        key=("client",),
        required=False,
    ),
    TableSpec(
        "client_output.csv",
        "Cells that clients make.",
        (
            Field(
                "client",
                In("a client of clients.csv", file="clients.csv", column="client"),
                "name of the client",
            ),
            _YEAR,
            Field("made_gwh", _GWH, "accepted cells"),
        ),
        key=("client", "year"),
        every_year=True,
        required=False,
    ),
    TableSpec(
        "batteries.csv",
        "Batteries of real cars.",
        (
            Field("battery", Name(), "name of the battery"),
            Field("parameter", Name(), "energy, or pack mass per energy"),
        ),
        key=("battery", "parameter"),
        values={
            "energy": Real("kWh", above=True),
            "pack mass per energy": Real("kg/kWh", above=True),
        },
        required=False,
    ),
    TableSpec(
        "article.csv",
        "Statements of an article, and references to the results that answer them.",
        (
            Field("id", Name(), "name of the statement"),
            Field("statement", Name(), "the statement"),
            Field("loopbook_computes", Name(), "text with references {reference|format}"),
            Field("answer", Text(), "reference to the number that answers it"),
            Field("unit", Text(), "unit of the answer"),
            Field("reading", Name(), "how the statement is read"),
            Field("doubt", Name(), "what stays doubtful"),
        ),
        key=("id",),
        sourced=False,
        required=False,
    ),
    TableSpec(
        "article_numbers.csv",
        "Numbers of the article.",
        (
            Field(
                "id",
                In("an id of article.csv", file="article.csv", column="id"),
                "statement that it is in",
            ),
            Field("number", Name(), "name of the number"),
        ),
        key=("id", "number"),
        values={"*": Real("")},
        required=False,
    ),
)
"""Tables of a case, in the order in which they are read."""
