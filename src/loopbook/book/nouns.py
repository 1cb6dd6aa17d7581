"""The vocabulary of the book: substances, accounts, legs, lots, measurements, events, periods.

Read this module from top to bottom and you know what a book holds. All records are frozen.

* **Content** is what an account holds or what moves on a leg: whole milligrams of each substance
  that the book has declared, in its order. Its mass is their sum, so a leg always adds up.
* An **account** is a party that owns (title), a site that holds (custody) and a lot; or a
  *boundary*, where matter enters, leaves or is missing.
* A **leg** puts content on an account. An **event** is legs that sum to zero in every substance,
  with who, when and why. Events are never changed; a mistake is answered by a reversing event.
* A **lot** is matter with one history. Splits, blends and runs make new lots.
* A **measurement** is what a scale or a laboratory reported, with its uncertainty.
* A **period** is a stretch of time that can be closed.
"""

from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple, TypeAlias, TypeVar

K = TypeVar("K", bound=Hashable)
LAST = 2**63
"""A number after those of all events."""
Content: TypeAlias = tuple[int, ...]
"""Milligrams per substance, in the order of the book's substances."""

SUBSTANCES = ("Li", "Ni", "Co", "Mn", "Al", "Cu", "Fe", "C", "F", "P", "H2O", "other")
"""Substances of a new book; what is none of these is in ``other`` until a command adds it."""

BOUNDARIES = {
    "supplier": "matter that came from outside",
    "customer": "matter that went to a customer outside the book",
    "emission": "matter that left as gas or effluent",
    "waste": "matter that left as waste",
    "unaccounted": "measured in minus measured out: of a run, a transport",
    "reassay": "content re-stated by a newer weighing or assay",
    "stock-take": "what a stock-take found more or less",
}
"""Kinds of boundary accounts. They may go below zero; accounts of lots may not."""


WEIGHTS = ("mass", "gross", "tare")
"""Quantities that scales measure; all others are substances."""


class Account(NamedTuple):
    """A place that holds content.

    Parameters
    ----------
    kind : ``"lot"`` or one of `BOUNDARIES`.
    party : who has title; for a supplier or customer, who that is; else empty.
    site : who has custody: a site of the book, or ``in transit NUMBER`` on the road.
    lot : the lot; empty for a boundary.
    """

    kind: str
    party: str = ""
    site: str = ""
    lot: str = ""

    def __str__(self) -> str:
        """Readable form, the same in every event's bytes."""
        return "/".join((self.kind, self.party, self.site, self.lot))


class Leg(NamedTuple):
    """Content put on an account; negative where it is taken away."""

    account: Account
    content: Content


class Entry(NamedTuple):
    """Content put on an account at a date, by an event; its number and key."""

    at: int
    number: int
    key: str
    account: Account
    content: Content


class Assayed(NamedTuple):
    """A result of a substance of a lot: its date, the key of its event, and its stage."""

    at: int
    key: str
    substance: str
    stage: str


@dataclass(frozen=True, slots=True)
class Party:
    """A company that can own matter: supplier, recycler, refiner, cell maker."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place that can hold matter, with the most it may hold of each hazard class, in mg."""

    id: str
    name: str
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Location:
    """A place inside a site: a bay, a tank, a shelf. Its id is the site's and its name."""

    id: str
    site: str
    name: str


@dataclass(frozen=True, slots=True)
class Material:
    """A kind of matter and its hazard class: ``formed cells``, ``black mass`` or empty."""

    id: str
    name: str
    hazard: str = ""


