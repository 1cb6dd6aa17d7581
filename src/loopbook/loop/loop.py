"""A loop that was read and checked: its rows, and the questions that a walk asks of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from loopbook.errors import Finding
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.facts import Curve, Law, Parameter, Result, Work
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.numbers import ContractNumbers, MaterialNumbers, ModeNumbers, PartyNumbers
from loopbook.loop.nouns.page import KeyFigure, Message, Reading, Statement, Station
from loopbook.loop.nouns.people import Ownership, Party
from loopbook.loop.nouns.places import Lane, Site
from loopbook.loop.nouns.settings import Settings
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.time.calendar import Calendar, Span, months_in_force
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Quantity, Series
from loopbook.matter import Library

LawT = TypeVar("LawT", bound=Term)


class Known(Protocol):
    """Lists of the names that rows declare, also of those whose switch is off."""

    def of(self, roles: str) -> Collection[str]:
        """Names of one list, or of several with ``|`` between them."""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """The rows of a loop, all good, with switches and settings of one run applied.

    Parameters
    ----------
    name : of the folder or workbook.
    settings : of ``case.toml``.
    parties, sites, materials, series, works : rows by name.
    owners, lanes, contracts, terms, parameters, results, curves, laws : rows in the order of the
        files, each list cell opened to a row for each.
    statements, stations, figures, readings, messages : rows of page one, in order.
    quantities : numbers of all rows by the row's address, also of those whose switch is off.
    splits : rows of ``shares`` by process.
    models : site models with their parameters, by site.
    modes, goods, trades, companies : parameters of modes of freight, materials, contracts and
        parties, by name; of each there is one.
    names : lists of the names that rows declare.
    flowsheets : files of flowsheets beside the tables, by name.
    library : the data library that it was read with.
    draws : scenarios that its numbers have; see `sample`.
    warnings : what may be a slip; nothing is refused for it.
    unstated : flows of money, freight and carbon that no row states: listed, never zero.
    """

    name: str
    settings: Settings
    parties: Mapping[str, Party] = field(default_factory=dict)
    owners: tuple[Ownership, ...] = ()
    sites: Mapping[str, Site] = field(default_factory=dict)
    materials: Mapping[str, Material] = field(default_factory=dict)
    splits: Mapping[str, tuple[Split, ...]] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    models: Mapping[str, SiteModel] = field(default_factory=dict)
    modes: Mapping[str, ModeNumbers] = field(default_factory=dict)
    goods: Mapping[str, MaterialNumbers] = field(default_factory=dict)
    trades: Mapping[str, ContractNumbers] = field(default_factory=dict)
    companies: Mapping[str, PartyNumbers] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = ()
    contracts: tuple[Contract, ...] = ()
    terms: tuple[Term, ...] = ()
    results: tuple[Result, ...] = ()
    statements: tuple[Statement, ...] = ()
    stations: tuple[Station, ...] = ()
    curves: tuple[Curve, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
    readings: tuple[Reading, ...] = ()
    messages: tuple[Message, ...] = ()
    laws: tuple[Law, ...] = ()
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    names: Known | None = None
    flowsheets: Mapping[str, Path] = field(default_factory=dict)
    library: Library | None = None
    draws: int = 1
    works: Mapping[str, Work] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()
    unstated: tuple[Finding, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """Its periods and steps."""
        return self.settings.calendar

    # -- names

    def materials_of(self, name: str) -> tuple[str, ...]:
        """Materials that a name stands for: those of a group, else the name itself."""
        group = tuple(row.material for row in self.materials.values() if row.group == name)
        return group or (name,)

    def composition(self, material: str) -> dict[str, float]:
        """Mass shares of a material's components, kg/kg: its row's, else all of itself."""
        row = self.materials.get(material)
        return (row.parts() if row else {}) or {material: 1.0}

    def party_of(self, site: str) -> str:
        """The party that runs a site; the outside's is the outside."""
        return OUTSIDE if site == OUTSIDE else self.sites[site].party

    def seller(self, contract: Contract) -> str:
        """Who sells: the party named, else that of the site that delivers."""
        return contract.seller or self.party_of(contract.from_)

    def buyer(self, contract: Contract) -> str:
        """Who buys: the party named, else that of the site that receives."""
        return contract.buyer or self.party_of(contract.to)

    def lane(self, start: str, end: str, material: str) -> Lane | None:
        """The lane of a material between two sites: its own, else that of all; None without."""
        rows = {lane.material: lane for lane in self.lanes if (lane.from_, lane.to) == (start, end)}
        groups = (row.group for row in self.materials.values() if row.material == material)
        return next((rows[key] for key in (material, *groups, "") if key in rows), None)

    # -- time

    def months_open(self, row: Site | Contract | Term, span: Span) -> float:
        """Months of a span in which a site, a contract or a term holds.

        A contract holds while both of its sites are open too; a broken month counts by days.
        """
        return months_in_force(*self.days(row), span)

    def days(self, row: Site | Contract | Term) -> tuple[date | None, date | None]:
        """First and last day on which it holds; None without such an end."""
        rows: list[Site | Contract | Term] = [row]
        if isinstance(row, Contract):
            rows += [self.sites[name] for name in (row.from_, row.to) if name in self.sites]
        starts = [one.starts for one in rows if one.starts is not None]
        ends = [one.ends for one in rows if one.ends is not None]
        return max(starts, default=None), min(ends, default=None)

    # -- terms and shares

    def terms_on(self, name: str, term: str = "") -> tuple[Term, ...]:
        """Terms on a contract, site or party; of one law if it is named."""
        return tuple(row for row in self.terms if row.on == name and term in ("", row.term))

    def laws_on(self, name: str, law: type[LawT]) -> tuple[LawT, ...]:
        """Terms on a contract, site or party that are of a law, or of laws of one form."""
        return tuple(row for row in self.terms if row.on == name and isinstance(row, law))

    def owners_of(self, company: str, day: date) -> dict[str, Quantity]:
        """Shares of a company on a day, by owner: of each the last row that has started."""
        rows = [row for row in self.owners if row.company == company]
        rows.sort(key=lambda row: row.starts or date.min)
        return {row.owner: row.share for row in rows if (row.starts or date.min) <= day}
