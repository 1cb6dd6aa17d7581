"""The model: hand arithmetic, conservation, and how results answer changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from case_folder import GMBI, TOY, copy_case, founding, replace_in
from hypothesis import given
from hypothesis import strategies as st

from loopbook.cases import compute, load_case, run_case
from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.loop import Flow, check_flows
from loopbook.cases.year.mass import Outcome, check_metals
from loopbook.cases.year.money import sold_as
from loopbook.cases.year.plants import works
from loopbook.cases.year.supply import cell_composition, electrode_loss, supply
from loopbook.errors import BalanceError, UnknownNameError
from loopbook.matter import Sourced, load_library
from loopbook.report import RunResult


@pytest.fixture(scope="module")
def gmbi() -> RunResult:
    return founding()


@pytest.fixture(scope="module")
def full() -> RunResult:
    case = load_case(GMBI)
    return compute(case, [switch.name for switch in case.switches])


@pytest.fixture(scope="module")
def toy() -> RunResult:
    return run_case(TOY)


def cells(result: RunResult, table: str, **match: Any) -> dict[str, Any]:
    """The one row of a table whose cells are as given."""
    rows = [
        row
        for row in result.tables[table].records()
        if all(row[name] == value for name, value in match.items())
    ]
    assert len(rows) == 1
    return dict(rows[0])


# ---- hand arithmetic ----


def test_mature_scrap_of_a_gwh_is_418_t_and_of_20_gwh_8350_t(gmbi: RunResult) -> None:
    row = cells(gmbi, "scrap", year=2035)
    made = cells(gmbi, "production", year=2035)["made_gwh"]
    rejected = row["dry_cells_t"] + row["wet_cells_t"] + row["formed_cells_t"]
    electrode = row["contract_t"] - rejected
    assert made == 20.0
    assert rejected / made == pytest.approx(157.0, abs=0.5)
    assert electrode / made == pytest.approx(261.0, abs=0.5)
    assert row["contract_t"] / made == pytest.approx(418.0, abs=0.5)
    assert row["contract_t"] == pytest.approx(8350.0, abs=5.0)


def test_rejected_cells_by_hand(toy: RunResult) -> None:
    # 0.5 GWh x 3.1928 kg/kWh accepted, a fifth of the cells made rejected: accepted x 0.2 / 0.8
    row = cells(toy, "scrap", year=2030)
    assert row["cells_t"] == pytest.approx(0.5 * 3192.8 * 0.25, rel=1e-9)
    # 1.0 of the 2 GWh that the line could make is under the contract
    assert cells(toy, "production", year=2031)["made_gwh"] == 1.0
    # half a year of 400 t
    assert (row["capacity_t"], row["taken_t"]) == (200.0, pytest.approx(200.0))
    assert row["other_t"] == pytest.approx(row["offered_t"] - 200.0)


@pytest.mark.parametrize("chemistry", ["NMC811", "NMC622", "NCA"])
def test_electrode_scrap_at_mature_losses_is_everbatts(chemistry: str) -> None:
    library = load_library()
    cell, _ = cell_composition(Sourced(library), chemistry, chemistry)
    loss = [
        np.array([1.0 - library.get("mature", name, "scrap_rates").value])
        for name in ("active material yield", "foil yield")
    ]
    lost = {
        name: float(part[0])
        for name, (_, part) in electrode_loss(cell, chemistry, loss[0], loss[1]).items()
    }
    total = sum(lost.values())
    for number in library.table("composition_electrode_scrap"):
        if number.subject == chemistry:
            name = chemistry if number.parameter == "active material" else number.parameter
            assert lost[name] / total == pytest.approx(number.value, rel=2e-4), number.parameter


BLACK_MASS = {
    "NCMA 89-4-4-3": (0.315, 0.0142, 0.0133, 0.0419),
    "NCMA 89-5-5-1": (0.313, 0.0177, 0.0165, 0.0416),
}  # Ni, Co, Mn, Li of the black mass of cells, kg/kg


@pytest.mark.parametrize("chemistry", BLACK_MASS)
def test_black_mass_of_cells(chemistry: str, tmp_path: Path) -> None:
    nickel, cobalt, manganese, lithium = BLACK_MASS[chemistry]
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "case.toml", 'chemistry = "NCMA 89-4-4-3"', f'chemistry = "{chemistry}"')
    path = folder / "scrap_path.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    # rejected cells only: no loss on the way
    changed = [
        ",".join([*line.split(",")[:3], "0", "0", *line.split(",")[5:]]) for line in lines[1:]
    ]
    path.write_text("\n".join([lines[0], *changed]) + "\n", encoding="utf-8")
    types = (folder / "scrap_types.csv").read_text(encoding="utf-8")
    types = types.replace("dry cells,cells,0.1", "dry cells,cells,0")
    types = types.replace("wet cells,cells,0.2", "wet cells,cells,0.3")
    (folder / "scrap_types.csv").write_text(types, encoding="utf-8")
    row = cells(run_case(folder), "black_mass", year=2035)
    taken = row["mass_t"] / 0.69963
    assert row["nickel_share"] == pytest.approx(nickel, abs=0.0006)
    assert row["cobalt_share"] == pytest.approx(cobalt, abs=0.0001)
    assert row["manganese_share"] == pytest.approx(manganese, abs=0.0001)
    assert row["lithium_share"] == pytest.approx(lithium, abs=0.0002)
    assert row["copper_share"] == pytest.approx(0.0056, abs=0.0001)
    # copper and aluminium fractions of facts: 7.0 % and 4.6 % of cells
    assert row["copper_fraction_t"] / taken == pytest.approx(0.07016, rel=1e-3)
    assert row["aluminium_fraction_t"] / taken == pytest.approx(0.04637, rel=1e-3)


def test_lattice_aluminium_is_told_from_foil(gmbi: RunResult) -> None:
    for row in gmbi.tables["black_mass"].records():
        whole, foil, lattice = (
            row["aluminium_t"],
            row["aluminium_foil_t"],
            row["aluminium_lattice_t"],
        )
        assert float(str(whole)) == pytest.approx(float(str(foil)) + float(str(lattice)))
        if row["mass_t"]:
            assert float(str(lattice)) / float(str(row["mass_t"])) == pytest.approx(
                0.0049, abs=1e-4
            )


def test_a_battery_is_337_kg_and_68_kwh_of_pack_or_113_kwh_of_cells(gmbi: RunResult) -> None:
    pack = cells(gmbi, "batteries", reading="pack mass", read_as="t")
    assert pack["kg_per_battery"] == pytest.approx(337.5)
    assert pack["kwh_per_battery"] == pytest.approx(67.6, abs=0.1)
    bare = cells(gmbi, "batteries", reading="bare cell mass", read_as="t")
    assert bare["kwh_per_battery"] == pytest.approx(113.4, abs=0.1)
    short = cells(gmbi, "batteries", reading="pack mass", read_as="short_ton")
    assert short["kg_per_battery"] == pytest.approx(306.2, abs=0.1)
    assert (pack["used"], short["used"]) == (True, False)


def test_recovered_metal_is_recovery_times_content(gmbi: RunResult) -> None:
    for year in (2028, 2035):
        held = cells(gmbi, "black_mass", year=year)
        for metal, share in (
            ("nickel", 0.98),
            ("cobalt", 0.98),
            ("manganese", 0.98),
            ("lithium", 0.9),
            ("graphite", 0.9),
        ):
            back = cells(gmbi, "metals", year=year, metal=metal)["recovered_t"]
            assert back == pytest.approx(share * held[f"{metal}_t"], rel=1e-6), metal


def test_freight_by_hand(toy: RunResult) -> None:
    row = cells(toy, "scrap", year=2031)
    share = row["taken_t"] / row["offered_t"]
    haul = 100 * 2 / 20  # USD/t
    cost = share * (
        row["cells_t"] * (haul + 500.0) + row["electrodes_t"] * (haul + 60.0)
    )  # packaging of hazmat 0.5 USD/kg, of others 0.06
    assert cells(toy, "money", year=2031)["freight_usd"] == pytest.approx(cost)
    moved = row["taken_t"] + cells(toy, "black_mass", year=2031)["mass_t"]
    freight = cells(toy, "carbon", year=2031)["freight_tco2e"]
    assert freight == pytest.approx(moved / 20 * 100 * (1.6 + 1.3) / 1000)


def test_what_is_paid_for_black_mass_and_scrap_by_hand(toy: RunResult) -> None:
    row, money = cells(toy, "black_mass", year=2031), cells(toy, "money", year=2031)
    assert money["revenue_black_mass_usd"] == pytest.approx(row["nickel_t"] * 20_000 * 0.7)
    assert money["revenue_copper_usd"] == pytest.approx(row["copper_fraction_t"] * 10_000 * 0.9)
    assert money["revenue_aluminium_usd"] == 0.0
    # coatings reach black mass by 95 %, so scrap held that much more nickel
    assert money["scrap_usd"] == pytest.approx(row["nickel_t"] / 0.95 * 20_000 * 0.3)


def test_virgin_lithium_is_counted_as_carbonate(toy: RunResult) -> None:
    back = cells(toy, "metals", year=2031, metal="lithium")["recovered_t"]
    made = cells(toy, "carbon", year=2031)["virgin_lithium_tco2e"]
    assert made == pytest.approx(back * 5.3235 * 12, rel=1e-3)


# ---- properties ----


@pytest.mark.parametrize("name", ["gmbi", "full", "toy"])
def test_mass_closes_in_every_year(name: str, request: pytest.FixtureRequest) -> None:
    result: RunResult = request.getfixturevalue(name)
    flows = list(result.tables["loop_flows"].records())
    ends = {
        "new cells",
        "other recyclers",
        "new material",
        "copper fraction",
        "waste",
        "aluminium fraction",
        "oxygen and residue",
        "metal market",
        "cell lines",
    }
    for year in result.tables["production"].column("year"):
        for what in ("mass_t", "nickel_t"):
            into: dict[str, float] = {}
            out: dict[str, float] = {}
            for flow in (f for f in flows if f["year"] == year):
                amount = float(str(flow[what]))
                into[str(flow["target"])] = into.get(str(flow["target"]), 0.0) + amount
                out[str(flow["source"])] = out.get(str(flow["source"]), 0.0) + amount
            for node in into.keys() & out.keys() - ends:
                assert into[node] == pytest.approx(out[node], rel=1e-9, abs=1e-6), (year, node)
    for row in result.tables["scrap"].records():
        taken, other = float(str(row["taken_t"])), float(str(row["other_t"]))
        assert taken + other == pytest.approx(float(str(row["offered_t"])))
        assert taken <= float(str(row["capacity_t"])) * (1 + 1e-12)
    for row in result.tables["black_mass"].records():
        parts = ("mass_t", "copper_fraction_t", "aluminium_fraction_t", "burnt_and_waste_t")
        total = sum(float(str(row[part])) for part in parts)
        taken = cells(result, "scrap", year=row["year"])["taken_t"]
        assert total == pytest.approx(taken)


def test_every_element_closes_over_plant_and_refiner() -> None:
    case = load_case(GMBI)
    facts = Sourced(case.library)
    made = supply(case, {switch.name: True for switch in case.switches}, facts)
    plant, refiner = works(case, made, facts)
    for done in (plant, refiner):
        assert done.route.solution.report.worst_closure <= 1e-9
    for metal in METALS:
        held = sum(f.taken_t.sum(axis=0) for f in made.scrap)  # tonnes taken bound every content
        assert (plant.elements_t["black mass"][metal.element] <= held + 1e-9).all()


def test_metal_out_of_nothing_is_seen() -> None:
    case = load_case(TOY)
    facts = Sourced(case.library)
    made = supply(case, {"guest": False}, facts)
    plant, refiner = works(case, made, facts)
    check_metals(Outcome(case, {"guest": False}, facts, made, plant, refiner))
    for step, done in (("plant", plant), ("refiner", refiner)):
        product = next(iter(done.elements_t))
        more = {**done.elements_t, product: {**done.elements_t[product], "Ni": made.made_gwh * 1e6}}
        wrong = {"plant": plant, "refiner": refiner, step: replace(done, elements_t=more)}
        with pytest.raises(BalanceError, match="nickel"):
            check_metals(Outcome(case, {"guest": False}, facts, made, **wrong))


def test_a_node_that_does_not_close_is_seen() -> None:
    one = np.ones(2)
    good = [Flow("a", "b", one, one), Flow("b", "c", one, one)]
    check_flows(good, {"a", "c"})
    for bad in (
        Flow("b", "c", 0.5 * one, one),
        Flow("b", "c", one, 2 * one),
        Flow("b", "c", np.nan * one, one),
        Flow("b", "c", -one, one),
    ):
        with pytest.raises(BalanceError):
            check_flows([good[0], bad], {"a", "c"})


def test_more_capacity_never_takes_less(tmp_path: Path, gmbi: RunResult) -> None:
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "case.toml", '"13500 t/yr"', '"27000 t/yr"')
    more = run_case(folder)
    for column, higher in (("taken_t", True), ("other_t", False)):
        old, new = (r.tables["scrap"].column(column) for r in (gmbi, more))
        for a, b in zip(old, new, strict=True):
            assert (b >= a - 1e-9) if higher else (b <= a + 1e-9)
    assert sum(more.tables["scrap"].column("taken_t")) > sum(gmbi.tables["scrap"].column("taken_t"))


@given(capacity=st.floats(1.0, 1e6), factor=st.floats(1.0, 10.0))
def test_taken_grows_with_capacity_and_is_never_more_than_offered(
    capacity: float, factor: float
) -> None:
    from loopbook.cases.year.supply import ScrapFlow, _take

    case = load_case_once()
    made = supply(case, {"guest": True}, Sourced(case.library))
    flows: list[ScrapFlow] = list(made.scrap)
    small, large = (
        np.sum([f.taken_t for f in _take(flows, np.full(2, capacity * k))], axis=0)
        for k in (1.0, factor)
    )
    offered = np.sum([f.made_t * f.offered_share for f in flows], axis=0)
    assert (small <= large * (1 + 1e-12) + 1e-9).all()
    assert (large <= offered * (1 + 1e-12) + 1e-9).all()
    assert (small.sum(axis=0) <= capacity * (1 + 1e-12)).all()


_TOY: list[Any] = []


def load_case_once() -> Any:
    if not _TOY:
        _TOY.append(load_case(TOY))
    return _TOY[0]


@pytest.mark.parametrize("name", ["gmbi", "full", "toy"])
def test_owners_shares_are_the_margin(name: str, request: pytest.FixtureRequest) -> None:
    result: RunResult = request.getfixturevalue(name)
    for row in result.tables["money"].records():
        shares = [v for k, v in row.items() if k.endswith("_share_usd")]
        assert len(shares) == 2
        margin = float(str(row["margin_usd"]))
        assert sum(float(str(v)) for v in shares) == pytest.approx(margin, abs=1e-6)
        totals = {"cost_usd", "margin_usd", "cash_margin_usd"}
        parts = [
            float(str(v))
            for k, v in row.items()
            if k.endswith("_usd")
            and k not in totals
            and not k.startswith("revenue")
            and not k.endswith("_share_usd")
        ]
        assert sum(parts) == pytest.approx(float(str(row["cost_usd"])))


def test_switches_only_add(gmbi: RunResult, full: RunResult) -> None:
    for column in ("contract_t", "clients_t", "offered_t", "taken_t"):
        for a, b in zip(
            gmbi.tables["scrap"].column(column), full.tables["scrap"].column(column), strict=True
        ):
            assert b >= a - 1e-9, column
    assert gmbi.tables["production"].rows == full.tables["production"].rows
    assert sum(gmbi.tables["clients"].column("taken_t")) == 0.0
    taken = sum(full.tables["clients"].column("taken_t"))
    extra = sum(full.tables["scrap"].column("taken_t")) - sum(
        gmbi.tables["scrap"].column("taken_t")
    )
    assert taken == pytest.approx(extra)


def test_the_contract_is_served_before_clients(gmbi: RunResult, full: RunResult) -> None:
    for alone, crowded in zip(
        gmbi.tables["scrap"].records(), full.tables["scrap"].records(), strict=True
    ):
        clients = sum(
            float(str(r["taken_t"]))
            for r in full.tables["clients"].records()
            if r["year"] == alone["year"]
        )
        own = float(str(crowded["taken_t"])) - clients
        assert own == pytest.approx(float(str(alone["taken_t"])), abs=1e-6)


def test_nothing_is_taken_before_the_start(tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "case.toml", "value = 2026", "value = 2028")
    result = run_case(folder)
    for row in result.tables["money"].records():
        if int(str(row["year"])) < 2028:
            assert {v for k, v in row.items() if k.endswith("_usd")} == {0.0}
    assert cells(result, "scrap", year=2027)["taken_t"] == 0.0
    assert cells(result, "scrap", year=2028)["taken_t"] == pytest.approx(13500.0)


@pytest.mark.parametrize("route", ["hydro", "pyro", "direct"])
def test_every_route_runs_for_both_cases(route: str, tmp_path: Path) -> None:
    for source, old in ((GMBI, 'route = "hydro"'), (TOY, 'route = "direct"')):
        folder = copy_case(source, tmp_path)
        replace_in(folder / "case.toml", old, f'route = "{route}"')
        result = run_case(folder)
        nickel = cells(result, "metals", year=2031, metal="nickel")
        assert 0.0 < nickel["covered_gross_share"] < nickel["covered_share"] < 1.0


def test_no_number_of_the_article_is_used_elsewhere(tmp_path: Path, gmbi: RunResult) -> None:
    folder = copy_case(GMBI, tmp_path)
    path = folder / "article_numbers.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [",".join([*line.split(",")[:2], "0.7", *line.split(",")[3:]]) for line in lines[1:]]
    path.write_text("\n".join([lines[0], *changed]) + "\n", encoding="utf-8")
    result = run_case(folder)
    for name, table in gmbi.tables.items():
        same = table.rows == result.tables[name].rows
        assert same == (name not in {"article", "batteries"}), name


def test_a_case_without_any_cells_is_all_zeros(tmp_path: Path) -> None:
    folder = copy_case(TOY, tmp_path)
    replace_in(folder / "lines.csv", "line 1,2030,0.5,", "line 1,2030,0,")
    replace_in(folder / "lines.csv", "line 1,2031,2,", "line 1,2031,0,")
    result = run_case(folder)
    assert set(result.tables["black_mass"].column("mass_t")) == {0.0}
    assert set(result.tables["metals"].column("covered_share")) == {None}
    assert result.tables["loop_flows"].rows == ()


def test_short_tons_change_the_reading_and_not_the_printed_number(tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "case.toml", '"13500 t/yr"', '"13500 short_ton/yr"')
    replace_in(folder / "case.toml", 'tonne_reading = "t" ', 'tonne_reading = "short_ton" ')
    result = run_case(folder)
    assert max(result.tables["scrap"].column("taken_t")) == pytest.approx(12247.0, abs=0.1)
    assert cells(result, "batteries", reading="pack mass", read_as="t")["capacity_t"] == (
        pytest.approx(13500.0)
    )
    assert cells(result, "batteries", reading="pack mass", read_as="short_ton")["used"] is True


def test_the_same_case_gives_the_same_result(gmbi: RunResult) -> None:
    assert run_case(GMBI).tables == gmbi.tables


def test_an_unknown_switch_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean tbmnc"):
        run_case(GMBI, ["tbmcn"])


def test_every_column_of_numbers_says_what_it_rests_on(full: RunResult) -> None:
    for table in full.tables.values():
        for column in table.columns:
            number = any(isinstance(row[table.position(column.name)], float) for row in table.rows)
            if number and column.unit:
                assert column.basis, f"{table.name}.{column.name}"
                assert column.how, f"{table.name}.{column.name}"
            assert set(column.basis) <= set(full.inputs)


@pytest.mark.parametrize(
    ("product", "item"),
    [
        ("Ni", "nickel"),
        ("Li2CO3", "Li2CO3 crude"),
        ("graphite", "graphite"),
        ("NMC622", "active material"),
    ],
)
def test_a_product_is_sold_as_an_item_of_the_deck(product: str, item: str) -> None:
    assert sold_as(load_case(TOY), product, {"NMC622"}) == item


@pytest.mark.parametrize("product", ["NiSO4", "nikel", "NMC811"])
def test_a_product_without_a_price_is_refused(product: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        sold_as(load_case(TOY), product, {"NMC622"})
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("unknown-name", "prices.csv")
    assert product in finding.expected
