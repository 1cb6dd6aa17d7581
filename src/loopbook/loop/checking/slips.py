"""Slips by a factor of a thousand, seen against the library's prices and against other rows."""

from loopbook.loop.checking.subject import Subject
from loopbook.loop.values.measure import factor_to
from loopbook.loop.values.quantity import Series
from loopbook.matter import Library, Number

_FAR = 30.0  # times the library's price
_FULLER = 50.0  # times a capacity
_METALS = {"Ni": "nickel", "Co": "cobalt", "Cu": "copper", "Al": "aluminium", "Mn": "manganese"}


def check_metal_prices(subject: Subject) -> None:
    """Warn of a series of prices far from the library's price of the metal or compound."""
    library = subject.findings.library
    for series in subject.loop.series.values():
        known = _price(series.name, library)
        factor = factor_to(series.unit, "USD/t")
        if known is None or factor is None or "USD" not in series.unit:
            continue
        usual = known.to("USD/t")
        numbers = [x for x in series.line.numbers if x]
        far = [x for x in numbers if not usual / _FAR <= x * factor <= usual * _FAR]
        if far:
            sentence = (
                f"{series.name} at {far[0]:,g} {series.unit}: {known.key} is {usual:,.0f} USD/t"
            )
            hint = _meant(far[0], series, factor, usual)
            subject.findings.about(series.where).warn("slip", sentence, hint=hint)


def _meant(number: float, series: Series, factor: float, usual: float) -> str:
    for unit in ("USD/kg", "USD/t"):
        scale = factor_to(unit, "USD/t") or 1.0
        if unit != series.unit and usual / _FAR <= number * scale <= usual * _FAR:
            return f"is its unit {unit}?"
    return ""


def _price(name: str, library: Library) -> Number | None:
    rows = library.series(_METALS.get(name, name), "price", "prices")
    return rows[-1] if rows else None


def check_capacities(subject: Subject) -> None:
    """Warn of a site to which a contract brings far more than it can take."""
    loop = subject.loop
    for row in loop.contracts:
        model, rate = loop.models.get(row.to), row.amount.upper
        capacity = model.capacity.get(row.material, model.capacity.get("")) if model else None
        if capacity is None or rate is None or row.amount.kind != "rate":
            continue
        factor = factor_to(rate.unit, capacity.unit)
        if factor is None or rate.series is not None or capacity.series is not None:
            continue
        if rate.number * factor > _FULLER * capacity.number > 0:
            sentence = (
                f"{row.contract} brings {rate.number:,g} {rate.unit} to {row.to}, whose capacity "
                f"is {capacity.number:,g} {capacity.unit}"
            )
            subject.findings.about(capacity.where).warn("slip", sentence)
