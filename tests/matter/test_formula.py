"""Formulas: what parses, what does not, and stoichiometry against hand arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import FormulaError, InputError, UnknownNameError
from loopbook.matter import (
    atomic_weights,
    component_names,
    components,
    element_shares,
    molar_mass,
    parse_formula,
)


def format_formula(counts: dict[str, float]) -> str:
    """Formula of atom counts: the inverse of `parse_formula`."""
    texts = {symbol: f"{count:.12f}".rstrip("0").rstrip(".") for symbol, count in counts.items()}
    return "".join(
        f"({symbol}){text}" if "0" in text else symbol + ("" if text == "1" else text)
        for symbol, text in texts.items()
    )


RIGHT = [
    ("H2O", {"H": 2, "O": 1}),
    ("Ni(OH)2", {"Ni": 1, "O": 2, "H": 2}),
    ("Al2(SO4)3", {"Al": 2, "S": 3, "O": 12}),
    ("K4[Fe(CN)6]", {"K": 4, "Fe": 1, "C": 6, "N": 6}),
    ("LiNi0.8Co0.1Mn0.1O2", {"Li": 1, "Ni": 0.8, "Co": 0.1, "Mn": 0.1, "O": 2}),
    ("LiNi.5Mn1.5O4", {"Li": 1, "Ni": 0.5, "Mn": 1.5, "O": 4}),
    ("NiSO4.6H2O", {"Ni": 1, "S": 1, "O": 10, "H": 12}),
    ("NiSO4·6H2O", {"Ni": 1, "S": 1, "O": 10, "H": 12}),
    ("MnSO4.H2O", {"Mn": 1, "S": 1, "O": 5, "H": 2}),
    ("CaSO4.0.5H2O", {"Ca": 1, "S": 1, "O": 4.5, "H": 1}),
    ("2NiCO3·3Ni(OH)2·4H2O", {"Ni": 5, "C": 2, "O": 16, "H": 14}),
    ("Li₂CO₃", {"Li": 2, "C": 1, "O": 3}),
    ("Ni0.5(H2O)", {"Ni": 0.5, "H": 2, "O": 1}),
]
WRONG = [
    ("", "a formula"),
    ("  ", "a formula"),
    ("Xx2", "at 1"),
    ("LiXo2", "at 3"),
    ("niSO4", "capital"),
    ("Ni(OH2", "at 7"),
    ("NiOH)2", "at 5"),
    ("Ni[OH)2", "at 6"),
    ("Ni()2", "at 4"),
    ("Ni0O", "above 0"),
    ("2LiOH", "one unit"),
    ("NiSO4(aq)", "at 7"),
    ("LiNi0.5H2O0.6H2O ·", "an element"),
    ("Ni0.5H2O", "reads one way"),
    ("NiSO4·", "an element"),
    ("NiSO4 6H2O", "at 6"),
    ("Ni-O", "at 3"),
    ("Ni9999999O", "above 0"),
]


@pytest.mark.parametrize(("text", "counts"), RIGHT)
def test_a_formula_counts_its_atoms(text: str, counts: dict[str, float]) -> None:
    assert parse_formula(text) == pytest.approx(counts)


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_formula_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert says in str(caught.value)
    assert [f.code for f in caught.value.findings] == ["formula"]


counts_of_atoms = st.dictionaries(
    st.sampled_from(sorted(atomic_weights())),
    st.one_of(st.integers(1, 400).map(float), st.integers(1, 9999).map(lambda n: n / 1000)),
    min_size=1,
    max_size=8,
)


@given(counts_of_atoms)
def test_writing_then_reading_a_formula_is_identity(counts: dict[str, float]) -> None:
    assert parse_formula(format_formula(counts)) == pytest.approx(counts, rel=1e-12)


@given(counts_of_atoms)
def test_element_shares_sum_to_one(counts: dict[str, float]) -> None:
    shares = element_shares(format_formula(counts))
    assert math.fsum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 < share <= 1.0 for share in shares.values())


@given(counts_of_atoms, st.integers(2, 9))
def test_a_bracket_scales_the_mass_and_not_the_shares(counts: dict[str, float], n: int) -> None:
    text = format_formula(counts)
    assert molar_mass(f"({text}){n}") == pytest.approx(n * molar_mass(text), rel=1e-12)
    assert element_shares(f"({text}){n}") == pytest.approx(element_shares(text), rel=1e-12)


@given(st.text(max_size=20))
def test_any_text_parses_or_says_why(text: str) -> None:
    try:
        counts = parse_formula(text)
    except FormulaError:
        return
    assert all(count > 0.0 for count in counts.values())


# Weight percent in the order of the columns, computed by others.
CATHODES = [
    ("NMC622", {"Li": 7.16, "Ni": 36.33, "Co": 12.16, "Mn": 11.34}),
    ("NMC811", {"Li": 7.13, "Ni": 48.27, "Co": 6.06, "Mn": 5.65}),
    ("NCMA 89-4-4-3", {"Li": 7.19, "Ni": 54.11, "Co": 2.44, "Mn": 2.28, "Al": 0.84}),
    ("NCMA 89-5-5-1", {"Li": 7.14, "Ni": 53.78, "Co": 3.03, "Mn": 2.83, "Al": 0.28}),
]


@pytest.mark.parametrize(("name", "percent"), CATHODES)
def test_active_materials_hold_the_metal_that_others_compute(
    name: str, percent: dict[str, float]
) -> None:
    shares = components(name).items[0].element_shares()
    found = {element: 100 * shares[element] for element in percent}
    assert found == pytest.approx(percent, abs=0.006)


FACTORS = [
    ("Ni", "NiSO4.6H2O", 4.478),
    ("Co", "CoSO4.7H2O", 4.770),
    ("Mn", "MnSO4.H2O", 3.076),
    ("Li", "Li2CO3", 5.323),
    ("Li", "LiOH.H2O", 6.046),
    ("Ni", "Ni(OH)2", 1.580),
]


@pytest.mark.parametrize(("metal", "salt", "factor"), FACTORS)
def test_mass_factors_from_metal_to_salt(metal: str, salt: str, factor: float) -> None:
    assert 1.0 / element_shares(salt)[metal] == pytest.approx(factor, abs=0.001)


def test_leaching_needs_the_acid_that_stoichiometry_says() -> None:
    active = molar_mass("LiNi0.8Co0.1Mn0.1O2")
    assert 1.5 * molar_mass("H2SO4") / active == pytest.approx(1.51, abs=0.005)
    assert 0.5 * molar_mass("H2O2") / active == pytest.approx(0.175, abs=0.001)


def test_weights_of_others_reproduce_their_numbers() -> None:
    rounded = {"Ni": 59.0, "S": 32.0, "O": 16.0, "H": 1.0}
    assert molar_mass("NiSO4", rounded) == 155.0
    assert molar_mass("NiSO4") == pytest.approx(154.749, abs=1e-3)


@pytest.mark.parametrize("weights", [{"Ni": 0.0}, {"Ni": math.nan}, {"Ni": -1.0}, {"Ni": math.inf}])
def test_weights_that_cannot_be_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InputError):
        molar_mass("NiO", weights)


def test_weights_of_unknown_elements_are_refused() -> None:
    with pytest.raises(UnknownNameError):
        atomic_weights({"Nk": 59.0})


def test_every_element_to_lead_with_a_standard_weight_is_there() -> None:
    missing = {"Tc", "Pm"}
    assert len([e for e in atomic_weights() if e not in {"Bi", "Th", "Pa", "U"}]) == 82 - 2
    assert not missing & set(atomic_weights())
    assert 1.0 < atomic_weights()["H"] < 1.01 < 207.0 < atomic_weights()["Pb"] < 207.3


def test_every_library_component_has_a_composition() -> None:
    everything = components(*component_names())
    assert everything.element_matrix.sum(axis=0) == pytest.approx(1.0, abs=1e-12)


HYDRATES = [
    ("NiSO4.6(H2O)", 262.84),
    ("NiSO4.6[H2O]", 262.84),
    ("NiSO4·6(H2O)", 262.84),
    ("NiSO4 · 6 H2O", 262.84),
    ("NiSO4⋅6H2O", 262.84),
    ("CaSO4·0.5H2O", 145.14),
    ("CaSO4·½H2O", 145.14),
    ("CaSO4.1/2H2O", 145.14),
    ("CaSO4•0.5(H2O)", 145.14),
    ("Al2(SO4)3.18H2O", 666.40),
    ("K2SO4.MgSO4.6H2O", 402.70),
    ("CuCO3.Cu(OH)2", 221.11),
    ("NiCO3·2Ni(OH)2", 304.12),
    ("NiCO3·2Ni(OH)2.4H2O", 376.18),
]


@pytest.mark.parametrize(("text", "kg_per_kmol"), HYDRATES)
def test_hydrates_and_double_salts_in_every_spelling(text: str, kg_per_kmol: float) -> None:
    assert molar_mass(text) == pytest.approx(kg_per_kmol, abs=0.006)


TWO_WAYS = [
    ("Ni10.5H2O", (676.99, 634.29)),
    ("NiSO4.06H2O", (262.84, 173.73)),
    ("NiCO3.2Ni(OH)2", (304.12, 214.61)),
    ("Ni0.5H2O", (67.70, 47.36)),
    ("NiO1.5H2O", (164.76, 100.71)),
    ("Ni10.5(H2O)", (676.99, 634.29)),
    ("NiCl2.6NH3", (231.78, 167.90)),
    ("LiFePO4.5C", (217.81, 177.77)),
]


@pytest.mark.parametrize(("text", "masses"), TWO_WAYS)
def test_what_reads_two_ways_is_refused_and_either_advice_can_be_followed(
    text: str, masses: tuple[float, float]
) -> None:
    with pytest.raises(FormulaError, match="reads one way only") as caught:
        parse_formula(text)
    advice = caught.value.findings[0].hint.removeprefix("write ").split(" or ")
    assert [molar_mass(one) for one in advice] == pytest.approx(masses, abs=0.03)


@pytest.mark.parametrize(
    "text", ["Li1.2Ni0.2Mn0.6O2", "LiNi.5Mn1.5O4", "Li1.1Ni0.35Mn0.55O1.9F0.1", "NaCrO2.5"]
)
def test_a_dot_that_cannot_join_compounds_is_a_decimal_point(text: str) -> None:
    bracketed = text.replace("O", "(O)") if text.count("O") == 1 else text
    assert parse_formula(text) == pytest.approx(parse_formula(bracketed))


@pytest.mark.parametrize("text", ["NiSO4.6H20", "NiSO4·6H20", "H20"])
def test_water_with_a_zero_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="H2O"):
        parse_formula(text)
    assert parse_formula("C10H20") == {"C": 10, "H": 20}


@pytest.mark.parametrize(
    ("text", "oxide", "as_written"),
    [
        ("Li20", {"Li": 2, "O": 1}, {"Li": 20}),
        ("Co304", {"Co": 3, "O": 4}, {"Co": 304}),
        ("Al203", {"Al": 2, "O": 3}, {"Al": 203}),
        ("CuS04", {"Cu": 1, "S": 1, "O": 4}, {"Cu": 1, "S": 4}),
        ("LiFeP04", {"Li": 1, "Fe": 1, "P": 1, "O": 4}, {"Li": 1, "Fe": 1, "P": 4}),
        ("NiS04.6H2O", {"Ni": 1, "S": 1, "O": 10, "H": 12}, {"Ni": 1, "S": 4, "O": 6, "H": 12}),
    ],
)
def test_a_zero_for_oxygen_is_refused_and_either_advice_can_be_followed(
    text: str, oxide: dict[str, int], as_written: dict[str, int]
) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    first, second = str(caught.value).split("(write ")[1].removesuffix(")").split(" or ")
    assert parse_formula(first) == oxide
    assert parse_formula(second) == as_written


@pytest.mark.parametrize("text", ["C60", "C20H42", "B10H14", "Li10GeP2S12", "P4O10", "Li0.5CoO2"])
def test_other_zeros_are_counts(text: str) -> None:
    assert parse_formula(text)


def test_thousands_of_brackets_are_read_or_refused() -> None:
    assert parse_formula("(" * 5000 + "Ni" + ")" * 5000) == {"Ni": 1}
    for text in ("(" * 5000, "[" * 5000 + "Ni" + ")" * 5000, "(" * 5000 + "Ni" + ")9" * 5000):
        with pytest.raises(FormulaError) as caught:
            parse_formula(text)
        assert len(str(caught.value)) < 300