class Tare(NamedTuple):
    """The mass of a vehicle without load from a date on, mg; the event that states it."""

    at: int
    number: int
    mg: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A lorry, wagon or container, with the tares that were stated of it."""

    id: str
    name: str
    tares: tuple[Tare, ...]

    def tare_mg(self, moment: int) -> int | None:
        """Its stored tare at a moment, mg; None if there is none.

        >>> lorry = Vehicle("T-7", "T-7", (Tare(0, 1, 18_000), Tare(9, 2, 18_400)))
        >>> lorry.tare_mg(8), lorry.tare_mg(9), lorry.as_before(2).tare_mg(9), lorry.tare_mg(-1)
        (18000, 18400, 18000, None)
        """
        known = [tare for tare in self.tares if tare.at <= moment]
        return max(known).mg if known else None

    def as_before(self, number: int) -> "Vehicle":
        """The vehicle as it was before the event of a number was recorded."""
        return replace(self, tares=tuple(tare for tare in self.tares if tare.number < number))


@dataclass(frozen=True, slots=True)
class Lot:
    """Matter with one history: its name, its material, and when it was made.

    `made_at` is in microseconds since 1970 UTC; in the event that makes a lot it is 0, since that
    event has its own date. `again` is how often it was made before under this name, by events that
    were reversed.
    """

    id: str
    material: str
    made_at: int = 0
    again: int = 0


class Measurement(NamedTuple):
    """A weight or a laboratory's result for a lot.

    Each field is a column of the table of measurements, of exports and of listings, and an entry of
    the event's canonical bytes; all of them read this list. A new field comes last and is text that
    may be empty, so that the bytes of older events stay.

    Weights (``mass``, ``gross``, ``tare``) are in mg, substances are shares in kg/kg. A dry share
    is of what is left without water; the moisture of a dry assay is a measurement beside it,
    ``H2O``.
    """

    lot: Annotated[str, "of which lot"]
    quantity: Annotated[str, "mass, gross, tare, or a substance"]
    value: Annotated[str, "as reported, so that no digit is lost"]
    uncertainty: Annotated[str, "one standard uncertainty, or empty"] = ""
    method: Annotated[str, "how"] = ""
    laboratory: Annotated[str, "by whom"] = ""
    sample: Annotated[str, "on which sample or ticket"] = ""
    group: Annotated[str, "measurements that share an error: one scale, one laboratory"] = ""
    stage: Annotated[str, "provisional, exchanged, umpire, final, ..."] = ""
    basis: Annotated[str, "dry; empty for weights, and for shares as received"] = ""

    @property
    def unit(self) -> Annotated[str, "of value and uncertainty"]:
        """Unit of value and uncertainty."""
        return "mg" if self.quantity in WEIGHTS else "kg/kg"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: `start` is in it, `end` is not; in microseconds since 1970 UTC."""

    id: str
    start: int
    end: int
    closed: bool = False


class CameIn(NamedTuple):
    """A lot that came from a supplier: the event's key, mg, mg without a ticket and an assay."""

    lot: str
    key: str
    mg: int
    unweighed: int
    unassayed: int


class RunLoss(NamedTuple):
    """The key of a run's event, what the run took and what it has unaccounted."""

    key: str
    fed: Content
    lost: Content


class OnRoad(NamedTuple):
    """A lot that has not arrived: its road, mg, and since when."""

    road: str
    lot: str
    mg: int
    since: int


