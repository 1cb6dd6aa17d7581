"""Assays: right and wrong ones, changes of basis, and what they say about active material."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import (
    InputError,
    NegativeError,
    NotFiniteError,
    ShareError,
    UnitError,
    UnknownNameError,
)
from loopbook.matter import (
    Assay,
    Measured,
    active_material_from_elements,
    assay_from_text,
    components,
    element_assay,
)


def make(**values: float | Measured) -> Assay:
    measured = {n: v if isinstance(v, Measured) else Measured(v) for n, v in values.items()}
    return Assay(material="BM-7", basis="dry", values=measured)


RIGHT: list[Callable[[], Assay]] = [
    lambda: make(Ni=0.28, Co=0.035),
    lambda: make(Ni=0.0),
    lambda: make(Ni=1.0),
    lambda: make(graphite=0.4, NMC811=0.6),
    lambda: make(Ni=Measured(0.6, 0.01), Co=Measured(0.41, 0.01)),
    lambda: make(Ni=0.5, other=0.5),
    lambda: Assay(material="x", values={"Ni": Measured(0.5)}, moisture=Measured(0.3)),
    lambda: Assay(material="x", values={"Ni": Measured(0.5)}, basis="dry", moisture=Measured(0.6)),
]
WRONG: list[tuple[Callable[[], Assay], type[InputError]]] = [
    (make, InputError),
    (lambda: make(Ni=28.1), ShareError),
    (lambda: make(Ni=-0.01), NegativeError),
    (lambda: make(Ni=math.nan), NotFiniteError),
    (lambda: make(Ni=math.inf), NotFiniteError),
    (lambda: make(Ni=Measured(0.2, math.nan)), NotFiniteError),
    (lambda: make(Ni=Measured(0.2, -0.1)), NegativeError),
    (lambda: make(nickle=0.2), UnknownNameError),
    (lambda: make(Ni=0.6, Co=0.41), ShareError),
    (lambda: make(Ni=Measured(0.6, 0.001), Co=Measured(0.41, 0.001)), ShareError),
    (lambda: make(Ni=0.2, graphite=0.3), InputError),
    (lambda: Assay(material="x", values={"Ni": Measured(0.5)}, basis="wet"), InputError),
    (lambda: Assay(material="x", values={"Ni": Measured(0.5)}, basis=""), InputError),
    (lambda: Assay(material="x", values={"Ni": Measured(0.5)}, moisture=Measured(0.6)), ShareError),
    (lambda: Assay(material="x", values={"Ni": Measured(0.0)}, moisture=Measured(1.0)), ShareError),
    (
        lambda: Assay(material="x", values={"Ni": Measured(0.1)}, moisture=Measured(math.nan)),
        NotFiniteError,
    ),
]


@pytest.mark.parametrize("made", RIGHT)
def test_right_assays(made: Callable[[], Assay]) -> None:
    assert made().values


@pytest.mark.parametrize(("made", "kind"), WRONG)
def test_wrong_assays_are_refused(made: Callable[[], Assay], kind: type[InputError]) -> None:
    with pytest.raises(kind, match="assay "):
        made()


def test_all_findings_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        make(Ni=28.1, Co=-1.0, Xy=math.nan)
    assert {f.code for f in caught.value.findings} == {
        "share",
        "negative",
        "not-finite",
        "unknown-name",
    }


shares = st.floats(0.0, 0.24)
spreads = st.one_of(st.none(), st.floats(0.0, 0.05))
assays = st.builds(
    lambda values, water, basis: Assay(
        material="lot", values=values, basis=basis, moisture=Measured(water, 0.002)
    ),
    st.dictionaries(
        st.sampled_from(["Ni", "Co", "Li"]), st.builds(Measured, shares, spreads), min_size=1
    ),
    st.floats(0.0, 0.25),
    st.sampled_from(["dry", "as received"]),
)


@given(assays)
def test_dry_and_back_is_identity(assay: Assay) -> None:
    there = assay.to_dry() if assay.basis == "as received" else assay.to_as_received()
    back = there.to_as_received() if there.basis == "dry" else there.to_dry()
    assert back.basis == assay.basis
    for name, measured in assay.values.items():
        found = back.values[name]
        assert found.value == pytest.approx(measured.value, rel=1e-12, abs=1e-15)
        if measured.uncertainty is None:
            assert found.uncertainty is None
        else:
            assert found.uncertainty is not None
            assert found.uncertainty >= measured.uncertainty - 1e-15


@given(assays)
def test_metal_in_a_lot_does_not_depend_on_the_basis(assay: Assay) -> None:
    assert assay.moisture is not None
    dry_mass = 1000.0 * (1.0 - assay.moisture.value)
    for name in assay.values:
        wet_kg = 1000.0 * assay.to_as_received().values[name].value
        dry_kg = dry_mass * assay.to_dry().values[name].value
        assert wet_kg == pytest.approx(dry_kg, rel=1e-9, abs=1e-9)


def test_moisture_spreads_into_the_dry_share() -> None:
    wet = Assay(material="x", values={"Ni": Measured(0.27, 0.003)}, moisture=Measured(0.1, 0.01))
    dry = wet.to_dry().values["Ni"]
    assert dry.value == pytest.approx(0.3)
    assert dry.uncertainty == pytest.approx(math.hypot(0.003 / 0.9, 0.27 * 0.01 / 0.81))


@pytest.mark.parametrize("basis", ["dry", "as received"])
def test_a_change_of_basis_without_moisture_is_refused(basis: str) -> None:
    assay = Assay(material="x", values={"Ni": Measured(0.3)}, basis=basis)
    same, other = (
        (assay.to_dry, assay.to_as_received)
        if basis == "dry"
        else (assay.to_as_received, assay.to_dry)
    )
    assert same() is assay
    with pytest.raises(InputError, match="missing is not zero"):
        other()


def test_texts_of_a_certificate() -> None:
    assay = assay_from_text(
        "BM-7",
        {"Ni": ("28.1 %", "0.3 %"), "Fe": "900 ppm", "F": "12 g/kg"},
        basis="as received",
        moisture="4.5 %",
        laboratory="umpire",
        date="2026-03-01",
    )
    assert assay.values["Ni"] == Measured(pytest.approx(0.281), pytest.approx(0.003))
    assert assay.values["F"].value == pytest.approx(0.012)
    assert assay.moisture is not None
    assert assay.moisture.value == pytest.approx(0.045)


@pytest.mark.parametrize(
    ("values", "moisture", "count"),
    [
        ({"Ni": "28.1"}, None, 1),
        ({"Ni": "28.1 kg"}, None, 1),
        ({"Ni": "28,1 %", "Co": "3"}, None, 2),
        ({"Ni": "28.1 %"}, "wet", 1),
        ({"Ni": ("28.1 %", "0.3")}, None, 1),
    ],
)
def test_texts_without_a_share_are_refused(
    values: dict[str, str], moisture: str | None, count: int
) -> None:
    with pytest.raises(UnitError) as caught:
        assay_from_text("BM-7", values, basis="dry", moisture=moisture)
    assert len(caught.value.findings) == count


@given(st.dictionaries(st.sampled_from(["NMC811", "graphite", "copper", "steel"]), shares))
def test_elements_of_components_keep_the_mass(values: dict[str, float]) -> None:
    if not values:
        return
    assay = make(**values)
    found = element_assay(assay)
    total = math.fsum(m.value for m in found.values.values())
    assert total == pytest.approx(math.fsum(values.values()), abs=1e-12)
    assert element_assay(found) is found


def test_uncertainty_of_elements_from_components() -> None:
    mix = make(NMC811=Measured(0.5, 0.01), nickel=Measured(0.1, 0.02), graphite=0.2)
    nickel = element_assay(mix).values
    share = components("NMC811").items[0].element_shares()["Ni"]
    assert nickel["Ni"].uncertainty == pytest.approx(math.hypot(0.01 * share, 0.02))
    assert nickel["C"].uncertainty is None


@given(st.floats(0.05, 0.6), st.sampled_from(["NMC811", "NMC622", "NCMA 89-4-4-3", "NCA", "LCO"]))
def test_active_material_is_found_back(share: float, name: str) -> None:
    found = active_material_from_elements(
        element_assay(make(**{name: share, "graphite": 0.3, "aluminium": 0.02, "LiPF6": 0.01})),
        name,
    )
    assert found.share.value == pytest.approx(share, rel=1e-9)
    assert found.free.get("Al", 0.02) == pytest.approx(0.02, abs=1e-9)
    assert found.free["C"] == pytest.approx(0.3)


def test_lattice_and_foil_aluminium_are_told_apart() -> None:
    black_mass = element_assay(
        make(**{"NCMA 89-4-4-3": 0.58, "graphite": 0.4, "aluminium": 0.0037, "copper": 0.0056})
    )
    found = active_material_from_elements(black_mass, "NCMA 89-4-4-3")
    assert found.bound["Al"] == pytest.approx(0.0049, abs=1e-4)
    assert found.free["Al"] == pytest.approx(0.0037, abs=1e-9)
    assert found.markers == ("Ni", "Co", "Mn")


def test_a_good_marker_weighs_more() -> None:
    assay = make(Ni=Measured(0.2811, 0.0001), Co=Measured(0.0373, 0.003))
    share = active_material_from_elements(assay, "NMC811").share
    assert share.value == pytest.approx(0.2811 / 0.48267, rel=1e-3)
    assert share.uncertainty is not None
    assert share.uncertainty < 0.0003


UNDECIDED: list[tuple[Assay, str, str]] = [
    (make(Ni=0.2811, Co=0.0708, Mn=0.066), "NMC811", "another chemistry"),
    (make(Li=0.04, C=0.4), "NMC811", "a marker element"),
    (make(Fe=0.2, P=0.1), "LFP", "a marker element"),
    (make(Ni=0.2811, Li=0.02), "NMC811", "at least"),
    (make(NMC811=0.6), "NMC811", "an assay by elements"),
    (make(Ni=0.28), "steel", "a material with a formula"),
    (make(Ni=0.28), "NMC 811", "a component"),
]


@pytest.mark.parametrize(("assay", "name", "says"), UNDECIDED)
def test_what_cannot_be_decided_raises(assay: Assay, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        active_material_from_elements(assay, name)


def test_markers_of_iron_phosphate_are_named_by_the_one_who_knows() -> None:
    found = active_material_from_elements(
        element_assay(make(LFP=0.6, graphite=0.3)), "LFP", markers=("Fe",)
    )
    assert found.share.value == pytest.approx(0.6)
