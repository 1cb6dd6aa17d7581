"""Bills of materials and scrap types, against published tables and hand arithmetic."""

from __future__ import annotations

import math
import pickle

import pytest

from loopbook.errors import UnknownNameError
from loopbook.matter import (
    SCRAP_TYPES,
    cell,
    chemistries,
    components,
    load_library,
    module,
    pack,
    scrap_type,
)

LIBRARY = load_library()

CELL_NMC811 = {
    "NMC811": 42.89,
    "graphite": 29.10,
    "carbon black": 0.89,
    "PVDF": 0.89,
    "anode binder": 0.59,
    "copper": 7.80,
    "aluminium": 5.15,
    "LiPF6": 1.74,
    "EC": 5.36,
    "DMC": 4.34,
    "PP": 0.80,
    "PE": 0.17,
    "PET": 0.28,
}
SCRAP = [
    (
        "mixed electrode scrap",
        {
            "NMC811": 43.71,
            "graphite": 29.65,
            "carbon black": 0.91,
            "PVDF": 0.91,
            "anode binder": 0.61,
            "copper": 14.58,
            "aluminium": 9.63,
        },
    ),
    ("cathode foil", {"NMC811": 79.2, "aluminium": 17.5, "carbon black": 1.65, "PVDF": 1.65}),
    ("anode foil", {"graphite": 66.1, "copper": 32.5, "anode binder": 1.35}),
    (
        "modules",
        {"NMC811": 37.9, "aluminium": 7.6, "copper": 9.5, "steel": 4.6, "electronics": 0.27},
    ),
]


def test_the_nmc811_cell_is_the_published_one() -> None:
    found = {name: 100 * share for name, share in cell("NMC811", LIBRARY).shares.items()}
    assert found == pytest.approx(CELL_NMC811, abs=0.006)


@pytest.mark.parametrize(("name", "percent"), SCRAP)
def test_scrap_has_the_published_composition(name: str, percent: dict[str, float]) -> None:
    shares = scrap_type(name, "NMC811", LIBRARY).shares
    assert {c: 100 * shares[c] for c in percent} == pytest.approx(percent, abs=0.06)
    if name != "modules":
        assert set(shares) == set(percent)


