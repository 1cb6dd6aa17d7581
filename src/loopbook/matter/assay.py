"""Assays: what a laboratory found in a lot, with uncertainty, basis and moisture.

An assay names either elements (``Ni``) or components of the library (``graphite``), never both:
their shares would count the same mass twice. Free water is the moisture, not an analyte, and its
hydrogen and oxygen are not in H and O. Uncertainties are standard uncertainties (k = 1), absolute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from loopbook.errors import Finding, InputError, article, nearest_hint, raise_findings
from loopbook.matter.components import component_names, components
from loopbook.matter.elements import OTHER, atomic_weights
from loopbook.matter.formula import element_shares
from loopbook.tables.units import parse_quantity

BASES = ("as received", "dry")
"""What the shares of an assay are shares of."""

COVERAGE = 2.0  # sums and comparisons may miss by this many standard uncertainties


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured share.

    Parameters
    ----------
    value : kg/kg, 0..1.
    uncertainty : standard uncertainty, kg/kg, absolute; None where the laboratory gave none.

    >>> Measured(0.281, 0.003).relative.__round__(4)
    0.0107
    """

    value: float
    uncertainty: float | None = None

    @property
    def relative(self) -> float:
        """Standard uncertainty over value; NaN where either is missing or zero."""
        if self.uncertainty is None or self.value == 0.0:
            return math.nan
        return self.uncertainty / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Assay:
    """What a laboratory found in a material.

    Parameters
    ----------
    material : what was sampled: lot or name.
    values : analyte -> `Measured`, kg/kg of the basis.
    basis : one of `BASES`.
    moisture : free water, kg per kg as received; None where not measured.
    method, laboratory, date : as on the certificate; date as ``YYYY-MM-DD``.

    Raises
    ------
    InputError : with every finding: share outside 0..1, NaN, unknown analyte, elements and
        components mixed, unknown basis, sum above 1 beyond twice its uncertainty.

    >>> wet = Assay(material="BM-7", basis="as received", moisture=Measured(0.1),
    ...             values={"Ni": Measured(0.27, 0.003)})
    >>> round(wet.to_dry().values["Ni"].value, 6)
    0.3
    """

    material: str
    values: Mapping[str, Measured] = field(hash=False)
    basis: str = "as received"
    moisture: Measured | None = None
    method: str = ""
    laboratory: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Check everything; keep a copy of the values."""
        object.__setattr__(self, "values", dict(self.values))
        raise_findings(_assay_findings(self))

    @property
    def by_element(self) -> bool:
        """Whether the analytes are elements (else components of the library)."""
        return all(_is_element(name) for name in self.values)

    def to_dry(self) -> Assay:
        """The same assay on dry basis: ``x_dry = x / (1 - m)``.

        Variances add: ``u_dry^2 = (u / (1 - m))^2 + (x u_m / (1 - m)^2)^2``. Going there and back
        returns the values, not the uncertainties, which grow.

        >>> wet = Assay(material="BM", values={"Ni": Measured(0.2)}, moisture=Measured(0.2))
        >>> wet.to_dry().values["Ni"].value
        0.25
        """
        if self.basis == "dry":
            return self
        m, u_m = self._water()
        dry = 1.0 - m
        values = {
            name: Measured(v.value / dry, _spread(v, 1.0 / dry, u_m, v.value / dry**2))
            for name, v in self.values.items()
        }
        return replace(self, values=values, basis="dry")

    def to_as_received(self) -> Assay:
        """The same assay as received: ``x = x_dry (1 - m)``; uncertainty as in `to_dry`.

        >>> dry = Assay(material="BM", basis="dry", values={"Ni": Measured(0.25)},
        ...             moisture=Measured(0.2))
        >>> dry.to_as_received().values["Ni"].value
        0.2
        """
        if self.basis == "as received":
            return self
        m, u_m = self._water()
        values = {
            name: Measured(v.value * (1.0 - m), _spread(v, 1.0 - m, u_m, v.value))
            for name, v in self.values.items()
        }
        return replace(self, values=values, basis="as received")

    def _water(self) -> tuple[float, float | None]:
        if self.moisture is None:
            hint = "give the moisture; missing is not zero"
            where = f"assay {self.material}"
            raise InputError([Finding("basis", where, "moisture to change basis", "none", hint)])
        return self.moisture.value, self.moisture.uncertainty


def _spread(x: Measured, factor: float, u_m: float | None, slope: float) -> float | None:
    """Standard uncertainty of ``factor x`` whose factor moves with moisture by ``slope``."""
    if x.uncertainty is None:
        return None
    return math.hypot(factor * x.uncertainty, slope * (u_m or 0.0))


def _is_element(name: str) -> bool:
    return name in atomic_weights() or name == OTHER


def _assay_findings(assay: Assay) -> list[Finding]:
    where = f"assay {assay.material}"
    findings: list[Finding] = []
    if not assay.values:
        findings.append(Finding("input", where, "at least one analyte", "none"))
    if assay.basis not in BASES:
        findings.append(Finding("basis", where, " or ".join(BASES), assay.basis or "none"))
    known = (*atomic_weights(), OTHER, *component_names())
    for name, measured in assay.values.items():
        if name not in known:
            hint = nearest_hint(name, known)
            findings.append(Finding("unknown-name", where, "an element or component", name, hint))
        findings.extend(_measured_findings(measured, f"{where} {name}"))
    kinds = {_is_element(name) for name in assay.values if name in known and name != OTHER}
    if len(kinds) > 1:
        hint = "shares of both would count the same mass twice"
        findings.append(Finding("basis", where, "elements or components", "both", hint))
    if assay.moisture is not None:
        findings.extend(_measured_findings(assay.moisture, f"{where} moisture"))
        if not findings and not assay.moisture.value < 1.0:
            found = repr(assay.moisture.value)
            findings.append(Finding("share", f"{where} moisture", "below 1", found))
    return findings or _sum_findings(assay, where)


def _sum_findings(assay: Assay, where: str) -> list[Finding]:
    """Shares, with the moisture where it counts, sum to no more than 1."""
    parts = list(assay.values.values())
    if assay.moisture is not None and assay.basis == "as received":
        parts.append(assay.moisture)
    total = math.fsum(part.value for part in parts)
    spread = math.sqrt(math.fsum((part.uncertainty or 0.0) ** 2 for part in parts))
    if total <= 1.0 + COVERAGE * spread + 1e-9:
        return []
    over = f"{total - 1.0:+.4g} kg/kg"
    return [Finding("share", where, "sum of shares <= 1", f"{total:.4f}", difference=over)]


def _measured_findings(measured: Measured, where: str) -> list[Finding]:
    findings = []
    for what, number in (("value", measured.value), ("uncertainty", measured.uncertainty)):
        if number is None:
            continue
        if not math.isfinite(number):
            findings.append(Finding("not-finite", where, article(f"{what} in kg/kg"), repr(number)))
        elif number < 0.0:
            findings.append(Finding("negative", where, f"{what} >= 0 kg/kg", repr(number)))
        elif number > 1.0:
            hint = "shares are fractions of 1, not percent"
            findings.append(Finding("share", where, f"{what} 0..1 kg/kg", repr(number), hint))
    return findings


def assay_from_text(
    material: str,
    values: Mapping[str, str | tuple[str, str]],
    *,
    basis: str,
    moisture: str | tuple[str, str] | None = None,
    method: str = "",
    laboratory: str = "",
    date: str = "",
) -> Assay:
    """Assay from texts with units, as a certificate has them.

    Parameters
    ----------
    material : what was sampled.
    values : analyte -> text, or text and standard uncertainty, each with its unit.
    basis : one of `BASES`; there is no default, for certificates differ.
    moisture, method, laboratory, date : as in `Assay`.

    >>> assay = assay_from_text("BM-7", {"Ni": ("28.1 %", "0.3 %"), "Fe": "900 ppm"}, basis="dry")
    >>> assay.values["Ni"].value.__round__(6), assay.values["Fe"].uncertainty
    (0.281, None)
    """

    def read(text: str | tuple[str, str], place: str) -> Measured:
        pair = (text, None) if isinstance(text, str) else text
        numbers = [None if t is None else parse_quantity(t, "kg/kg", where=place) for t in pair]
        return Measured(numbers[0] or 0.0, numbers[1])

    where = f"assay {material}"
    found: dict[str, Measured] = {}
    findings: list[Finding] = []
    water = None
    for name, text in values.items():
        try:
            found[name] = read(text, f"{where} {name}")
        except InputError as error:
            findings.extend(error.findings)
    try:
        water = None if moisture is None else read(moisture, f"{where} moisture")
    except InputError as error:
        findings.extend(error.findings)
    raise_findings(findings)
    return Assay(
        material=material,
        values=found,
        basis=basis,
        moisture=water,
        method=method,
        laboratory=laboratory,
        date=date,
    )


def element_assay(assay: Assay, weights: Mapping[str, float] | None = None) -> Assay:
    """The assay of a component assay's elements: ``x_e = sum_c S_ec x_c``.

    Parameters
    ----------
    assay : assay by components (one by elements comes back as it is).
    weights : atomic weights in g/mol that replace the standard ones.

    Variances add: ``u_e^2 = sum_c (S_ec u_c)^2``; an element that rests on a component without an
    uncertainty has none. What the components leave of 1 stays without elements.

    >>> mix = Assay(material="mix", basis="dry", values={"NMC811": Measured(0.6, 0.01),
    ...                                                  "graphite": Measured(0.4, 0.01)})
    >>> element_assay(mix).values["Ni"].value.__round__(4)
    0.2896
    """
    if assay.by_element:
        return assay
    order = components(*assay.values, weights=weights)
    values: dict[str, Measured] = {}
    for row, element in enumerate(order.elements):
        shares = order.element_matrix[row]
        parts = [
            (float(share), v)
            for share, v in zip(shares, assay.values.values(), strict=True)
            if share > 0.0
        ]
        value = math.fsum(share * v.value for share, v in parts)
        known = all(v.uncertainty is not None for _, v in parts)
        spread = math.sqrt(math.fsum((share * (v.uncertainty or 0.0)) ** 2 for share, v in parts))
        values[element] = Measured(value, spread if known else None)
    return replace(assay, values=values)


@dataclass(frozen=True, slots=True)
class ActiveMaterial:
    """How much active material an element assay shows, and where its elements sit.

    Parameters
    ----------
    name : active material.
    share : kg/kg of the assay's basis.
    markers : elements that decided it.
    bound : element -> kg/kg held in the active material, of the elements measured.
    free : element -> kg/kg that is elsewhere: foil aluminium, electrolyte lithium.
    """

    name: str
    share: Measured
    markers: tuple[str, ...]
    bound: Mapping[str, float] = field(hash=False)
    free: Mapping[str, float] = field(hash=False)


def active_material_from_elements(
    assay: Assay,
    active_material: str,
    *,
    markers: tuple[str, ...] | None = None,
    relative_tolerance: float = 0.02,
) -> ActiveMaterial:
    """Share of an active material, from its marker elements.

    Parameters
    ----------
    assay : assay by elements.
    active_material : name in the library, with a formula.
    markers : elements that sit in nothing else in this material; None for those of Ni, Co, Mn
        that the formula has. Lithium is no marker (electrolyte), nor aluminium (foil).
    relative_tolerance : standard uncertainty, relative, of a marker that was given none.

    ``s = sum_e w_e x_e / S_e`` over markers, weighted by 1/u^2, S the formula's shares.

    Raises
    ------
    InputError : it cannot be decided: no marker measured; markers that disagree by more than twice
        their uncertainty (another chemistry or a mixture); more of an element bound than measured.

    >>> mass = {"Ni": 0.2811, "Co": 0.0353, "Mn": 0.0329, "Al": 0.004}
    >>> found = active_material_from_elements(
    ...     Assay(material="BM", basis="dry", values={e: Measured(x) for e, x in mass.items()}),
    ...     "NMC811")
    >>> round(found.share.value, 3), found.markers
    (0.583, ('Ni', 'Co', 'Mn'))
    """
    where = f"assay {assay.material}"
    shares = _formula_shares(active_material, where)
    chosen = _markers(assay, shares, markers, where)
    spread = {
        e: relative_tolerance * v.value if v.uncertainty is None else v.uncertainty
        for e, v in assay.values.items()
    }
    estimates = [
        (assay.values[e].value / shares[e], max(spread[e], 1e-9) / shares[e]) for e in chosen
    ]
    precision = math.fsum(1.0 / u**2 for _, u in estimates)
    share = Measured(
        math.fsum(x / u**2 for x, u in estimates) / precision, math.sqrt(1.0 / precision)
    )
    raise_findings(_disagreements(chosen, estimates, share.value, where))
    bound = {e: share.value * shares[e] for e in assay.values if e in shares}
    free = {e: v.value - bound.get(e, 0.0) for e, v in assay.values.items()}
    findings = []
    for element, held in bound.items():
        slack = COVERAGE * math.hypot(spread[element], (share.uncertainty or 0.0) * shares[element])
        if not free[element] >= -slack:
            expected = f"at least {held:.4f} {element} in {share.value:.4f} {active_material}"
            found, less = f"{assay.values[element].value:.4f}", f"{free[element]:+.4f}"
            findings.append(Finding("undecided", where, expected, found, difference=less))
    raise_findings(findings)
    free = {e: max(rest, 0.0) for e, rest in free.items()}
    return ActiveMaterial(active_material, share, chosen, bound, free)


def _markers(
    assay: Assay, shares: Mapping[str, float], markers: tuple[str, ...] | None, where: str
) -> tuple[str, ...]:
    """Marker elements that the formula has and the assay measured; at least one."""
    if not assay.by_element:
        found = ", ".join(assay.values)
        raise InputError([Finding("basis", where, "an assay by elements", found)])
    wanted = ("Ni", "Co", "Mn") if markers is None else markers
    chosen = tuple(e for e in wanted if e in shares and e in assay.values)
    if not chosen:
        hint = "measure one, or name elements that sit in nothing else as markers"
        raise InputError([Finding("undecided", where, "a marker element", "none measured", hint)])
    return chosen


def _formula_shares(active_material: str, where: str) -> dict[str, float]:
    item = components(active_material).items[0]
    if item.formula is None:
        found = f"{active_material} without formula"
        raise InputError([Finding("undecided", where, "a material with a formula", found)])
    return element_shares(item.formula)


def _disagreements(
    chosen: tuple[str, ...], estimates: list[tuple[float, float]], share: float, where: str
) -> list[Finding]:
    """Markers whose own estimate misses the common one by more than twice its uncertainty."""
    findings = []
    for element, (x, u) in zip(chosen, estimates, strict=True):
        if not abs(x - share) <= COVERAGE * u:
            findings.append(
                Finding(
                    "undecided",
                    where,
                    f"markers that agree on the share, about {share:.4f}",
                    f"{x:.4f} by {element}",
                    "another chemistry, or a mixture",
                    f"{x - share:+.4f}",
                )
            )
    return findings
