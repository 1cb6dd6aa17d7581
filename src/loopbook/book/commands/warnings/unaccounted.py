"""What runs have unaccounted against its limits, by mass and by metal."""

from collections.abc import Iterator, Sequence

from loopbook.book.commands.warnings.limits import Limits
from loopbook.book.nouns import Content, mass

EDGE = 1 + 1e-9  # a value at its limit passes, whatever floats do
_TRACE = 0.005  # of the mass of a run: less of a metal is not worth a word
_NO_METALS = frozenset(("C", "F", "P", "S", "N", "O", "H", "Cl", "H2O", "other"))


def outside(
    fed: Content, lost: Content, substances: Sequence[str], limits: Limits
) -> Iterator[tuple[str, int, int, float]]:
    """Name, missing and entered milligrams, and the limit, of what is over it.

    Parameters
    ----------
    fed, lost : what a run took, and what it has unaccounted.
    """
    whole, most = mass(fed), limits.most["unaccounted"]
    pairs = [("mass", mass(lost), whole, most["mass"])]
    for name, missing, entered in zip(substances, lost, fed, strict=True):
        both = entered > 0 and missing != entered and name not in _NO_METALS
        if both and abs(missing) > _TRACE * whole:
            pairs.append((name, missing, max(entered, entered - missing), most["metal"]))
    for name, missing, entered, limit in pairs:
        if not abs(missing) <= limit * entered * EDGE:
            yield name, missing, entered, limit


def percent(share: float) -> str:
    """A share as people read it.

    >>> percent(0.02), percent(0.0000412), percent(12.5)
    ('2 %', '0.00412 %', '1,250 %')
    """
    return f"{100 * share:,.3g} %" if abs(share) < 9.99 else f"{100 * share:,.0f} %"
