"""The founding case as tables of a loop has the numbers of the founding case as it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from loopbook.cases.folder.case import Case
from loopbook.cases.folder.load import load_case
from loopbook.loop import Loop, load, read_loop
from loopbook.loop.values.quantity import Quantity

CASES = Path(__file__).parents[2] / "cases"
TABLES = CASES / "gmbi-loop"
SWITCHES = ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda")
LINES = {
    "TBMNC": "Liberty",
    "GM": "Spring Hill",
    "Ford": "Glendale",
    "Stellantis": "Windsor",
    "Hyundai": "Ellabell",
    "Honda": "Fayette County",
}


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(CASES / "gmbi")


@pytest.fixture(scope="module")
def loop() -> Loop:
    return load(TABLES, switches=dict.fromkeys(SWITCHES, True))


@pytest.mark.parametrize("on", [(), *((name,) for name in SWITCHES), SWITCHES])
def test_the_tables_load_without_findings(on: tuple[str, ...]) -> None:
    read = read_loop(TABLES, switches=dict.fromkeys(on, True))
    assert read.findings == ()
    assert read.loop is not None
    slips = [warning for warning in read.loop.warnings if warning.code != "unused"]
    assert slips == []
    clients = {site for site in read.loop.sites if site in LINES.values()}
    assert len(clients) == len(on)


def test_there_are_fewer_rows_than_before() -> None:
    def rows(folder: str) -> int:
        files = [x for x in (CASES / folder).glob("*.csv") if x.stem not in ("sources", "article")]
        return sum(len(x.read_text().splitlines()) - 1 for x in files if x.stem != "statements")

    assert rows("gmbi-loop") < 0.55 * rows("gmbi")


def by_year(quantity: Quantity, unit: str, loop: Loop) -> np.ndarray:
    """Its numbers, one a year."""
    return np.array([quantity.over(step, unit)[0] for step in loop.calendar.steps])


def test_lines_and_their_scrap_are_those_of_the_case(case: Case, loop: Loop) -> None:
    makers = {"Lansing": case.series("lines.csv", "made_gwh", line="Lansing Toyota lines")}
    paths = {"Lansing": "lansing"}
    for row in case.rows("clients.csv"):
        site = LINES[row["client"]]
        makers[site] = case.series("client_output.csv", "made_gwh", client=row["client"])
        paths[site] = row["path"]
        (scrap,) = [x for x in loop.contracts if (x.from_, x.to) == (site, "plant")]
        assert scrap.amount.upper is not None
        assert scrap.amount.upper.in_month(0, "1") == pytest.approx(row["offered_share"])
        assert scrap.priority == 1 + row["priority"]
        (made,) = loop.models[site].makes
        assert loop.composition(made).keys() >= {row["chemistry"]}
    for site, gwh in makers.items():
        model = loop.models[site]
        (made,) = model.makes.values()
        assert by_year(made, "GWh/yr", loop) == pytest.approx(gwh, rel=1e-12)
        for name, column in (
            ("reject", "cell_reject_share"),
            ("active_material_loss", "active_material_loss"),
            ("foil_loss", "foil_loss"),
        ):
            path = case.series("scrap_path.csv", column, path=paths[site])
            assert by_year(getattr(model, name), "1", loop) == pytest.approx(path, rel=1e-12)


def test_types_of_scrap_are_those_of_the_case(case: Case, loop: Loop) -> None:
    sides = {"cathode": "cathode", "anode": "anode", "cells": "rejects"}
    for row in case.rows("scrap_types.csv"):
        share = loop.models["Lansing"].scrap[row["scrap_type"]]
        assert share.upper is not None
        assert share.upper.in_month(0, "1") == pytest.approx(row["share"])
        side = sides[row["origin"]]
        if row["origin"] == "cells" and not row["electrolyte"]:
            side = "rejects without electrolyte"
        assert share.of in (side, "electrodes")
        mode = "hazmat" if row["hazmat"] else "plain"
        assert loop.materials[row["scrap_type"]].mode == mode


def test_the_plant_and_the_refiner_are_those_of_the_case(case: Case, loop: Loop) -> None:
    get, (plant, refinery) = case.settings.get, (loop.models["plant"], loop.models["refinery"])
    assert plant.capacity[""].in_month(0, "t/yr") == pytest.approx(get("plant.capacity"))
    assert refinery.capacity[""].in_month(0, "t/yr") == pytest.approx(get("refiner.capacity"))
    running = case.series("running.csv", "running_share")
    assert by_year(plant.ramp, "1", loop) == pytest.approx(running)
    starts = loop.sites["plant"].starts
    assert starts is not None
    assert starts.year == get("plant.start")
    assert (plant.process, refinery.process) == ("preprocessing", get("route"))
    for model in (plant, refinery):
        assert model.costing == "everbatt"
        assert (model.region, model.equipment_year) == (get("region"), get("equipment_year"))
    owners = loop.owners_of("GMBI", starts)
    shares = {name: float(share.in_month(0, "1")[0]) for name, share in owners.items()}
    assert shares == pytest.approx({owner.id.upper(): owner.share for owner in case.owners})


PRICES = {
    "nickel": "Ni",
    "cobalt": "Co",
    "manganese": "Mn",
    "copper": "Cu",
    "aluminium": "Al",
    "active material": "recovered active material",
}


def test_prices_are_those_of_the_case(case: Case, loop: Loop) -> None:
    for item in case.names("prices.csv", "item"):
        line = loop.series[PRICES.get(item, item)]
        assert line.unit == "USD/t"
        numbers = [line.line.in_month(step.first) for step in loop.calendar.steps]
        usd_per_t = 1000.0 * case.series("prices.csv", "value", item=item)
        assert numbers == pytest.approx(usd_per_t, rel=1e-12)


PAID = {
    "black mass": ("black mass",),
    "scrap": ("scrap", *(f"scrap of {client}" for client in LINES)),
    "copper fraction": ("copper fraction",),
    "aluminium fraction": ("aluminium fraction",),
}
ELEMENTS = {"nickel": "Ni", "cobalt": "Co", "lithium": "Li", "copper": "Cu", "aluminium": "Al"}


def test_payables_are_those_of_the_case(case: Case, loop: Loop) -> None:
    rows = case.rows("payables.csv")
    for row in rows:
        for contract in PAID[row["material"]]:
            terms = loop.terms_on(contract, "payable")
            (term,) = [x for x in terms if x.of == ELEMENTS[row["metal"]]]
            assert term.value.in_month(0, "1") == pytest.approx(row["value"])
    for material, contracts in PAID.items():
        paid = [row for row in rows if row["material"] == material]
        assert len(loop.terms_on(contracts[0], "payable")) == len(paid)


def freights(case: Case) -> Iterator[tuple[str, str, float]]:
    """Ways of the case with their sites and lengths, in miles."""
    get = case.settings.get
    yield "Lansing", "plant", case.value("freight.csv", lane=get("contract.lane"))
    yield "plant", "refinery", case.value("freight.csv", lane=get("refiner.lane"))
    for row in case.rows("clients.csv"):
        yield LINES[row["client"]], "plant", case.value("freight.csv", lane=row["lane"])


def test_freight_is_that_of_the_case(case: Case, loop: Loop) -> None:
    ways = {(lane.from_, lane.to): lane.distance for lane in loop.lanes}
    for start, end, miles in freights(case):
        distance = ways.pop((start, end))
        assert distance is not None
        assert distance.in_month(0, "mile") == pytest.approx(miles)
    assert not ways
    for mode in ("plain", "hazmat"):
        rate = {row["parameter"]: row["value"] for row in case.rows("freight_rates.csv", mode=mode)}
        numbers = loop.modes[mode]
        for name, unit, value in (
            ("price", "USD/mile", rate["price"]),
            ("payload", "t", rate["payload"]),
            ("packaging", "USD/kg", rate["packaging"]),
            ("carbon", "kgCO2e/mile", rate["ghg"]),
            ("empty_carbon", "kgCO2e/mile", rate["return ghg"]),
        ):
            assert getattr(numbers, name).in_month(0, unit) == pytest.approx(value, rel=1e-12)


def test_burdens_of_new_metal_and_foil_are_those_of_the_case(case: Case, loop: Loop) -> None:
    burdens = {term.of: term.value for term in loop.terms_on("new metal", "burden")}
    for row in case.rows("virgin.csv"):
        name = {"nickel": "Ni", "cobalt": "Co"}.get(row["equivalent"], row["equivalent"])
        assert burdens.pop(name).in_month(0, "tCO2e/t") == pytest.approx(row["value"])
    assert not burdens
    for row in case.rows("foil.csv", parameter="foil per energy"):
        assert loop.goods[row["item"]].mass.in_month(0, "kg/kWh") == pytest.approx(row["value"])
    for region in case.names("foil_demand.csv", "region"):
        (need,) = getattr(loop.models[region], "needs_", loop.models[region].needs).values()
        gwh = case.series("foil_demand.csv", "made_gwh", region=region)
        assert by_year(need, "GWh/yr", loop) == pytest.approx(gwh, rel=1e-12)
    for row in case.rows("batteries.csv", parameter="energy"):
        assert loop.goods[row["battery"]].energy.in_month(0, "kWh/pack") == pytest.approx(
            row["value"]
        )


def test_the_article_is_stated_in_full(case: Case, loop: Loop) -> None:
    statements = {row.id: row for row in loop.statements}
    for row in case.rows("article.csv"):
        there = statements.pop(row["id"])
        assert (there.text, there.computed) == (row["statement"], row["loopbook_computes"])
        assert (there.answer, there.unit) == (row["answer"], row["unit"])
        assert (there.reading, there.doubt) == (row["reading"], row["doubt"])
    assert not statements
