"""The draft of an event: findings about its command, and legs collected until they balance."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from loopbook.book.commands.view import View
from loopbook.book.nouns import (
    Account,
    Content,
    Leg,
    Lot,
    Measurement,
    add,
    apportion,
    is_zero,
    mass,
    negate,
    part,
    zero,
)
from loopbook.errors import Finding, Findings, StorageError, no_date

FINE = 10**15  # shares as whole numbers
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


def moment_at(microseconds: int, zone: tzinfo | None = UTC) -> str:
    """A moment as ISO 8601 text in a time zone.

    >>> moment_at(1_000_000)
    '1970-01-01T00:00:01+00:00'
    """
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).astimezone(zone).isoformat()
    except OverflowError:
        raise StorageError(no_date(microseconds)) from None


def kg(mg: int) -> str:
    """A mass as people read it.

    >>> kg(1_500_000_000), kg(20)
    ('1,500 kg', '0.00002 kg')
    """
    return f"{mg / 1e6:,.6f}".rstrip("0").rstrip(".") + " kg"


def in_proportion(mass_mg: int, held: Mapping[Account, Content]) -> list[tuple[Account, int]]:
    """Parts of a mass, mg, by account, in proportion to their content."""
    accounts = sorted(held)
    cuts = apportion(mass_mg, [mass(held[account]) for account in accounts]) if held else ()
    return list(zip(accounts, cuts, strict=True))


@dataclass(frozen=True, slots=True)
class CommandFinding(Finding):
    """A finding about a command.

    Parameters
    ----------
    field : of the command, such as ``shares.Ni``; empty if it is about the whole command.
    about : ``state`` if the command would be right in another state of the book, ``lot`` if it
        names a lot that is not there, empty if the written value is wrong in any book.
    twin : of a name that looks like another: the noun, the name, and the other name.
    """

    field: str = ""
    about: str = ""
    twin: tuple[str, str, str] = ("", "", "")


@dataclass(slots=True)
class Draft(Findings):
    """An event in the making.

    Checks and planners record findings, so that all errors of a command are reported together.

    Parameters
    ----------
    where : the command, as findings name it.
    view : the book as it is.
    moment, occurred_at : when it happened, as it was given and in microseconds since 1970 UTC.
    wrong : fields with an error.
    new_lots : names of lots that the command makes.
    kept : lots whose legs are kept where they are zero.
    legs, lots, measurements, nouns, reverses : what the event will hold.
    """

    view: View = field(kw_only=True)
    moment: datetime = field(kw_only=True)
    occurred_at: int = 0
    wrong: set[str] = field(default_factory=set)
    new_lots: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    legs: dict[Account, Content] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    nouns: list[tuple[str, str, str]] = field(default_factory=list)
    reverses: str = ""

    def note(
        self,
        code: str,
        expected: str,
        value: str,
        *,
        at: str = "",
        hint: str = "",
        sentence: str = "",
        about: str = "",
        twin: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        """Record an error of the command, at one of its fields; see `CommandFinding`."""
        self.wrong.add(at.partition(".")[0])
        self.items.append(
            CommandFinding(
                code,
                f"{self.where}, {at}" if at else self.where,
                expected,
                value,
                hint,
                twin=twin,
                sentence=sentence,
                field=at,
                about=about,
            )
        )

    def too_early(self, code: str, first: int, why: str) -> None:
        """Record that the command is dated too early.

        Parameters
        ----------
        first : the first moment at which it may be dated, microseconds since 1970 UTC.
        why : goes on after that moment: ``, when lot S was made``.
        """
        earliest, dated = moment_at(first, self.moment.tzinfo), self.moment.isoformat()
        self.note(
            code,
            f"{earliest} or later",
            dated,
            at="occurred_at",
            hint=f"date it {earliest} and name the real date in the document",
            sentence=f"{dated} is before {earliest}{why}",
            about="state",
        )

    def short(self, has: str, whole_mg: int, asked_mg: int, *, at: str, hint: str = "") -> None:
        """Record that more was asked for than there is; `has` names the holders."""
        self.note(
            "negative",
            f"at most {kg(whole_mg)}",
            kg(asked_mg),
            at=at,
            hint=hint,
            sentence=f"{has}; {kg(asked_mg)} were asked for",
            about="state",
        )

    # -- parts of the event

    def state(self, kind: str, noun: str, /, **values: object) -> None:
        """State a noun: a party, site, material, substance, hold or period."""
        text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        self.nouns.append((kind, noun, text))

    def make(self, lot: str, material: str) -> None:
        """Make a lot."""
        self.lots.append(Lot(lot, material))

    def content(self, mass_mg: int, shares: dict[str, Decimal]) -> Content:
        """Content of a mass with shares; what they leave of one is ``other``."""
        if mass_mg == 0:
            return zero(len(self.view.substances))
        rest = 1 - sum(shares.values(), Decimal(0))
        whole = shares | {"other": shares.get("other", Decimal(0)) + rest}
        weights = [int(whole[s] * FINE) if s in whole else 0 for s in self.view.substances]
        return apportion(mass_mg, weights)

    # -- legs

    def put(self, account: Account, content: Content) -> None:
        """Add content to an account; legs on one account merge."""
        old = self.legs.get(account)
        self.legs[account] = content if old is None else add(old, content)

    def shift(self, source: Account, target: Account, content: Content) -> None:
        """Move content from one account to another."""
        self.put(source, negate(content))
        self.put(target, content)

    def pass_through(self, account: Account) -> None:
        """Note that all content passes through an account of a lot that has none of it after.

        The leg is zero. It makes the event one of the lot's (see rule 6 of `loopbook.book.edges`).
        """
        self.put(account, zero(len(self.view.substances)))
        self.kept.add(account.lot)

    def take(
        self, lot: str, site: str, mass_mg: int | None = None, *, at: str = "site"
    ) -> dict[Account, Content]:
        """Content taken of a lot at a site: all, or a mass, from all owners in proportion.

        Nothing is posted yet. A lot that is elsewhere, and more than there is, is a finding at the
        field `at`.
        """
        there = {a: c for a, c in self.view.holdings(lot).items() if a.site == site}
        whole = sum(mass(c) for c in there.values())
        if not there:
            places = ", ".join(sorted({a.site for a in self.view.holdings(lot)}))
            whereabouts = f"at {places}" if places else "empty"
            self.note(
                "place",
                site,
                places,
                at=at,
                sentence=f"lot {lot} is not at {site}; it is {whereabouts}",
                about="state",
            )
            return {}
        if mass_mg is None or mass_mg == whole:
            return there
        if mass_mg > whole:
            self.short(f"lot {lot} holds {kg(whole)} at {site}", whole, mass_mg, at=at)
            return {}
        parts = {a: part(there[a], cut) for a, cut in in_proportion(mass_mg, there)}
        return {a: c for a, c in parts.items() if not is_zero(c)}

    def take_all(self, masses: Mapping[str, int | None], site: str) -> dict[Account, Content]:
        """Content taken of lots at a site, for a field ``inputs_kg``; see `take`."""
        if not masses:
            self.note("empty", "at least one input", "none", at="inputs_kg")
        taken: dict[Account, Content] = {}
        for lot, mass_mg in masses.items():
            taken |= self.take(lot, site, mass_mg, at=f"inputs_kg.{lot}")
        return taken

    def carry(self, lot: str, source: str, target: str, *, at: str) -> None:
        """Move a whole lot from one place to another."""
        for account, content in self.take(lot, source, at=at).items():
            self.shift(account, Account("lot", account.party, target, lot), content)

    def restate(self, held: Mapping[Account, Content], mass_mg: int, boundary: str) -> None:
        """Give accounts another mass in proportion; the difference goes to a boundary account."""
        for account, cut in in_proportion(mass_mg, held):
            change = add(apportion(cut, held[account]), negate(held[account]))
            self.shift(Account(boundary, account.party, account.site), account, change)

    def put_back(self, before: Mapping[Account, Content], mass_mg: int, boundary: str) -> None:
        """Give empty accounts a mass of what they had, in proportion, from a boundary account."""
        for account, cut in in_proportion(mass_mg, before):
            content = apportion(cut, before[account])
            self.shift(Account(boundary, account.party, account.site), account, content)

    def event_legs(self) -> tuple[Leg, ...]:
        """Legs in the order of their accounts: those not zero, all of lots measured or passed.

        A ticket that changes nothing today limits what an earlier one changes that comes later.
        """
        kept = self.kept.union([measurement.lot for measurement in self.measurements])
        return tuple(
            Leg(a, c) for a, c in sorted(self.legs.items()) if not is_zero(c) or a.lot in kept
        )
