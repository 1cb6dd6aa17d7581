"""Components and sets of them: right and wrong ones, and the element matrix."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import (
    DuplicateError,
    FormulaError,
    InputError,
    NotFiniteError,
    ShareError,
    UnknownNameError,
)
from loopbook.matter import Component, component_names, components
from support.advice import follows

WRONG: list[tuple[Callable[[], object], type[InputError]]] = [
    (lambda: Component("x", formula="Xx"), FormulaError),
    (lambda: Component("x", shares={"Ni": 1.2}), ShareError),
    (lambda: Component("x", shares={"Ni": -0.1}), ShareError),
    (lambda: Component("x", shares={"Ni": math.nan}), NotFiniteError),
    (lambda: Component("x", shares={"Ni": 0.7, "Co": 0.7}), ShareError),
    (lambda: Component("x", shares={"Ni": 0.7, "other": 0.1}), ShareError),
    (lambda: Component("x", shares={"nickel": 0.7}), UnknownNameError),
    (lambda: Component("x"), InputError),
    (lambda: Component("x", formula="Ni", shares={"Ni": 1.0}), InputError),
    (lambda: Component("x", formula="Ni", phase="plasma"), InputError),
    (lambda: Component(" x", formula="Ni"), InputError),
    (lambda: Component("", formula="Ni"), InputError),
    (lambda: Component("x", formula="Ni", molar_mass=math.nan), NotFiniteError),
    (lambda: Component("x", formula="Ni", molar_mass=0.0), NotFiniteError),
    (lambda: components("coper"), UnknownNameError),
    (lambda: components("copper", "copper"), DuplicateError),
    (lambda: components("copper", Component("copper", formula="Cu")), DuplicateError),
    (lambda: components("copper", weights={"Cu": math.nan}), InputError),
]


@pytest.mark.parametrize(("make", "kind"), WRONG)
def test_wrong_components_are_refused(make: Callable[[], object], kind: type[InputError]) -> None:
    with pytest.raises(kind):
        make()


def test_all_wrong_names_come_at_once_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        components("coper", "graphit", "copper")
    assert [f.found for f in caught.value.findings] == ["coper", "graphit"]
    assert "copper" in caught.value.findings[0].hint
    assert caught.value.findings[1].where == "components 2"


OTHER_MATTER = [
    Component("anode binder", shares={"C": 0.597, "H": 0.069, "O": 0.277, "Na": 0.057}),
    Component("graphite", formula="SiO2"),
    Component("NMC811", formula="LiNi0.6Co0.2Mn0.2O2"),
    Component("water", formula="H2SO4", phase="liquid"),
]


@pytest.mark.parametrize("own", OTHER_MATTER, ids=lambda own: own.name)
def test_a_name_of_the_library_is_not_for_other_matter(own: Component) -> None:
    """One name, two matters; the advice is followed."""
    with pytest.raises(InputError, match="as in the library") as refused:
        components("copper", own)
    (finding,) = refused.value.findings
    assert (finding.code, finding.where) == ("name", f"component {own.name}")
    follows(finding, "give it another name")
    named = Component(f"{own.name} (mine)", own.formula, own.shares, own.phase)
    assert components(own.name, named).items[1] == named


@pytest.mark.parametrize(
    "own",
    [
        Component("graphite", shares={"C": 1.0}),
        Component("water", formula="H2O", phase="gas"),
        Component(
            "NMC811", shares={"Li": 0.0713, "Ni": 0.4827, "Co": 0.0606, "Mn": 0.0565, "O": 0.3289}
        ),
    ],
    ids=lambda own: own.name,
)
def test_a_name_of_the_library_may_be_written_for_its_own_matter(own: Component) -> None:
    assert components(own).items == (own,)


def test_order_names_and_places() -> None:
    mix = components("NMC811", "water", Component("slag", shares={"Fe": 0.5}), "steel")
    assert mix.names == ("NMC811", "water", "slag", "steel")
    assert [mix.index[name] for name in mix.names] == [0, 1, 2, 3]
    assert mix.elements == ("C", "Co", "Fe", "H", "Li", "Mn", "Ni", "O", "other")
    assert mix.element_matrix.shape == (len(mix.elements), len(mix)) == (9, 4)
    assert mix.phases == ("solid", "liquid", "solid", "solid")
    assert mix.molar_mass[1] == pytest.approx(18.015)
    assert np.isnan(mix.molar_mass[2])
    assert mix.require("slag", "furnace") == 2


def test_a_set_without_rest_has_no_other() -> None:
    assert components("water").elements == ("H", "O")


def test_own_weights_reach_matrix_and_molar_mass() -> None:
    rounded = components("CaO", weights={"Ca": 40.0, "O": 16.0})
    assert rounded.molar_mass[0] == 56.0
    assert rounded.element_matrix[rounded.elements.index("Ca"), 0] == 40.0 / 56.0
    assert rounded != components("CaO")


def test_arrays_cannot_be_written() -> None:
    mix = components("water")
    with pytest.raises(ValueError, match="read-only"):
        mix.element_matrix[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        mix.molar_mass[0] = 1.0


def test_a_set_goes_to_another_process_and_back() -> None:
    mix = components("NMC811", "steel", weights={"Ni": 59.0})
    back = pickle.loads(pickle.dumps(mix))
    assert back == mix
    assert hash(back) == hash(mix)
    assert (back.element_matrix == mix.element_matrix).all()


def test_changing_the_shares_given_does_not_change_the_component() -> None:
    given_shares = {"Fe": 0.9}
    steel = Component("my steel", shares=given_shares)
    given_shares["Fe"] = 0.1
    assert steel.element_shares()["Fe"] == 0.9


@pytest.mark.parametrize(
    "name",
    [
        "NMC811",
        "NMC622",
        "NMC532",
        "NMC111",
        "NCMA 89-4-4-3",
        "NCMA 89-5-5-1",
        "NCA",
        "LFP",
        "LCO",
        "LMO",
        "graphite",
        "carbon black",
        "PVDF",
        "anode binder",
        "copper",
        "aluminium",
        "LiPF6",
        "EC",
        "DMC",
        "PP",
        "PE",
        "PET",
        "steel",
        "iron",
        "electronics",
        "coolant",
        "insulation",
        "NMP",
        "water",
        "H2SO4",
        "H2O2",
        "NaOH",
        "Na2CO3",
        "CaO",
        "CaCO3",
        "LiOH",
        "SiO2",
        "NH4OH",
        "O2",
        "N2",
        "NiSO4(aq)",
        "CoSO4(aq)",
        "MnSO4(aq)",
        "Li2SO4(aq)",
        "Al2(SO4)3(aq)",
        "CuSO4(aq)",
        "FeSO4(aq)",
        "Na2SO4(aq)",
        "NiSO4.6H2O",
        "CoSO4.7H2O",
        "MnSO4.H2O",
        "Li2CO3",
        "LiOH.H2O",
        "Ni(OH)2",
        "Co(OH)2",
        "Mn(OH)2",
        "Al(OH)3",
        "Cu(OH)2",
        "Fe(OH)3",
        "NiO",
        "CoO",
        "MnO",
        "Li2O",
        "Al2O3",
        "Cu2O",
        "CaF2",
        "Ca3(PO4)2",
        "HF",
        "POF3",
        "P2O5",
        "PF5",
        "LiF",
        "CO2",
        "H2O(g)",
        "H2",
        "nickel",
        "cobalt",
        "manganese",
    ],
)
def test_the_library_has_what_batteries_need(name: str) -> None:
    assert name in component_names()


@given(
    st.dictionaries(
        st.sampled_from(["Ni", "Co", "Mn", "Fe", "C", "O"]), st.floats(0.0, 0.16), max_size=6
    ),
    st.lists(st.sampled_from(component_names()), unique=True, max_size=12),
)
def test_every_column_sums_to_one(shares: dict[str, float], names: list[str]) -> None:
    mix = components(*names, Component("mine", shares=shares))
    assert mix.element_matrix.sum(axis=0) == pytest.approx(1.0, abs=1e-12)
    assert (mix.element_matrix >= 0.0).all()


@given(st.permutations(["NMC811", "steel", "water", "graphite"]))
def test_order_moves_columns_and_nothing_else(names: list[str]) -> None:
    here, there = components(*names), components(*sorted(names))
    assert here.elements == there.elements
    for name in names:
        left = here.element_matrix[:, here.index[name]]
        assert (left == there.element_matrix[:, there.index[name]]).all()
