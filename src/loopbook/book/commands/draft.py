"""Help for planners: checked values from commands, and legs collected until they balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from loopbook.book.commands.records import Command, Kg
from loopbook.book.commands.view import View
from loopbook.book.nouns import (
    Account,
    Content,
    Leg,
    Lot,
    Material,
    Measurement,
    add,
    apportion,
    is_zero,
    mass,
    negate,
    part,
    zero,
)
from loopbook.errors import Finding, nearest_hint

_MG = Decimal(1_000_000)
_MOST_KG = 10**9  # a million tonnes; sums of many still fit 64 bits of milligrams
_LONGEST = 40  # characters of a substance's name, which becomes a column's
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC; a moment without time zone is a ValueError.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    gap = moment - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def bad_substance(name: str, known: Iterable[str]) -> str:
    """What is wrong with the name of a new substance; empty if nothing is.

    Databases do not tell upper from lower case in a column's name, so neither do we.

    >>> bad_substance("Zn", ["Li", "Ni"]), bad_substance("NI", ["Li", "Ni"])
    ('', 'NI, there is Ni')
    """
    if not (name.isascii() and name.isidentifier() and len(name) <= _LONGEST):
        return repr(name)
    same = [other for other in known if other.lower() == name.lower()]
    return f"{name}, there is {same[0]}" if same else ""


def moment_at(microseconds: int, zone: tzinfo | None = UTC) -> str:
    """A moment as ISO 8601 text in a time zone.

    >>> moment_at(1_000_000)
    '1970-01-01T00:00:01+00:00'
    """
    return (_EPOCH + timedelta(microseconds=microseconds)).astimezone(zone).isoformat()


@dataclass(frozen=True, slots=True)
class CommandFinding(Finding):
    """A finding about a command.

    Parameters
    ----------
    field : of the command, such as ``shares.Ni``; empty if it is about the whole command.
    about : ``state`` if the command would be right in another state of the book, ``lot`` if it
        names a lot that is not there, empty if what is written is wrong by itself.
    """

    field: str = ""
    about: str = ""


@dataclass(slots=True)
class Draft:
    """An event in the making.

    The checks record findings and give a usable value, so that one command shows all that is
    wrong with it; `plan` raises them together.
    """

    view: View
    command: Command
    occurred_at: int = 0
    legs: dict[Account, Content] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    nouns: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(
        self, code: str, expected: str, found: str, *, at: str = "", hint: str = "", about: str = ""
    ) -> None:
        """Record an error of the command, at one of its fields; see `CommandFinding`."""
        where = f"{type(self.command).__name__} {self.command.key}".strip()
        place = f"{where}, {at}" if at else where
        self.findings.append(
            CommandFinding(code, place, expected, found, hint, field=at, about=about)
        )

    # -- checked values

    def mg(self, value: Kg, at: str) -> int:
        """Whole milligrams from kg; refuses NaN, negative masses and text that is no number."""
        number = self._decimal(value, at, "a mass in kg")
        if number < 0:
            self.note("negative", "a mass >= 0 kg", f"{number} kg", at=at)
            return 0
        if number > _MOST_KG:
            hint = "masses are in kg"
            self.note("range", f"at most {_MOST_KG:,} kg", f"{number:g} kg", at=at, hint=hint)
            return 0
        return int((number * _MG).to_integral_value())

    def some_mg(self, value: Kg, at: str) -> int:
        """Whole milligrams from kg, at least one."""
        before = len(self.findings)
        amount = self.mg(value, at)
        if amount == 0 and len(self.findings) == before:
            self.note("empty", "a mass above zero", f"{value} kg", at=at)
        return amount

    def share(self, value: Kg, at: str) -> Decimal:
        """A share in 0..1."""
        number = self._decimal(value, at, "a share 0..1")
        if not 0 <= number <= 1:
            hint = "shares are fractions of one, not percent" if number > 1 else ""
            self.note("share", "0..1 kg/kg", str(number), at=at, hint=hint)
            return Decimal(0)
        return number

    def _decimal(self, value: Kg, at: str, expected: str) -> Decimal:
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            hint = "write a decimal point" if "," in str(value) else ""
            self.note("not-a-number", expected, repr(value), at=at, hint=hint)
            return Decimal(0)
        if not number.is_finite():
            self.note("not-finite", expected, str(value), at=at)
            return Decimal(0)
        return number

    def shares(self, given: Mapping[str, Kg], at: str) -> dict[str, Decimal]:
        """Shares by substance; unknown substances and a sum above one are findings."""
        known = {}
        for name, value in given.items():
            if name not in self.view.substances:
                hint = nearest_hint(name, self.view.substances)
                self.note("unknown-name", "a substance of the book", name, at=at, hint=hint)
            else:
                known[name] = self.share(value, f"{at}.{name}")
        total = sum(known.values(), Decimal(0))
        if total > 1:
            self.note("share", "a sum <= 1 kg/kg", f"{total:f}", at=at)
        return known

    def content(self, mass_mg: int, given: Mapping[str, Kg], at: str) -> Content:
        """Content of a mass with shares; what they leave of one is ``other``."""
        shares = self.shares(given, at)
        rest = 1 - sum(shares.values(), Decimal(0))
        if rest < 0:
            return zero(len(self.view.substances))
        shares["other"] = shares.get("other", Decimal(0)) + rest
        if mass_mg == 0:
            return zero(len(self.view.substances))
        weights = [int(shares.get(s, Decimal(0)) * 10**15) for s in self.view.substances]
        return apportion(mass_mg, weights)

    def amounts(self, given: Mapping[str, Kg], at: str) -> Content:
        """Content from kg by substance."""
        amounts = dict.fromkeys(self.view.substances, 0)
        for name, value in given.items():
            if name not in amounts:
                hint = nearest_hint(name, amounts)
                self.note("unknown-name", "a substance of the book", name, at=at, hint=hint)
            else:
                amounts[name] = self.mg(value, f"{at}.{name}")
        return tuple(amounts.values())

    # -- checked names

    def need(self, kind: str, name: str, at: str) -> None:
        """A registered ``party``, ``site`` or ``material``, or a finding."""
        view = self.view
        found = {"party": view.party, "site": view.site, "material": view.material}[kind](name)
        if found is None:
            self._unknown(kind, name, at)

    def need_lot(self, name: str, at: str = "lot", *, free: bool = True) -> bool:
        """A lot that was made by then, with content, and (if `free`) not on hold."""
        made = self.view.lot(name)
        if made is None:
            self._unknown("lot", name, at)
            return False
        if self.occurred_at < made.made_at:
            too_early(self, "before-lot", made.made_at, f", when lot {name} was made")
        if not self.view.holdings(name):
            self.note("empty", "a lot with content", f"{name} is empty", at=at, about="state")
            return False
        reason = self.view.hold(name)
        if free and reason:
            found = f"{name} is on hold: {reason}"
            self.note("hold", "a lot that is free", found, at=at, about="state")
        return True

    def _unknown(self, kind: str, name: str, at: str) -> None:
        hint = nearest_hint(name, self.view.names(kind))
        about = "lot" if kind == "lot" else ""
        expected = f"a {kind} of the book"
        self.note("unknown-name", expected, repr(name), at=at, hint=hint, about=about)

    def new_lot(self, name: str, material: str, at: str = "lot") -> None:
        """Make a lot; a name that was ever used, or is empty, is a finding."""
        if not name or "/" in name or name != name.strip():
            self.note("name", "a lot's name without slash or outer blanks", repr(name), at=at)
        elif self.view.lot(name) is not None or any(lot.id == name for lot in self.lots):
            self.note("duplicate", "a new lot", f"{name} exists", at=at)
        self.need("material", material, f"{at}.material")
        self.lots.append(Lot(name, material))

    # -- legs

    def put(self, account: Account, content: Content) -> None:
        """Add content to an account; legs on one account merge."""
        old = self.legs.get(account)
        self.legs[account] = content if old is None else add(old, content)

    def shift(self, source: Account, target: Account, content: Content) -> None:
        """Move content from one account to another."""
        self.put(source, negate(content))
        self.put(target, content)

    def take(
        self, lot: str, site: str, mass_mg: int | None, *, at: str = ""
    ) -> dict[Account, Content]:
        """What is taken of a lot at a site: all, or a mass, from all owners in proportion.

        Nothing is posted yet. Taking more than there is, is a finding that names the lot, what it
        has and what was asked; `at` is the command's field that it belongs to.
        """
        here = {a: c for a, c in self.view.holdings(lot).items() if a.site == site}
        whole = sum(mass(c) for c in here.values())
        if not here:
            places = ", ".join(sorted({a.site for a in self.view.holdings(lot)}))
            expected, found = f"lot {lot} at {site or 'no site'}", f"it is at {places}"
            self.note("place", expected, found, at=at or "site", about="state")
            return {}
        if mass_mg is None or mass_mg == whole:
            return here
        if mass_mg > whole:
            found = f"{mass_mg / 1e6:.6f} kg asked"
            expected = f"lot {lot} has {whole / 1e6:.6f} kg"
            self.note("negative", expected, found, at=at or "mass_kg", about="state")
            return {}
        accounts = sorted(here)
        cuts = apportion(mass_mg, [mass(here[a]) for a in accounts])
        parts = {a: part(here[a], cut) for a, cut in zip(accounts, cuts, strict=True)}
        return {a: c for a, c in parts.items() if not is_zero(c)}

    def event_legs(self) -> tuple[Leg, ...]:
        """Legs that are not zero, in the order of their accounts."""
        return tuple(Leg(a, c) for a, c in sorted(self.legs.items()) if not is_zero(c))

    def check_limits(self) -> None:
        """Findings for sites that would hold more of a hazard class than they may."""
        gains: dict[tuple[str, str], int] = {}
        for account, content in self.legs.items():
            if account.kind != "lot":
                continue
            material = self._material_of(account.lot)
            if material is not None and material.hazard:
                place = (account.site, material.hazard)
                gains[place] = gains.get(place, 0) + mass(content)
        for (name, hazard), gain in gains.items():
            site = self.view.site(name)
            limit = None if site is None else site.limits.get(hazard)
            if limit is None or gain <= 0:
                continue
            load = self.view.load_mg(name, hazard) + gain
            if load > limit:
                expected = f"at most {limit / 1e6:g} kg of {hazard} at {name}"
                self.note("limit", expected, f"{load / 1e6:g} kg", at="site", about="state")

    def _material_of(self, lot: str) -> Material | None:
        made: Iterable[Lot] = self.lots
        found = next((x for x in made if x.id == lot), None) or self.view.lot(lot)
        return None if found is None else self.view.material(found.material)


def too_early(draft: Draft, code: str, first: int, what: str = "", *, why: str = "") -> None:
    """Record that a command is dated too early.

    Parameters
    ----------
    first : the first moment at which it may be dated, microseconds since 1970 UTC.
    what, why : what happened then; what is wrong with the date that it has.
    """
    given = draft.command.occurred_at
    expected = f"{moment_at(first, given.tzinfo)} or later{what}"
    found = given.isoformat() + (why and f", {why}")
    hint = "date it then and name this date in the document"
    draft.note(code, expected, found, at="occurred_at", hint=hint, about="state")
