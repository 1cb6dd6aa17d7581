"""What the founding case says of its numbers: present value, ranges, versions, readings.

Expected figures are those of three experts who computed the case with their own code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from loopbook.loop import Accounts, Walk, accounts, answer, load, result_tables, sample, walk

CASE = Path(__file__).parents[2] / "cases" / "gmbi"
MAY = "may 2026"
CLIENTS = ("TBMNC", "GM", "Ford", "Stellantis", "Hyundai", "Honda")
ASKED = (("feed(plant)", "t"), ("account(plant)", "USD"), ("cash(Refiner)", "USD"))


@cache
def run(*on: str, as_of_the_article: bool = False) -> tuple[Walk, Accounts]:
    """The founding case with some switches on, walked and priced."""
    switches = {MAY: not as_of_the_article, **dict.fromkeys(on, True)}
    walked = walk(load(CASE, switches=switches))
    return walked, accounts(walked)


def number(formula: str, unit: str = "1", *on: str, as_of_the_article: bool = False) -> float:
    """A formula that gives one number."""
    walk_and_money = run(*on, as_of_the_article=as_of_the_article)
    (value,) = answer(*walk_and_money, formula, unit=unit).ravel()
    return float(value)


class TestMoney:
    def test_the_present_value_counts_the_plant_once(self) -> None:
        before = run(as_of_the_article=True)
        charges = answer(*before, "paid(on=plant, term=capital)", unit="USD").ravel()
        worth = sum(x / 1.1**year for year, x in enumerate(charges))
        assert worth == pytest.approx(29.7e6, rel=2e-3)
        value = number("npv(GMBI, own)", "USD", as_of_the_article=True)
        assert value == pytest.approx(87.8e6, rel=1e-3)

    def test_the_production_credit_is_the_refiners_and_phases_out(self) -> None:
        formula = "paid(on=refinery, term=credit, payee=Refiner)"
        credit, cost = (
            answer(*run("45X"), text, unit="USD").ravel()
            for text in (formula, "paid(on=refinery, payee=outside)")
        )
        shares = dict(zip(range(2025, 2036), credit / np.where(cost > 0.0, cost, 1.0), strict=True))
        assert shares[2030] == pytest.approx(0.10)
        assert [shares[x] for x in (2031, 2032, 2033)] == pytest.approx([0.075, 0.05, 0.025])
        assert credit[-2:].tolist() == [0.0, 0.0]
        assert number(f"sum({formula})", "USD") == 0.0
        assert number("sum(cash(GMBI))", "USD", "45X") == number("sum(cash(GMBI))", "USD")

    def test_foil_from_malaysia_pays_half_of_its_copper(self) -> None:
        duty, copper = (
            number(f"sum(paid(on='foil to North America', term={term}))", "USD")
            for term in ("duty", "payable")
        )
        first = number("at(paid(on='foil to North America', term=payable), 2025)", "USD")
        assert duty == pytest.approx(0.5 * (copper - first * 7 / 12), rel=1e-9)

    def test_the_stake_in_foil_is_an_outlay_of_toyota_tsusho_alone(self) -> None:
        with_stake, without = (number("sum(cash(TTA))", "USD", *on) for on in (["foil stake"], []))
        assert with_stake - without == pytest.approx(-110e6)
        assert number("npv(GMBI, own)", "USD", "foil stake") == number("npv(GMBI, own)", "USD")


class TestVersions:
    def test_three_ramps_of_which_the_low_one_is_as_likely_as_the_base(self) -> None:
        draws = sample(load(CASE), 2000, seed=3).loop.series["Lansing lines"].draws
        assert draws is not None
        last, counts = np.unique(draws[4], return_counts=True)
        assert last.tolist() == [4.0, 18.0, 20.0]
        assert counts / 2000 == pytest.approx([0.4, 0.4, 0.2], abs=0.03)

    def test_what_is_new_changes_what_the_refiner_pays_and_not_the_plants_scrap(self) -> None:
        then, now = (
            {name: number(f"sum({name})", unit, as_of_the_article=article) for name, unit in ASKED}
            for article in (True, False)
        )
        assert now["feed(plant)"] == pytest.approx(then["feed(plant)"])
        assert then["account(plant)"] == pytest.approx(150.7e6, rel=1e-3)
        assert then["cash(Refiner)"] == pytest.approx(-74.5e6, rel=1e-3)
        gained = now["account(plant)"] - then["account(plant)"]
        assert gained == pytest.approx(17.0e6, rel=0.01)
        assert now["cash(Refiner)"] - then["cash(Refiner)"] < -gained

    def test_lfp_passes_preprocessing_and_dilutes_the_black_mass(self) -> None:
        def grade(element: str, *on: str) -> float:
            made = "sum(content(made(plant, 'black mass'), %s)) / sum(made(plant, 'black mass'))"
            return number(made % element, "1", *on)

        assert grade("Ni", "lfp") < 0.95 * grade("Ni")
        assert grade("P") == pytest.approx(0.0, abs=1e-12)
        assert grade("P", "lfp") > 1e-3
        formula = "sum(paid(on='black mass', term=penalty))"
        assert number(formula, "USD", "lfp") > 0.0 == number(formula, "USD")

    @pytest.mark.parametrize("maker", ["clarksville", "gumi"])
    def test_a_cathode_maker_stands_between_refiner_and_lines(self, maker: str) -> None:
        site = maker.capitalize()
        nickel = f"sum(content(taken('metal back', {site}), Ni))"
        assert number(nickel, "t", maker) == pytest.approx(
            number("sum(content(taken('metal back'), Ni))", "t"), rel=1e-6
        )
        gets = number("sum(content(taken(cathode), Ni))", "t", maker)
        assert gets == pytest.approx(number("sum(needs(Lansing, Ni))", "t"))
        bought = number("sum(content(taken('new metal'), Ni))", "t", maker)
        assert bought > number("sum(content(taken('new metal'), Ni))", "t")


class TestRanges:
    def test_shares_of_one_whole_add_up_in_all_draws(self) -> None:
        drawn = sample(load(CASE), 300, seed=1)
        for whole in (("dry", "wet", "formed"), ("separate", "mixed")):
            rows = [drawn.loop.series[f"{name} share"].draws for name in whole]
            shares = np.sum([x[0] for x in rows if x is not None], axis=0)
            assert shares == pytest.approx(np.full(300, 100.0))
            assert np.ptp(rows[0]) > 5.0

    def test_metal_prices_and_yields_move_together(self) -> None:
        words = sample(load(CASE), 2, seed=1).words
        assert {"series/Ni", "series/Co", "series/Li2CO3", "series/Cu"} <= {*words["metal prices"]}
        assert len(words["yields of new lines"]) >= 3


class TestReadings:
    def test_the_value_of_a_tonne_of_scrap_is_that_of_the_experts(self) -> None:
        def usd(column: str) -> float:
            return number(
                f"at(waterfall.{column}_usd_per_t, 2029)", "USD/t", as_of_the_article=True
            )

        expected = {
            "nickel": 3890,
            "lithium": 2746,
            "copper": 1290,
            "cobalt": 515,
            "aluminium": 213,
        }
        expected |= {"contained": 8654, "paid": 1391, "sold": 4614, "spent": 1652, "kept": 1571}
        expected |= {"freight": 405, "capital": 358, "refiner_sells": 5633, "refiner_keeps": -707}
        assert {name: round(usd(name)) for name in expected} == expected
        assert usd("sold") - usd("paid") - usd("spent") == pytest.approx(usd("kept"))

    def test_three_readings_of_avoided_carbon(self) -> None:
        def kilotonnes(column: str) -> float:
            return number(f"sum(carbon_readings.{column}_tco2e)", "kt CO2e", as_of_the_article=True)

        wide, narrow = kilotonnes("theoretical"), kilotonnes("without_graphite_and_foils")
        assert (round(wide), round(narrow)) == (761, 417)
        assert wide - kilotonnes("further") == pytest.approx(253, abs=1)  # graphite
        assert narrow - kilotonnes("today") == pytest.approx(194, abs=1)  # lithium
        assert kilotonnes("further") - narrow == pytest.approx(91, abs=1)  # foils
        assert 0.0 < kilotonnes("other_recyclers") < 0.05 * kilotonnes("today")

    def test_purchases_replaced_and_recycled_content(self) -> None:
        share = number("at(replaced.replaced_share[nickel], 2026)", as_of_the_article=True)
        assert share == pytest.approx(0.319, abs=5e-4)
        for metal in ("nickel", "cobalt", "lithium"):
            recycled = number(f"at(replaced.recycled_share[{metal}], 2030)")
            assert recycled == pytest.approx(number(f"at(replaced.replaced_share[{metal}], 2030)"))
            assert recycled < number(f"at(replaced.aim_share[{metal}], 2030)")
        assert number("max(replaced.recycled_share[copper])") == 0.0

    @pytest.mark.parametrize("metal", ["nickel", "cobalt", "lithium", "copper", "aluminium"])
    def test_all_metal_of_the_scrap_is_somewhere(self, metal: str) -> None:
        parts = ("others", "fractions", "lost_plant", "lost_refinery", "market", "back")
        found = sum(number(f"losses.{part}_t[{metal}]", "t") for part in parts)
        assert found == pytest.approx(number(f"losses.scrap_t[{metal}]", "t"))

    def test_what_changed_has_a_source_and_a_date_in_each_row(self) -> None:
        tables = result_tables(*run())
        sources = load(CASE).works.keys() | load(CASE).library.sources.keys() | {"assumption"}
        for row in tables["changes"].records():
            assert row["then"] != row["now"]
            assert {*str(row["source"]).split(", ")} <= sources
            assert row["since"]
        assert len(tables["not_found"].rows) >= 10
        assert tables["client_status"].column("client") == [*CLIENTS]
