"""What a walk gives: flows by contract row, and what each site did, in all steps.

Arrays have the step first: of a stream (step, component, draw), of an amount (step, draw), all in
tonnes. The last axis is 1 where there is one scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from loopbook.errors import Finding, require_known
from loopbook.flowsheet import RouteResult
from loopbook.loop.goods.basis import Basis
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.time.calendar import Step
from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class Flow:
    """What a contract row moved in all steps.

    Parameters
    ----------
    row : the row of ``contracts``; its name, ends, terms and place are there.
    seller, buyer : parties.
    asked : what it asked for, (step, draw).
    taken : what it got, (step, draw): the sum of `materials`.
    short_by_seller, short_by_buyer : what is missing of it, (step, draw): by the seller what the
        buyer still had room for, by the buyer the rest; of ``200..300 t/month`` what is missing of
        the lower. Nothing is short of an `offer`.
    materials : streams by material as they leave, (step, component, draw). Of a contract on an
        element, its content alone.
    arrived : the same when they arrive: in the step in which the lane's lead ends. What is still
        on its way after the last step has the index after it: (step + 1, component, draw).
    on_way : what is on its way before the first step, by material, (component, draw).
    owner : the party whose the goods are when they arrive: the buyer, or the seller where title
        stays.
    """

    row: Contract
    seller: str
    buyer: str
    asked: Array
    taken: Array
    short_by_seller: Array
    short_by_buyer: Array
    materials: Mapping[str, Array]
    arrived: Mapping[str, Array]
    on_way: Mapping[str, Array]
    owner: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What a site did in all steps.

    Elements close in each step: ``waited before + held before + arrived + drawn = left with
    contracts + disposal + absorbed + waits after + held after``.

    Parameters
    ----------
    site : its name.
    months : in operation, (step,).
    opening : all that is there before the first step, (component, draw).
    feed : what its model worked on, by material, (step, component, draw); of a model that is not
        `by_arrival` what arrived.
    made : what it made, by material. What it makes to order is what contracts took.
    disposal : what went nowhere.
    drawn : what came in without a contract; see `Outcome`.
    absorbed, held : see `Outcome`.
    waiting : what waits after the step, made or arrived, by material.
    needs : what its model needed, by material, component or element, (step, draw).
    lacking : what no contract brought of it, (step, draw).
    counts : see `Outcome`, (step, draw).
    solved : the route that ran in each step, or None; see `Outcome`.
    """

    site: str
    months: Array
    opening: Array
    feed: Mapping[str, Array]
    made: Mapping[str, Array]
    disposal: Array
    drawn: Array
    absorbed: Array
    held: Array
    waiting: Mapping[str, Array]
    needs: Mapping[str, Array]
    lacking: Mapping[str, Array]
    counts: Mapping[str, Array]
    solved: tuple[RouteResult | None, ...] = ()

    def quantity(self, of: str, basis: Basis) -> Array:
        """What `of` of a cost or burden names, in t or in its unit, (step, draw).

        ``feed``, ``made``, ``disposal``, a material that it makes, or else works on, a component or
        element of its feed, or a name of its model's counts; empty for months in operation.
        """
        if not of:
            return self.months[:, None]
        if of in self.counts:
            return self.counts[of]
        whole = {"feed": self.feed, "made": self.made}
        if of in whole:
            return np.asarray(sum((x.sum(axis=1) for x in whole[of].values()), np.zeros((1, 1))))
        if of == "disposal":
            return np.asarray(self.disposal.sum(axis=1))
        if of in self.made or of in self.feed:  # what is held is both: it counts once
            return np.asarray((self.made if of in self.made else self.feed)[of].sum(axis=1))
        return sum((basis.content(x, of) for x in self.feed.values()), np.zeros((1, 1)))


@dataclass(frozen=True)
class Walk:
    """A loop that was walked.

    Parameters
    ----------
    loop : what was walked.
    basis : components of all streams.
    flows : a flow for each row of ``contracts``, in their order.
    sites : what each site did, by name.
    findings : goods that wait beyond their store, and what may be a slip.
    owed : tonnes that are due under a term of return and not returned, by contract and element,
        after each step, (step, draw).
    """

    loop: Loop
    basis: Basis
    flows: tuple[Flow, ...]
    sites: Mapping[str, Operation]
    findings: tuple[Finding, ...] = ()
    owed: Mapping[tuple[str, str], Array] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Steps in order: the first axis of all arrays."""
        return self.loop.calendar.steps

    def of(self, contract: str) -> tuple[Flow, ...]:
        """Flows of a contract, one for each of its rows."""
        names = {flow.row.contract for flow in self.flows}
        require_known("a contract", contract, names, where="of")
        return tuple(flow for flow in self.flows if flow.row.contract == contract)

    def content(self, stream: Array, of: str) -> Array:
        """Tonnes of an element or component in a stream: (step, draw)."""
        return self.basis.content(stream, of)
