"""A run: lots in, lots out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.fields import (
    Amounts,
    FreeLot,
    KnownMaterial,
    KnownSite,
    MadeLot,
    Shares,
    SomeMass,
)
from loopbook.book.commands.moving.locating import LocationName, locate
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account, Content, add, apportion, is_zero, mass, negate, zero
from loopbook.tables import Choice, Value

_NOTHING: Mapping[str, int] = MappingProxyType({})
_GAIN = Decimal("0.005")  # share by which a run's measured outputs may outweigh its inputs


@dataclass(frozen=True)
class Output:
    """A lot that a run makes, as measured."""

    lot: Annotated[MadeLot, "name of the lot"]
    material: Annotated[KnownMaterial, "what it is"]
    mass_kg: Annotated[SomeMass, "its mass"]
    shares: Annotated[Shares, "contents, kg/kg; the rest is other"]
    location: Annotated[LocationName | None, "where inside the site it is"] = None

    def __post_init__(self) -> None:
        """Drop an empty location: commands without are stored as before there was one."""
        if not self.location:
            vars(self).pop("location", None)


@dataclass(frozen=True, kw_only=True)
class Process(Command):
    """A run: lots in, lots out as measured, emissions and waste; the difference is unaccounted.

    Outputs belong to the owners of the inputs in proportion to what each brought of each
    substance (`share_by` ``"substance"``), or of the mass (``"mass"``).
    """

    run: Annotated[str, "name of the run"]
    site: Annotated[KnownSite, "where"]
    inputs_kg: Annotated[Mapping[FreeLot, SomeMass | None], "mass of each lot; null for all of it"]
    outputs: Annotated[Sequence[Output], "the lots that it makes"]
    emissions_kg: Annotated[Amounts, "what left as gas or effluent"] = field(default_factory=dict)
    waste_kg: Annotated[Amounts, "what left as waste"] = field(default_factory=dict)
    share_by: Annotated[str, Choice("substance", "mass"), "how owners share the outputs"] = (
        "substance"
    )
    serials: Annotated[
        Mapping[str, Sequence[SerialText]] | None, "by new lot, all serials that it has"
    ] = None

    line = ("produced", "consumed")
    of_which = True
    example = {
        "run": "R-1",
        "site": "Works",
        "inputs_kg": {"S-1": 1000},
        "outputs": [
            {"lot": "M-1", "material": "black mass", "mass_kg": 970, "shares": {"Ni": "0.24"}}
        ],
        "emissions_kg": {"H2O": 20},
    }
    added = ("serials",)

    def check_outputs(
        self,
        draft: Draft,
        *,
        outputs: Sequence[Mapping[str, Value]],
        emissions_kg: Mapping[str, int],
        waste_kg: Mapping[str, int],
    ) -> None:
        """Something comes out."""
        if not (outputs or any(emissions_kg.values()) or any(waste_kg.values())):
            draft.note("empty", "an output, an emission or waste", "none", at="outputs")

    def check_locations(
        self, draft: Draft, *, site: str, outputs: Sequence[Mapping[str, Value]]
    ) -> None:
        """Each output is at a location of the site."""
        for number, output in enumerate(outputs, start=1):
            place = (site, output.get("location"))
            locate(draft, output["lot"], place, at=f"outputs.{number}.location")

    def check_serials(
        self,
        draft: Draft,
        *,
        outputs: Sequence[Mapping[str, Value]],
        serials: Mapping[str, Spans] | None,
    ) -> None:
        """Serials are of the outputs."""
        check_spans(draft, serials, {x["lot"]: None for x in outputs}, "an output of the run")

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """All that are in the lots that it made, whether they were made or went through."""
        for lot, serials in stored["serials"].items():
            yield "", lot, serials

    def plan(
        self,
        draft: Draft,
        *,
        site: str,
        inputs_kg: Mapping[str, int | None],
        outputs: Sequence[Mapping[str, Value]] = (),
        emissions_kg: Mapping[str, int] = _NOTHING,
        waste_kg: Mapping[str, int] = _NOTHING,
    ) -> None:
        """Inputs to measured outputs, emissions and waste; what is missing is ``unaccounted``."""
        before = len(draft)
        taken = draft.take_all(inputs_kg, site)
        made: list[tuple[Account, Content]] = []
        for output in outputs:
            draft.make(output["lot"], output["material"])
            content = draft.content(output["mass_kg"], output["shares"])
            made.append((Account("lot", "", self.site, output["lot"]), content))
        for kind, amounts in (("emission", emissions_kg), ("waste", waste_kg)):
            content = tuple([amounts.get(s, 0) for s in draft.view.substances])
            if not is_zero(content):
                made.append((Account(kind, "", self.site), content))
        entered = sum(mass(content) for content in taken.values())
        left = sum(mass(content) for _, content in made)
        if len(draft) == before and left > entered * (1 + _GAIN):
            draft.note(
                "heavier",
                f"at most {kg(entered)}",
                kg(left),
                at="outputs",
                hint="was a reagent lot used that is not named?",
                sentence=f"outputs weigh {kg(left)}, inputs {kg(entered)}",
                about="state",
            )
        if not draft.items:
            self._share_out(draft, taken, made)

    def _share_out(
        self,
        draft: Draft,
        taken: Mapping[Account, Content],
        made: Sequence[tuple[Account, Content]],
    ) -> None:
        """Give each owner its part of every output; what is missing of its own is unaccounted."""
        left: dict[str, Content] = {}
        nothing = zero(len(draft.view.substances))
        for account, content in taken.items():
            draft.put(account, negate(content))
            left[account.party] = add(left.get(account.party, nothing), content)
        owned = {owner: left[owner] for owner in sorted(left)}
        by_mass = [mass(content) for content in owned.values()]
        for target, content in made:
            columns = []
            for s, amount in enumerate(content):
                weights = [own[s] for own in owned.values()]
                weighed = weights if self.share_by == "substance" and any(weights) else by_mass
                columns.append(apportion(amount, weighed))
            for owner, own in zip(owned, zip(*columns, strict=True), strict=True):
                left[owner] = add(left[owner], negate(own))
                draft.put(Account(target.kind, owner, target.site, target.lot), own)
        for owner in owned:
            draft.put(Account("unaccounted", owner, self.site), left[owner])
