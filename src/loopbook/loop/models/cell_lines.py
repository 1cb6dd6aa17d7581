"""Cell lines: accepted cells by order, at most what the lines can; scrap by type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Annotated

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.goods.exchange import Facts, Goods, Now, Outcome, counted_in, in_force
from loopbook.loop.models.making import Maker, sum_of, within_capacity
from loopbook.loop.nouns.matter import Split
from loopbook.loop.nouns.numbers import Each
from loopbook.loop.time.calendar import month_number
from loopbook.loop.values.cells import PartOf
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Amount, Quantity
from loopbook.loop.values.refused import require_draws
from loopbook.matter import chemistries
from loopbook.tables import Array, Choice

SIDES = ("rejects", "rejects without electrolyte", "cathode", "anode", "electrodes")
"""Where scrap comes from: rejected cells, filled or dry, and the losses of the electrodes."""

PARTS = ("cathode coating", "cathode foil", "anode coating", "anode foil", "electrolyte")
"""Parts of a cell that are lost or left out by laws of their own."""

USUAL_PARTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("carbon black", "PVDF"), "cathode coating")
    | dict.fromkeys(("graphite", "anode binder", "CMC and SBR"), "anode coating")
    | {"aluminium": "cathode foil", "copper": "anode foil"}
    | dict.fromkeys(("LiPF6", "EC", "DMC", "EMC", "DEC", "VC"), "electrolyte")
)
"""Parts that components of the library are; active materials of the library are coating."""

LOSS = Measure("1", high=0.99, words="a share up to 99 %")
NONE = Quantity(number=0.0)


@cache
def _usual_parts() -> Mapping[str, str]:
    """Parts that components of the library are, active materials too."""
    return MappingProxyType({**dict.fromkeys(chemistries(), PARTS[0]), **USUAL_PARTS})


@dataclass(frozen=True, slots=True)
class _Month:
    """A line in a month: tonnes that it can make, and its shares of reject and loss."""

    can: Array
    reject: Array
    coating: Array
    foil: Array


@dataclass(frozen=True, kw_only=True)
class CellLines(Maker):
    """Makes the accepted cells that are ordered, at most what the lines can, and scrap.

    Of cells made the share `reject` is rejected: rejected are ``accepted * r / (1 - r)``. What
    goes into the cells made loses ``loss / (1 - loss)`` of itself on the way: coatings by one loss,
    foils by another (EverBatt 2023, BatPaC IO!B14:F20, source_id everbatt2023). `scrap` sends
    shares of the rejects and of the electrodes' losses to materials; the rest is `disposal`.
    Rejects without electrolyte are cells rejected before filling, as a share of the mass of all
    rejects. `part` is the part of a cell that a component is, where that is not known.

    Lines can make ``makes * availability * ramp``. Each month has its own shares of reject and
    loss; those of a step are means by what the lines can make. With `ages` = ``line``, each rise of
    `makes` above all before it is a line that starts then, and series by age (`ramp`, `reject`, the
    losses) count from its start: shares step up as each line starts. A fall of `makes` idles all
    lines alike.

    What goes in is needed by component and by element; what arrives counts in the same step, the
    rest is new material. `foil` counts the foil that is bought, by thickness, with what is lost of
    it: ``accepted energy * mass per energy * needed / in accepted cells``.

    Not covered: scrap of separator and electrolyte, and clean trim, which are sold separately.
    """

    model = "cell lines"
    wholes = MappingProxyType(
        {"rejects without electrolyte": ("rejects",), "electrodes": ("cathode", "anode")}
    )

    makes: Annotated[
        Mapping[
            Each, Annotated[Quantity, Measure("GWh/yr", "t/yr", usual={"GWh/yr": (0.02, 3000.0)})]
        ],
        "accepted cells that the lines can make",
    ]
    reject: Annotated[Quantity, LOSS, "rejected cells by all cells that are made"] = NONE
    active_material_loss: Annotated[Quantity, LOSS, "loss of what is coated, by what goes in"] = (
        NONE
    )
    foil_loss: Annotated[Quantity, LOSS, "loss of foils, by what goes in"] = NONE
    scrap: Annotated[
        Mapping[Each, Annotated[Amount, PartOf(*SIDES)]], "share of the scrap that is this material"
    ] = field(default_factory=dict)
    part: Annotated[
        Mapping[Each, Annotated[str, Choice(*PARTS)]], "part of the cell that this component is"
    ] = field(default_factory=dict)
    foil: Annotated[
        Mapping[Each, Annotated[Quantity, Measure("kg/kWh", usual={"kg/kWh": (0.02, 1.0)})]],
        "mass of this foil by energy of accepted cells",
    ] = field(default_factory=dict)
    ages: Annotated[str, Choice("site", "line"), "what series by age count from"] = "site"

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Cells and scrap."""
        return (*self.makes, *self.scrap)

    def prepare(self, facts: Facts) -> object:
        """Parts of cells, each as a column that is 1 for its components."""
        known = {**_usual_parts(), **self.part}
        return {
            part: np.array([[float(known.get(name) == part)] for name in facts.basis.names])
            for part in PARTS
        }

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """Accepted cells and scrap; all that goes in is new until something arrives."""
        months = {name: [*self._months(name, now)] for name in self.makes}
        can = {name: sum((x.can for x in rows), np.zeros(1)) for name, rows in months.items()}
        ordered = {name: np.minimum(orders.get(name, most), most) for name, most in can.items()}
        made = within_capacity(self, ordered, now)
        scrap: dict[str, Array] = {}
        disposal, counts = now.basis.zeros(), dict.fromkeys(self.foil, np.zeros(1))
        for name, tonnes in made.items():
            sides = self._sides(name, tonnes, months[name], now)
            rest = sides["rejects"] + sides["electrodes"]
            bought = now.basis.stream(name, tonnes)
            for material, amount in self.scrap.items():
                assert amount.upper is not None
                share = now.mean(amount.upper)
                stream = share * sides[amount.of]
                scrap[material], bought = scrap.get(material, 0.0) + stream, bought + stream
                for of in self.wholes.get(amount.of, (amount.of,)):
                    rest = rest - share * sides[of]
                whole = sides["rejects"].max(axis=0) + sides["electrodes"].max(axis=0)
                expected = "shares of scrap that sum to at most 100 % of each side"
                good = rest.min(axis=0) >= -1e-9 * whole
                require_draws(good, "sum", amount.upper.where, expected)
            rest = np.maximum(rest, 0.0)
            disposal = disposal + rest
            for foil, content in self._foils(name, tonnes, bought + rest, now):
                counts[foil] = counts[foil] + content
        streams = {name: now.basis.stream(name, tonnes) for name, tonnes in made.items()} | scrap
        drawn = sum_of(streams, now.basis) + disposal
        return Outcome(made=streams, disposal=disposal, drawn=drawn, counts=counts)

    def _sides(
        self, cells: str, tonnes: Array, months: Sequence[_Month], now: Now
    ) -> dict[str, Array]:
        """Streams of what is rejected and lost beside accepted cells, by where it comes from."""
        part = now.prepared
        assert isinstance(part, dict)
        cell, can = now.basis.stream(cells, np.ones(1)), sum((x.can for x in months), np.zeros(1))

        def of_accepted(shares: Iterable[Array]) -> Array:
            """Tonnes by those of cells made, as tonnes beside the accepted ones."""
            parts = (m.can * x / (1 - m.reject) for m, x in zip(months, shares, strict=True))
            return np.asarray(tonnes * sum(parts, np.zeros(1)) / np.where(can > 0, can, 1.0))

        rejects = cell * of_accepted(m.reject for m in months)
        coating = cell * of_accepted(m.coating / (1 - m.coating) for m in months)
        foil = cell * of_accepted(m.foil / (1 - m.foil) for m in months)
        dry = cell * (1.0 - part["electrolyte"])
        sides = {
            "rejects": rejects,
            "rejects without electrolyte": dry / dry.sum() * rejects.sum(axis=0),
            "cathode": part["cathode coating"] * coating + part["cathode foil"] * foil,
            "anode": part["anode coating"] * coating + part["anode foil"] * foil,
        }
        for side in ("cathode", "anode"):
            if not (cell * (part[f"{side} coating"] + part[f"{side} foil"])).any():
                self._check_side(side, cells)
        return {**sides, "electrodes": sides["cathode"] + sides["anode"]}

    def _check_side(self, side: str, cells: str) -> None:
        """Scrap of an electrode that no component of the cells is of is an error, never zero."""
        for material, amount in self.scrap.items():
            if amount.of in (side, "electrodes") and amount.upper is not None:
                raise InputError.of(
                    "missing",
                    amount.upper.where,
                    f"a component of {cells} that is of the {side}, for {material}",
                    "none",
                    hint=f"write a row {self.name},part,COMPONENT,{side} coating",
                )

    def _foils(
        self, cells: str, tonnes: Array, bought: Array, now: Now
    ) -> Iterator[tuple[str, Array]]:
        """Foils that are bought for accepted cells and scrap, in tonnes."""
        accepted = now.basis.stream(cells, tonnes)
        for foil, by_energy in self.foil.items():
            of = next(iter(now.basis.compositions.get(foil) or (foil,)))
            held, all_of_it = (now.basis.content(x, of) for x in (accepted, bought))
            if accepted.any() and not held.any():
                expected = f"a component of {cells} that {foil} consists of"
                raise InputError.of("missing", by_energy.where, expected, of)
            gwh = tonnes / now.basis.in_tonnes(cells, "GWh")
            ratio = all_of_it / np.where(held > 0, held, 1.0)
            yield foil, gwh * now.mean(by_energy, "t/GWh") * ratio

    def _months(self, cells: str, now: Now) -> Iterator[_Month]:
        """What each line does in each month in operation."""
        rate = self.makes[cells]
        unit = counted_in(rate.unit)
        tonnes = now.basis.in_tonnes(cells, unit)
        of_age = (self.ramp, self.reject, self.active_material_loss, self.foil_loss)
        for month, force in zip(now.step, in_force(now.days, now.step), strict=True):
            if force > 0:
                can = force * rate.in_month(month, f"{unit}/month") * tonnes
                can = can * self.availability.in_month(month, "1")
                for start, share in self._lines(rate, month, now):
                    ramp, *losses = (
                        (x if start is None else x.since_month(start)).in_month(month, "1")
                        for x in of_age
                    )
                    yield _Month(can * share * ramp, *losses)

    def _lines(self, rate: Quantity, month: int, now: Now) -> Iterator[tuple[int | None, Array]]:
        """Lines that there are in a month: when each started, and its share of all."""
        first = month_number(now.days[0]) if now.days[0] else now.calendar.first
        if self.ages == "site" or rate.series is None:
            yield (None if self.ages == "site" else first), np.ones(1)
            return
        highest, starts = np.zeros(1), list[tuple[int, Array]]()
        for start in range(first, month + 1):
            if rate.series.line.column(start, rate.since) is not None:
                rise = np.maximum(rate.in_month(start, rate.unit) - highest, 0.0)
                highest = highest + rise
                starts += [(start, rise)] if rise.any() else []
        yield from ((start, rise / np.where(highest > 0, highest, 1.0)) for start, rise in starts)
