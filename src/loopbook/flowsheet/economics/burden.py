"""What a plant burdens the climate and the water with: materials, energy, process.

Factors per kg of material (table ``burdens``) and per MJ of energy (``energy_burdens``, and
``geography`` for electricity) are those of GREET 2022 as EverBatt 2023 carries them (source_id
``greet2022``); greenhouse gases by their warming over 100 years (AR6).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.errors import Findings
from loopbook.matter import Sourced
from loopbook.tables import Array

_PER_MJ = {"ghg": "kgCO2e/MJ", "energy": "1", "water": "L/MJ"}
OF_GRID = tuple(f"electricity {kind}" for kind in _PER_MJ)
"""What the burdens of a plant take of its grid, in table ``geography``."""


def check_place(numbers: Sourced, place: str, needed: Sequence[str]) -> None:
    """Refuse a place that lacks a factor; no other place's is put in for it.

    >>> check_place(Sourced(), "California", ["electricity ghg", "labour price", "water price"])
    Traceback (most recent call last):
    loopbook.errors.InputError: geography, California: missing: labour price, water price is \
missing (places that have all of them: US, Korea; or give the rows in a table geography of your own)
    """
    absent = [name for name in needed if not numbers.has(place, name, "geography")]
    places = dict.fromkeys(row.subject for row in numbers.library.table("geography"))
    if absent and place in places:
        whole = [p for p in places if all(numbers.has(p, n, "geography") for n in needed)]
        findings = Findings(f"geography, {place}")
        findings.missing(
            ", ".join(absent),
            hint=f"places that have all of them: {', '.join(whole)}; or give the rows in a table "
            "geography of your own",
        )
        findings.raise_all()


@dataclass(frozen=True, slots=True)
class Burdens:
    """Burdens per kg of feed by part (``materials``, ``energy``, ``process``), shape (scenario,).

    Attributes
    ----------
    ghg_kgco2e_per_kg, energy_mj_per_kg, water_l_per_kg : by part; energy is primary energy.
    not_covered : materials that the tables have no burden for; they count nothing.
    """

    ghg_kgco2e_per_kg: Mapping[str, Array]
    energy_mj_per_kg: Mapping[str, Array]
    water_l_per_kg: Mapping[str, Array]
    not_covered: tuple[str, ...]

    @property
    def ghg(self) -> Array:
        """Greenhouse gases in all, kg CO2e per kg of feed."""
        return _sum(self.ghg_kgco2e_per_kg)

    @property
    def energy(self) -> Array:
        """Primary energy in all, MJ per kg of feed."""
        return _sum(self.energy_mj_per_kg)

    @property
    def water(self) -> Array:
        """Water consumed in all, L per kg of feed."""
        return _sum(self.water_l_per_kg)


def _sum(parts: Mapping[str, Array]) -> Array:
    return np.asarray(np.sum(list(parts.values()), axis=0))


def burdens(
    materials_kg_per_kg: Mapping[str, Array],
    energy_mj_per_kg: Mapping[str, Array],
    numbers: Sourced,
    *,
    process_co2_kg_per_kg: Array,
    process_water_l_per_kg: Array,
    location: str = "US",
) -> Burdens:
    """Burdens per kg of feed.

    Parameters
    ----------
    materials_kg_per_kg : bought materials by name in table ``burdens``.
    energy_mj_per_kg : by carrier (``electricity``, ``natural gas``, ``diesel``).
    numbers : tables.
    process_co2_kg_per_kg : CO2 that the process itself makes.
    process_water_l_per_kg : water that the process takes in.
    location : subject of ``geography`` for greenhouse gas, primary energy and water of
        electricity; a place that lacks one of them is refused.

    >>> one = np.ones(1)
    >>> b = burdens({"H2SO4": one}, {"electricity": one}, Sourced(),
    ...     process_co2_kg_per_kg=0 * one, process_water_l_per_kg=one)
    >>> [f"{float(v[0]):.4f}" for v in b.ghg_kgco2e_per_kg.values()]
    ['0.0441', '0.1296', '0.0000']
    """
    if "electricity" in energy_mj_per_kg:
        check_place(numbers, location, OF_GRID)
    zero = np.zeros_like(process_co2_kg_per_kg)
    covered = [n for n in materials_kg_per_kg if numbers.has(n, "ghg", "burdens")]
    out: dict[str, dict[str, Array]] = {}
    for kind, unit in (("ghg", "kgCO2e/kg"), ("energy", "MJ/kg"), ("water", "L/kg")):
        by_material = [
            materials_kg_per_kg[n] * numbers(n, kind, "burdens", unit=unit) for n in covered
        ]
        by_carrier = [
            x * _per_mj(carrier, kind, numbers, location) for carrier, x in energy_mj_per_kg.items()
        ]
        out[kind] = {
            "materials": np.sum([zero, *by_material], axis=0),
            "energy": np.sum([zero, *by_carrier], axis=0),
            "process": zero,
        }
    out["ghg"]["process"] = process_co2_kg_per_kg
    out["water"]["process"] = process_water_l_per_kg
    missing = tuple(sorted(set(materials_kg_per_kg) - set(covered)))
    return Burdens(out["ghg"], out["energy"], out["water"], missing)


def _per_mj(carrier: str, kind: str, numbers: Sourced, location: str) -> float:
    if carrier == "electricity":
        return numbers(location, f"electricity {kind}", "geography", unit=_PER_MJ[kind])
    return numbers(carrier, kind, "energy_burdens")