@pytest.mark.parametrize("name", SCRAP_TYPES)
@pytest.mark.parametrize("chemistry", chemistries(LIBRARY))
def test_every_scrap_sums_to_one_and_lists_its_numbers(name: str, chemistry: str) -> None:
    bill = scrap_type(name, chemistry, LIBRARY)
    assert math.fsum(bill.shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert math.fsum(bill.element_shares().values()) == pytest.approx(1.0, abs=1e-12)
    assert (chemistry in bill.shares) == (name != "anode foil")
    assert "active material" not in bill.shares
    assert bill.used
    assert bill.hazard
    assert bill.transport


@pytest.mark.parametrize("chemistry", chemistries(LIBRARY))
def test_cells_modules_and_packs_thin_out_the_active_material(chemistry: str) -> None:
    bills = [maker(chemistry, LIBRARY) for maker in (cell, module, pack)]
    shares = [bill.shares[chemistry] for bill in bills]
    assert shares == sorted(shares, reverse=True)
    masses = [bill.mass_kg_per_kwh for bill in bills]
    if masses[0] is not None:
        held = [m * s for m, s in zip(masses, shares, strict=True) if m is not None]
        assert held == pytest.approx([held[0]] * 3, rel=1e-9)


def test_dry_cells_are_cells_without_electrolyte() -> None:
    dry, wet = (scrap_type(n, "NMC811", LIBRARY) for n in ("dry cells", "wet unformed cells"))
    electrolyte = sum(wet.shares[name] for name in ("LiPF6", "EC", "DMC"))
    assert 1.0 - electrolyte == pytest.approx(0.8857, abs=1e-4)
    assert dry.shares["NMC811"] == pytest.approx(wet.shares["NMC811"] / (1.0 - electrolyte))
    assert not {"LiPF6", "EC", "DMC"} & set(dry.shares)
    assert dry.mass_kg_per_kwh == pytest.approx(2.9764 * 0.8857, rel=1e-4)


def test_ncma_is_the_nmc811_cell_with_other_active_material() -> None:
    ncma, nmc = cell("NCMA 89-4-4-3", LIBRARY), cell("NMC811", LIBRARY)
    assert ncma.shares["NCMA 89-4-4-3"] == nmc.shares["NMC811"]
    assert ncma.mass_kg_per_kwh == nmc.mass_kg_per_kwh
    assert "swapped" in ncma.assumptions[0]
    assert nmc.assumptions == ()


# t in 13,500 t of rejected cells; NCMA's copper and foil aluminium are those of NMC811
CONTAINED = [
    ("NMC811", {"Ni": 2795, "Co": 351, "Mn": 327, "Li": 424, "Cu": 1052}),
    ("NCMA 89-4-4-3", {"Ni": 3133, "Co": 141, "Mn": 132, "Li": 427, "Cu": 1052}),
]


@pytest.mark.parametrize(("chemistry", "tonnes"), CONTAINED)
def test_metal_in_a_year_of_scrap(chemistry: str, tonnes: dict[str, float]) -> None:
    shares = scrap_type("formed cells", chemistry, LIBRARY).element_shares()
    found = {element: 13_500 * shares[element] for element in tonnes}
    assert found == pytest.approx(tonnes, abs=1.0)


def test_black_mass_of_electrode_scrap_by_the_published_rule() -> None:
    scrap = scrap_type("mixed electrode scrap", "NMC811", LIBRARY).shares
    coating = sum(scrap[c] for c in ("NMC811", "graphite", "carbon black"))
    mass = 0.95 * coating + 0.05 * (1.0 - coating)
    assert mass == pytest.approx(0.71844, abs=2e-5)
    rows = {
        n.parameter: n.value
        for n in LIBRARY.table("composition_black_mass")
        if n.subject == "NMC811"
    }
    assert 0.95 * scrap["NMC811"] / mass == pytest.approx(rows["active material"], abs=1e-6)
    assert 0.05 * scrap["copper"] / mass == pytest.approx(rows["copper"], abs=1e-6)


def test_pack_mass_agrees_with_another_model() -> None:
    theirs = LIBRARY.get("NMC811", "pack mass per energy", "cell_design").to("kg/kWh")
    assert pack("NMC811", LIBRARY).mass_kg_per_kwh == pytest.approx(theirs, rel=0.03)


def test_the_slurry_says_what_was_assumed() -> None:
    bill = scrap_type("slurry", "NCMA 89-4-4-3", LIBRARY)
    assert bill.shares["NMP"] == pytest.approx(0.2)
    assert any("practice" in text for text in bill.assumptions)
    assert any(number.grade == "assumption" for number in bill.used)


def test_a_bill_becomes_an_array_in_any_order() -> None:
    bill = scrap_type("anode foil", "NMC811", LIBRARY)
    order = components("copper", "water", "graphite", "anode binder")
    array = bill.array(order)
    assert array[1] == 0.0
    assert array.sum() == pytest.approx(1.0)
    with pytest.raises(UnknownNameError):
        bill.array(components("copper", "water"))
    assert bill.scaled(200.0)["copper"] == pytest.approx(200.0 * bill.shares["copper"])
    assert pickle.loads(pickle.dumps(bill)) == bill


@pytest.mark.parametrize("chemistry", ["NMC 811", "nmc811", "", "active material"])
def test_unknown_chemistries_are_refused(chemistry: str) -> None:
    for make in (cell, module, pack):
        with pytest.raises(UnknownNameError, match="a chemistry"):
            make(chemistry, LIBRARY)
    for name in SCRAP_TYPES:
        with pytest.raises(UnknownNameError, match="a chemistry"):
            scrap_type(name, chemistry, LIBRARY)


@pytest.mark.parametrize("name", ["cathode", "Modules", "", "wet cells", "NMC811"])
def test_unknown_scrap_types_are_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="a scrap type"):
        scrap_type(name, "NMC811", LIBRARY)
