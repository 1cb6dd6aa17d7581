"""A route of the flowsheets as the process of a site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from loopbook.errors import BalanceError
from loopbook.flowsheet import ROUTES, Flowsheet, Route, RouteBase, RouteResult, RouteSetting
from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Outcome
from loopbook.matter import Library, Sourced, chemistries, components
from loopbook.tables import Array

_CLOSURE = 1e-9
_ROUNDING = 1e-15
_DISSOLVED = "(aq)"  # no product is dissolved in water


def route_components(name: str, library: Library) -> Iterable[str]:
    """Components that a route takes and makes, and the elements of its reagents."""
    route = ROUTES[name]
    names = (*chemistries(library), *route.parts, *route.made)
    dry = tuple(name for name in names if not name.endswith(_DISSOLVED))
    return dict.fromkeys((*dry, *components(*names).elements))


@dataclass(frozen=True, slots=True)
class Ran:
    """A route that was solved.

    Parameters
    ----------
    shares : of its feed, kg/kg, shape (component, draw).
    solved : the route.
    products, supplies : streams for a kg of feed.
    """

    shares: Array
    solved: RouteResult
    products: Mapping[str, Array]
    supplies: Array

    def is_of(self, shares: Array) -> bool:
        """Whether a feed has its shares, to what rounding leaves."""
        same = self.shares.shape == shares.shape
        return same and bool(np.abs(self.shares - shares).max() <= _ROUNDING)


@dataclass(frozen=True, slots=True)
class Running:
    """A route with its numbers; its feed is opened into the components that it knows.

    Parameters
    ----------
    route : of the flowsheets.
    setting : size, place and prices.
    library : its numbers.
    basis : components of all streams.
    opened : see `Basis.opened`.
    sheets : its flowsheets with what they are built on, by the components of their feed.
    """

    route: Route
    setting: RouteSetting
    library: Library
    basis: Basis
    opened: Array
    sheets: dict[tuple[str, ...], tuple[RouteBase, Flowsheet]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, setting: RouteSetting, library: Library, basis: Basis) -> "Running":
        """The route of a name."""
        known = (*chemistries(library), *ROUTES[name].parts)
        return cls(ROUTES[name], setting, library, basis, basis.opened(known))

    def run(self, feed: Array, before: object) -> Outcome:
        """What the route makes of a stream of tonnes, shape (component, draw).

        Products have their composition; one that is counted as an element is that element alone.
        Reagents are drawn and everything else is disposal, both by element. A feed of the shares of
        the step before is not solved again. Without feed the route that ran before stands for what
        the plant is.

        Parameters
        ----------
        before : state of the step before, or None.

        Raises
        ------
        InputError : the route cannot take a component of the feed, or has no number for it.
        BalanceError : an element does not close.
        """
        seen = self.opened @ feed
        tonnes = seen.sum(axis=0)
        if not tonnes.any():
            return Outcome(solved=before.solved if isinstance(before, Ran) else None, state=before)
        shares = np.where(tonnes > 0.0, seen, seen.sum(axis=1, keepdims=True))
        shares = shares / shares.sum(axis=0)
        ran = before if isinstance(before, Ran) and before.is_of(shares) else self._ran(shares)
        made = {name: x * tonnes for name, x in ran.products.items()}
        drawn = ran.supplies * tonnes
        rest = self.basis.matrix @ (seen + drawn - sum(made.values(), self.basis.zeros()))
        disposal = np.zeros((len(seen), rest.shape[1]))
        disposal[[self.basis.index[name] for name in self.basis.elements]] = rest
        return Outcome(made=made, disposal=disposal, drawn=drawn, solved=ran.solved, state=ran)

    def _ran(self, shares: Array) -> "Ran":
        composition = {n: shares[k] for n, k in self.basis.index.items() if shares[k].any()}
        names = tuple(composition)
        if names not in self.sheets:
            base = self.route.base(composition, self.setting, Sourced(self.library))
            self.sheets[names] = base, self.route.flowsheet(composition, base)
        base, sheet = self.sheets[names]
        flows = {f"{self.route.feed}.{n}": x * base.feed_kg_per_h for n, x in composition.items()}
        solved = self.route.priced(sheet.solve(flows), base)
        if not solved.solution.report.worst_closure <= _CLOSURE:
            worst = solved.solution.report.worst_closure
            raise BalanceError(f"{self.route.name} closes to {worst:.3g} only")
        whole = solved.solution.mass(self.route.feed)
        products = {name: x / whole for name, x in self._products(solved, base).items()}
        return Ran(shares, solved, products, self._supplies(solved) / whole)

    def _products(self, solved: RouteResult, base: RouteBase) -> dict[str, Array]:
        """Products as the flowsheet has them, kg/h."""
        products = {}
        for name, product in self.route.products(base).items():
            stream = np.zeros((len(self.basis.names), solved.solution.scenarios))
            if product.element:
                stream[self.basis.index[product.element]] = product.flow(solved.solution)
            else:
                flows = solved.solution.flow(product.stream)
                for part, flow in zip(solved.solution.components, flows, strict=True):
                    if flow.any():
                        stream[self.basis.index[part]] += flow
            products[name] = stream
        return products

    def _supplies(self, solved: RouteResult) -> Array:
        """Elements of reagents and of what is fed beside the feed, kg/h."""
        solution = solved.solution
        sheet = solution.plan.flowsheet
        streams = [x for place in sheet.placed.values() for x in place.supplies.values()]
        streams += [name for name in sheet.feeds if name != self.route.feed]
        none = np.zeros_like(solution.flow(self.route.feed))
        whole = sum((solution.flow(name) for name in streams), none)
        drawn = np.zeros((len(self.basis.names), solution.scenarios))
        elements = solution.plan.basis.element_matrix @ whole
        for element, flow in zip(solution.plan.basis.elements, elements, strict=True):
            if flow.any():
                drawn[self.basis.index[element]] += flow
        return drawn
