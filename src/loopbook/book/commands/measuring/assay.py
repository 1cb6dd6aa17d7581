"""A laboratory's result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import FINE, Draft
from loopbook.book.commands.fields import AssayedLot, Kg, Share, Shares, Substance
from loopbook.book.commands.measuring.between_owners import changes_by_owner
from loopbook.book.commands.results import (
    BELOW,
    Counted,
    Readings,
    Results,
    count,
    is_below,
    plain_shares,
    signs,
)
from loopbook.book.nouns import Account, Content, Measurement, add, apportion, mass, zero
from loopbook.tables import SHARE, Choice, MapOf

_STAGES = Choice[Draft](
    "provisional",
    "exchanged",
    "umpire",
    "final",
    synonyms={
        "preliminary": "provisional",
        "prelim": "provisional",
        "exchange": "exchanged",
        "referee": "umpire",
        "arbitration": "umpire",
        "settlement": "final",
        "definitive": "final",
    },
)


@dataclass(frozen=True, kw_only=True)
class Assay(Command):
    """A laboratory's result: the lot's content is re-stated, its mass is not.

    Each owner keeps its mass: what falls, falls in proportion to what each has of it; what rises,
    rises in proportion to what each gave up. The moment of an assay is that of its sample, not of
    its report.

    A dry assay needs `moisture`, kg water per kg as received, with its standard uncertainty if the
    result is to have one. What is not analysed keeps its proportions in the rest. Shares that sum
    to more than one are taken up to twice the standard uncertainty of their sum: ``other`` gives
    way, else all do in proportion.

    A result below or above the limit of the method is written as it is reported, ``<0.0001`` or
    ``>0.1``; one such as ND or trace names no limit and needs it in `limits`. The limit is kept and
    shown; where a number is needed, it counts by `below` and `above`, and its standard
    uncertainty is that of an even distribution. Replicates of one sample are a list: all are kept,
    their mean counts, with its standard error if no uncertainty is stated.
    """

    lot: Annotated[AssayedLot, "the lot assayed"]
    stage: Annotated[str, _STAGES, "of the assay exchange"]
    basis: Annotated[str, Choice("as received", "dry"), "what the shares are shares of"]
    shares: Annotated[Results, "contents, kg/kg of the basis"]
    uncertainty: Annotated[Shares, "standard uncertainty of each"] = field(default_factory=dict)
    moisture: Annotated[Share | None, "water, kg per kg as received"] = None
    moisture_uncertainty: Annotated[Share | None, "standard uncertainty of the moisture"] = None
    laboratory: Annotated[str, "by whom; its results for one substance share an error"] = ""
    method: Annotated[str, "how"] = ""
    sample: Annotated[str, "on which sample"] = ""
    limits: Annotated[
        Annotated[Mapping[str, Kg], MapOf(Substance(), SHARE)] | None,
        "limits of detection, kg/kg of the basis, for results such as ND",
    ] = None
    below: Annotated[
        Annotated[str, Choice(*BELOW)] | None,
        "what a result below a limit counts as; half of it if not given",
    ] = None
    above: Annotated[
        Annotated[str, Choice("limit")] | None, "what a result above a limit counts as"
    ] = None

    line = ("re-assay", "re-assay")
    example = {
        "lot": "S-1",
        "stage": "final",
        "basis": "dry",
        "shares": {"Ni": "0.231", "Co": "0.029"},
        "uncertainty": {"Ni": "0.002"},
        "moisture": "0.012",
        "laboratory": "Alex Stewart",
        "method": "ICP-OES",
    }
    added = ("limits", "below", "above")

    def __post_init__(self) -> None:
        """Keep the rule where there is a result below a limit, and only there."""
        some = any(map(is_below, self.shares.values()))
        if some or self.below in BELOW:
            vars(self)["below"] = (self.below or "half") if some else None
        super().__post_init__()

    @property
    def paper(self) -> tuple[str, ...]:
        """A stage of a laboratory's result for a sample of the lot."""
        group = self.laboratory and f"laboratory {self.laboratory}"
        return ("assay", self.sample, group, self.stage, self.lot) if self.sample else ()

    def check_analytes(
        self, draft: Draft, *, shares: Readings, uncertainty: dict[str, Decimal]
    ) -> None:
        """There are analytes, and each uncertainty is of one that is a number."""
        if not shares:
            draft.note("empty", "at least one analyte", "none", at="shares")
        for name in sorted(uncertainty.keys() - shares.keys()):
            draft.note(
                "unknown-name",
                "an analyte",
                name,
                at=f"uncertainty.{name}",
                sentence=f"{name} has an uncertainty and no share",
            )

    def check_censored(
        self,
        draft: Draft,
        *,
        shares: Readings,
        uncertainty: dict[str, Decimal],
        limits: Mapping[str, Decimal] | None,
        above: str | None,
    ) -> None:
        """Each limit is known, has a rule, and no uncertainty of its own."""
        if plain_shares(shares) is not None:
            return
        for name, directions in signs(shares).items():
            if any(one.share is None for one in shares[name]) and not (limits or {}).get(name):
                draft.note(
                    "censored",
                    "a limit of detection",
                    "none",
                    at=f"shares.{name}",
                    hint=f'give it as limits.{name}, such as "0.01 %" under [constants] of a '
                    f'mapping, "limits": {{"{name}": "0.0001"}} in a command; a substance that was '
                    "not analysed has no result at all",
                    sentence=f"the result of {name} gives no limit that it is below",
                )
            if ">" in directions and above is None:
                draft.note(
                    "censored",
                    "what it counts as",
                    "a limit",
                    at=f"shares.{name}",
                    hint='write above = "limit" if it is to count as its limit until another '
                    "method measures it",
                    sentence=f"the result of {name} gives only the limit that it is above",
                )
            if directions and name in uncertainty:
                draft.note(
                    "censored",
                    "no uncertainty",
                    f"{uncertainty[name]:f}",
                    at=f"uncertainty.{name}",
                    hint="leave out this uncertainty",
                    sentence=f"the result of {name} is a limit, whose uncertainty is a rule's",
                )

    def check_sum(
        self,
        draft: Draft,
        *,
        shares: Readings,
        uncertainty: dict[str, Decimal],
        limits: Mapping[str, Decimal] | None,
        below: str | None,
    ) -> None:
        """The shares sum to one, within twice the standard uncertainty of the sum."""
        plain = plain_shares(shares)
        if plain is not None and sum(plain.values(), Decimal(0)) <= 1:
            return
        counted = count(shares, limits or {}, below or "half")
        total = sum((one.share for one in counted.values()), Decimal(0))
        sigmas = {name: one.doubt for name, one in counted.items() if one.value[0] != ">"}
        sigmas |= uncertainty
        allowed = 2 * sum((sigma**2 for sigma in sigmas.values()), Decimal(0)).sqrt()
        if total - 1 > allowed:
            rest = total - (counted["other"].share if "other" in counted else 0)
            words = f", by more than twice its uncertainty {allowed / 2:.2g}" * bool(allowed)
            draft.note(
                "share",
                f"at most {1 + allowed:.6g} kg/kg",
                f"{total:f} kg/kg",
                at="shares",
                hint="leave out other, the rest" * ("other" in counted and rest <= 1),
                sentence=f"the shares sum to {total:f}, which is more than 1{words}",
            )

    def check_moisture(
        self,
        draft: Draft,
        *,
        basis: str,
        moisture: Decimal | None,
        moisture_uncertainty: Decimal | None = None,
        shares: Mapping[str, Decimal] = MappingProxyType({}),
    ) -> None:
        """The moisture is there where it is needed, and once."""
        if moisture is None and (basis == "dry" or moisture_uncertainty is not None):
            draft.missing("the moisture" + " of a dry assay" * (basis == "dry"), at="moisture")
        if moisture is not None and "H2O" in shares:
            draft.note("duplicate", "moisture or H2O", "both", at="moisture")
        if moisture is not None and "H2O" not in draft.view.substances:
            draft.note(
                "unknown-name",
                "a substance of the book",
                "H2O",
                at="moisture",
                hint="add the substance H2O to the book first",
            )

    def plan(
        self,
        draft: Draft,
        *,
        lot: str,
        basis: str,
        shares: Readings,
        uncertainty: dict[str, Decimal],
        moisture: Decimal | None,
        moisture_uncertainty: Decimal | None,
        limits: Mapping[str, Decimal] | None,
        below: str | None,
    ) -> None:
        """Measure each analyte; the difference to what the book had goes to ``reassay``."""
        dry = basis == "dry"
        counted = count(shares, limits or {}, below or "half")
        for name, one in counted.items():
            self._measure(draft, name, one, uncertainty.get(name), basis="dry" if dry else "")
        known = _closed({name: one.share for name, one in counted.items()})
        if moisture is not None:
            water = Counted(moisture, str(moisture), Decimal(0))
            self._measure(draft, "H2O", water, moisture_uncertainty)
            factor = 1 - moisture if dry else Decimal(1)
            known = {name: share * factor for name, share in known.items()} | {"H2O": moisture}
        self._restate(draft, draft.view.holdings(lot), known)

    def _measure(
        self, draft: Draft, name: str, result: Counted, sigma: Decimal | None, *, basis: str = ""
    ) -> None:
        """Add the result of a substance to the event, after its replicates."""
        group = self.laboratory and f"laboratory {self.laboratory}"
        known = (self.method, self.laboratory, self.sample, group)
        for number, reading in enumerate(result.readings, 1):
            stage = f"replicate {number}"
            draft.measurements.append(
                Measurement(self.lot, name, reading, "", *known, stage, basis)
            )
        doubt = sigma if sigma is not None or not result.doubt else result.doubt
        error = "" if doubt is None else f"{doubt:f}" if sigma is None else str(sigma)
        draft.measurements.append(
            Measurement(self.lot, name, result.value, error, *known, self.stage, basis)
        )

    def _restate(
        self, draft: Draft, holdings: Mapping[Account, Content], shares: dict[str, Decimal]
    ) -> None:
        """Re-state what the lot contains; what is not analysed shares the rest as it did before."""
        substances = draft.view.substances
        old = zero(len(substances))
        for content in holdings.values():
            old = add(old, content)
        left = 1 - sum(shares.values(), Decimal(0))
        weights = [0 if s in shares else mg for s, mg in zip(substances, old, strict=True)]
        if left < 0 or (left > 0 and "other" in shares and not any(weights)):
            draft.note("share", "analytes that sum to 1", f"{1 - left:.9f}", at="shares")
            return
        if not any(weights):
            weights[substances.index("other")] = 1
        exact = [int(shares.get(s, Decimal(0)) * FINE) for s in substances]
        *known, rest = apportion(mass(old), [*exact, int(left * FINE)])
        new = add(tuple(known), apportion(rest, weights))
        for account, change in changes_by_owner(holdings, new).items():
            draft.shift(Account("reassay", account.party, account.site), account, change)


def _closed(shares: dict[str, Decimal]) -> dict[str, Decimal]:
    """Shares that sum to one at most: ``other`` gives way, else all do in proportion.

    >>> _closed({"Ni": Decimal("0.343"), "other": Decimal("0.661")})
    {'Ni': Decimal('0.343'), 'other': Decimal('0.657')}
    """
    over = sum(shares.values(), Decimal(0)) - 1
    if over <= 0:
        return shares
    if shares.get("other", Decimal(0)) >= over:
        return shares | {"other": shares["other"] - over}
    return {name: share / (1 + over) for name, share in shares.items()}