@dataclass(frozen=True, slots=True)
class Month:
    """What was posted into a period, and what is open at its end.

    Parameters
    ----------
    came_in, runs, roads : lots from suppliers, runs that were posted or amended, lots that are on
        the road at the end.
    negative : lots with less than nothing of a substance.
    accepted : key and stored command of the events whose warnings were accepted.
    limits : key, lot, substance and value of results that are limits, such as ``<0.01``.
    late : keys of the events that are dated before the period, or that amended others.
    """

    came_in: tuple[CameIn, ...] = ()
    runs: tuple[RunLoss, ...] = ()
    roads: tuple[OnRoad, ...] = ()
    negative: tuple[str, ...] = ()
    accepted: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, str, str, str], ...] = ()
    late: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: legs that sum to zero, with who, when and why.

    Parameters
    ----------
    key : idempotency key; the same key is the same event, however often it is sent.
    kind : the command's name.
    actor, document : who reports it, and on which paper.
    occurred_at, recorded_at : when it happened and when the book learned of it, microseconds
        since 1970 UTC.
    command : canonical JSON of the command, as it was given.
    legs, lots, measurements : what it moves, makes and knows.
    nouns : records registered by it, by kind and id, as canonical JSON.
    reverses : key of the event that it reverses, or empty.
    amends : key of the event whose legs it amends because of a fact that was reported late, or
        empty.
    posted_at : the date that decides its period, microseconds since 1970 UTC, where it is not
        `occurred_at`, which is in a closed period or before one.
    corrects : key of the event in whose place it is, at the same date; that one is reversed by the
        next event. Empty for others.
    planner : version of the rules that made its legs; 0 before there was one.
    """

    key: str
    kind: str
    actor: str
    document: str
    occurred_at: int
    recorded_at: int
    command: str
    legs: Sequence[Leg] = ()
    lots: Sequence[Lot] = ()
    measurements: Sequence[Measurement] = ()
    nouns: Sequence[tuple[str, str, str]] = ()
    reverses: str = ""
    amends: str = ""
    posted_at: int | None = None
    planner: int = 0
    corrects: str = ""

    @property
    def states(self) -> bool:
        """Whether it states a noun; what a clock showed is none, nor where a lot is."""
        return any(kind not in ("clock", "located") for kind, *_ in self.nouns)


def mass(content: Content) -> int:
    """Mass in mg.

    >>> mass((2, 3, 0))
    5
    """
    return sum(content)


def zero(count: int) -> Content:
    """Nothing of each of `count` substances."""
    return (0,) * count


def is_zero(content: Content) -> bool:
    """Whether there is nothing in it.

    >>> is_zero((0, 0))
    True
    """
    return not any(content)


def add(a: Content, b: Content) -> Content:
    """Sum, substance by substance.

    >>> add((1, 2), (3, -2))
    (4, 0)
    """
    return tuple([x + y for x, y in zip(a, b, strict=True)])


def add_to(sums: MutableMapping[K, Content], key: K, content: Content) -> None:
    """Add a content to the one of a key.

    >>> sums = {"L-1": (1, 2)}
    >>> add_to(sums, "L-1", (3, -2))
    >>> sums
    {'L-1': (4, 0)}
    """
    old = sums.get(key)
    sums[key] = content if old is None else add(old, content)


def negate(content: Content) -> Content:
    """The same, taken away.

    >>> negate((1, -2))
    (-1, 2)
    """
    return tuple([-x for x in content])


def part(content: Content, taken: int) -> Content:
    """The part of a well-mixed content that has a given mass, in whole milligrams.

    Substances are cut in proportion; what rounding leaves goes to the largest remainders, so that
    the part has exactly the mass asked for and never more of a substance than there is.

    Parameters
    ----------
    content : what there is, no substance below zero.
    taken : mass of the part, mg, from 0 to the mass of the content.

    >>> part((10, 20, 0), 15)
    (5, 10, 0)
    >>> part((1, 1, 1), 2)
    (1, 1, 0)
    """
    whole = sum(content)
    if not 0 <= taken <= whole:
        raise ValueError(f"a part of {taken} mg of {whole} mg")
    return content if taken == whole else apportion(taken, content)


def apportion(amount: int, weights: Sequence[int]) -> Content:
    """Split an amount by weights in whole numbers, the largest remainders first.

    >>> apportion(7, [1, 1, 2])
    (2, 2, 3)
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError(f"{amount} mg cannot be split by weights that sum to {whole}")
    if len(weights) == 2:  # one remainder is what the other lacks
        first, rest = divmod(weights[0] * amount, whole)
        first += 2 * rest >= whole
        return first, amount - first
    exact = [w * amount for w in weights]
    floors = [x // whole for x in exact]
    short = amount - sum(floors)
    if short == 1:
        rests = [x % whole for x in exact]
        floors[rests.index(max(rests))] += 1
    elif short:
        order = sorted(range(len(exact)), key=lambda i: (-(exact[i] % whole), i))
        for i in order[:short]:
            floors[i] += 1
    return tuple(floors)
