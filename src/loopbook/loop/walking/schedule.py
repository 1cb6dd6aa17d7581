"""In which order sites run and contracts are met within a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from loopbook.errors import InputError
from loopbook.loop.models.model import SiteModel
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.network import Leg


@dataclass(frozen=True, slots=True)
class Schedule:
    """The order within a step, the same in all steps.

    Parameters
    ----------
    buyers_first : sites in the order in which they are asked what they need.
    turns : in order, the name of a site that runs, or legs of one rank that are met together.
    later : numbers of legs that close a cycle: what would arrive in the step of its departure
        arrives in the next.
    """

    buyers_first: tuple[str, ...]
    turns: tuple[str | tuple[Leg, ...], ...]
    later: frozenset[int]


def scheduled(models: Mapping[str, SiteModel], legs: Sequence[Leg]) -> Schedule:
    """The order of sites and contracts.

    A site that makes of what arrives runs after all that it receives in the step; the others run
    first. A contract is met after its source has run, and after those of lower numbers of priority
    at the same source or the same receiver; what the outside sells as needed comes last, and what
    meets a metal account as soon as its site has run. Where
    ranks of receivers and the order of sites exclude each other, the order of sites counts.

    Raises
    ------
    InputError : a cycle that no lead opens.
    """
    turns = _Turns(models, legs)
    while turns.todo:
        if not turns.advance():
            turns.open_cycle()
    return Schedule(_buyers_first(models, legs), tuple(turns.done), frozenset(turns.later))


class _Turns:
    """What is done and what is left while the order is found."""

    def __init__(self, models: Mapping[str, SiteModel], legs: Sequence[Leg]) -> None:
        self.driven = {name for name, model in models.items() if model.by_arrival}
        self.todo: list[str | Leg] = [*(n for n in models if n in self.driven), *legs]
        self.done: list[str | tuple[Leg, ...]] = [n for n in models if n not in self.driven]
        self.ran = {*self.done, OUTSIDE}
        self.later: set[int] = set()

    def advance(self) -> bool:
        """Do what can be done next: a site, else legs of the lowest rank; whether there was any."""
        for name in self.todo:
            if isinstance(name, str) and not self._missing(name):
                self._do([name])
                bring = [x for x in self._waiting() if x.for_account and x.row.to == name]
                bring = sorted((x for x in bring if x.row.from_ in self.ran), key=rank)
                for _, equals in groupby(bring, rank):
                    self._do([*equals])
                return True
        legs = [leg for leg in self._waiting() if leg.row.from_ in self.ran]
        for same_receiver in (True, False):
            ready = [leg for leg in legs if not self._is_behind(leg, same_receiver)]
            if ready:
                first = min(map(rank, ready))
                self._do([leg for leg in ready if rank(leg) == first])
                return True
        return False

    def open_cycle(self) -> None:
        """Let a site run before what reaches it after a lead."""
        for name in self.todo:
            if isinstance(name, str):
                missing = self._missing(name)
                if all(leg.has_lead for leg in missing):
                    self.later |= {leg.number for leg in missing}
                    self._do([name])
                    return
        rows = [leg.row for leg in self._waiting()]
        way = "; ".join(f"{row.from_} -> {row.to}" for row in rows)
        raise InputError.of(
            "cycle", rows[0].where, "a lead on one of the lanes of a cycle", f"none on {way}"
        )

    def _do(self, items: Sequence[str | Leg]) -> None:
        for item in items:
            self.todo.remove(item)
        names = [item for item in items if isinstance(item, str)]
        legs = tuple(item for item in items if isinstance(item, Leg))
        self.ran.update(names)
        self.done += [*names, legs] if legs else names

    def _waiting(self) -> list[Leg]:
        return [leg for leg in self.todo if isinstance(leg, Leg)]

    def _missing(self, site: str) -> list[Leg]:
        """Legs that must be met before a site runs."""
        return [x for x in self._waiting() if x.row.to == site and not x.for_account]

    def _is_behind(self, leg: Leg, same_receiver: bool) -> bool:
        """Whether another goes first: one of a lower rank at its source or receiver, or one of
        its rank whose source has not run yet.
        """
        for other in self._waiting():
            if other.row.to == leg.row.to != OUTSIDE and same_receiver:
                behind = rank(other) < rank(leg)
                if behind or (rank(other) == rank(leg) and other.row.from_ not in self.ran):
                    return True
            if other.row.from_ == leg.row.from_ != OUTSIDE and rank(other) < rank(leg):
                return True
        return False


def rank(leg: Leg) -> tuple[bool, int]:
    """What goes first: the priority; what the outside sells as needed is last."""
    return leg.row.from_ == OUTSIDE and leg.row.amount.kind == "needed", leg.row.priority


def _buyers_first(models: Mapping[str, SiteModel], legs: Sequence[Leg]) -> tuple[str, ...]:
    """Sites, each after those whose needs are orders to it; a circle is cut where it closes."""
    buyers: dict[str, list[str]] = {name: [] for name in models}
    for leg in legs:
        if leg.row.from_ != OUTSIDE != leg.row.to and leg.row.amount.kind in ("needed", "rate"):
            buyers[leg.row.from_].append(leg.row.to)
    order: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in order or name in path:
            return
        for buyer in buyers[name]:
            visit(buyer, (*path, name))
        order[name] = None

    for name in models:
        visit(name, ())
    return tuple(order)
