"""What a command's field may hold: the nouns of the book, each with its reader and its check.

Checks get the draft of the event. A mass is checked to whole milligrams, a share to a `Decimal`;
names are checked against the book as it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypeAlias

from loopbook.book.commands.draft import Draft, moment_at
from loopbook.book.commands.empty_lots import used_up
from loopbook.errors import nearest_hint
from loopbook.tables import (
    SHARE,
    CellError,
    MapOf,
    Number,
    Text,
    Value,
    check_line,
    look,
    quantity_text,
    told_apart,
    unfit,
)

_MG = Decimal(1_000_000)
_MOST_KG = 10**9  # a million tonnes; sums of many still fit 64 bits of milligrams
_LONGEST = 40  # characters of a substance's name, which becomes a column's
_SECOND = 1_000_000  # microseconds
_ROAD = "in transit"  # begins the place of what is under way

Kg: TypeAlias = Decimal | int | float | str
"""A number as it is given: exact, or a float that is meant as it prints."""

# -- numbers


@dataclass(frozen=True)
class MassField(Number[Draft]):
    """A mass, checked to whole milligrams; `some` for one above zero."""

    unit: str = "kg"
    low: float = 0
    high: float = _MOST_KG
    words: str = "a mass in kg"
    some: bool = False

    def read(self, written: Value, at: str, findings: Draft) -> Value:
        """The number as it is written; text with a unit, such as ``38.46 t``, in kg."""
        try:
            kilograms = quantity_text(written, "kg") if isinstance(written, str) else None
        except CellError as error:
            findings.note(error.code, error.expected, error.found, at=at, hint=error.hint)
            return None
        if kilograms is not None:
            return f"{kilograms.normalize():f}"
        return super().read(written, at, findings)

    def check(self, value: Kg, at: str, draft: Draft) -> int | None:
        """Whole milligrams."""
        number = super().check(value, at, draft)
        if number is None:
            return None
        mg = int((number * _MG).to_integral_value())
        if self.some and mg == 0:
            draft.note("empty", "a mass above zero", f"{value} kg", at=at)
        return mg


@dataclass(frozen=True)
class Substance(Text[Draft]):
    """A substance that the book lists."""

    words: str = "a substance of the book"

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The substance."""
        if value not in draft.view.substances:
            draft.unknown(self.words, value, draft.view.substances, at=at)
        return value


@dataclass(frozen=True)
class SharesField(MapOf[Draft]):
    """Shares by substance, which sum to one at most."""

    def check(self, value: Mapping[str, Kg], at: str, draft: Draft) -> Value:
        """Checked shares."""
        shares = super().check(value, at, draft)
        total = sum(filter(None, shares.values()), Decimal(0))
        if total > 1:
            draft.note(
                "share",
                "at most 1 kg/kg",
                f"{total:f} kg/kg",
                at=at,
                sentence=f"the shares sum to {total:f}, which is more than 1",
            )
        return shares


# -- names


_COLUMNS = frozenset(
    (
        "account",
        "actor",
        "again",
        "amends",
        "basis",
        "body",
        "bounded",
        "command",
        "corrects",
        "counted",
        "document",
        "emissions",
        "end_at",
        "event",
        "gross",
        "grp",
        "hash",
        "hazard",
        "id",
        "inputs",
        "key",
        "kind",
        "laboratory",
        "last_at",
        "leaf",
        "level",
        "limits",
        "line",
        "lot",
        "mass",
        "mass_u",
        "material",
        "method",
        "moment",
        "most",
        "note",
        "occurred_at",
        "papers",
        "parts",
        "party",
        "period",
        "place",
        "planner",
        "posted_at",
        "quantity",
        "recorded_at",
        "reverses",
        "sample",
        "site",
        "size",
        "source",
        "stage",
        "start_at",
        "tare",
        "target",
        "total",
        "total_mass",
        "uncertainty",
        "value",
        "waste",
    )
)
"""What books, statements and tables have beside their substances, by name."""


def bad_substance(name: str, known: Iterable[str]) -> str:
    """Why a new substance cannot have this name; empty if it can.

    A column's name is the same to a database in upper and in lower case.

    >>> bad_substance("Zn", ["Li", "Ni"]), bad_substance("NI", ["Li", "Ni"])
    ('', 'NI, there is Ni')
    >>> bad_substance("Mass", [])
    'Mass, which is the name of a column'
    """
    if name.lower() in _COLUMNS:
        return f"{name}, which is the name of a column"
    if not (name.isascii() and name.isidentifier() and len(name) <= _LONGEST):
        return repr(name)
    same = [other for other in known if other.lower() == name.lower()]
    return f"{name}, there is {same[0]}" if same else ""


def refuse_twin(draft: Draft, noun: str, name: str, *, at: str) -> bool:
    """Whether a name looks like one that the book has and is not it; then a finding names both."""
    twin = draft.view.alike(noun, name)
    if not twin:
        return False
    one, other = told_apart(name, twin)
    draft.note(
        "alike",
        f"another name than {other}",
        one,
        at=at,
        hint=f"if they are one, write {twin!a}; if not, give this one another name",
        sentence=f"{one} looks like the {noun} {other}",
        twin=(noun, name, twin),
    )
    return True


@dataclass(frozen=True)
class Known(Text[Draft]):
    """The name of a `noun` that the book has: party, site, material, period."""

    noun: str = ""

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The name."""
        if getattr(draft.view, self.noun)(value) is None and not refuse_twin(
            draft, self.noun, value, at=at
        ):
            draft.unknown(self.words, repr(value), draft.view.names(self.noun), at=at)
        return value


@dataclass(frozen=True)
class LotField(Text[Draft]):
    """A lot that was made by then and has content.

    `free` for one that is not on hold; `recounted` also for one that was counted as nothing;
    `delivered` also for one that is empty, since it was delivered. Of one that is empty, the
    finding names what took the last of it; `counts_from` is why it may be dated before that.
    """

    words: str = "a lot of the book"
    role: str = "lot"
    free: bool = False
    recounted: bool = False
    delivered: bool = False
    counts_from: str = ""

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The lot's name."""
        made, view = draft.view.lot(value), draft.view
        if made is None and refuse_twin(draft, "lot", value, at=at):
            return value
        if made is None:
            draft.note(
                "unknown-name",
                self.words,
                repr(value),
                at=at,
                hint=nearest_hint(value, view.names("lot")),
                about="lot",
            )
            return value
        if draft.occurred_at < made.made_at:
            draft.too_early("before-lot", made.made_at, f", when lot {value} was made")
        elif self.delivered:
            pass  # who has it is the command's question
        elif not view.holdings(value) and not (self.recounted and view.counted_out(value)):
            self._note_empty(value, at, draft, made.made_at)
        elif self.free and (reason := view.hold(value, draft.occurred_at)):
            draft.note(
                "hold",
                "a free lot",
                value,
                at=at,
                sentence=f"lot {value} is on hold: {reason}",
                about="state",
            )
        return value

    def _note_empty(self, lot: str, at: str, draft: Draft, made_at: int) -> None:
        """A finding that a lot is empty, and what used it up when."""
        key, when = used_up(draft.view.history(lot), draft.occurred_at)
        zone, last = draft.moment.tzinfo, when - _SECOND
        dated = f"date it {moment_at(last, zone)} or before" if key and last >= made_at else ""
        draft.note(
            "empty",
            "content",
            "none",
            at=at,
            hint=f"{self.counts_from}: {dated}" if self.counts_from and dated else "",
            sentence=f"lot {lot} is empty: {key!r} of {moment_at(when, zone)} took all of it"
            if key
            else f"lot {lot} is empty",
            about="state",
        )


@dataclass(frozen=True)
class NewName(Text[Draft]):
    """A name that a command brings: without slash, outer blanks or what nobody sees.

    A name that looks like another of its `noun`, and is not it, is a finding.
    """

    noun: str = ""

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The name."""
        if not value or "/" in value or value != value.strip() or value.startswith(_ROAD):
            plain = value.strip().replace("/", "-")
            hint = f"write {plain!r}" if plain and not plain.startswith(_ROAD) else ""
            if "/" in value:
                hint += ', or slash = "-" for its column in a mapping'
            draft.note(
                "name", f"{self.words} without slash or outer blanks", repr(value), at=at, hint=hint
            )
        elif not unfit(value) and self.noun:
            refuse_twin(draft, self.noun, value, at=at)
        check_line(value, self.words, at, draft)
        return value


@dataclass(frozen=True)
class NewNoun(NewName):
    """The name of a new `noun`: party, site, material, period."""

    role: str = "noun"

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The name."""
        if getattr(draft.view, self.noun)(value) is not None:
            draft.note(
                "duplicate",
                self.words,
                value,
                at=at,
                sentence=f"{self.noun} {value} exists already",
            )
        return super().check(value, at, draft)


@dataclass(frozen=True)
class NewSubstance(Text[Draft]):
    """A substance that the book does not list yet."""

    words: str = "a new substance"
    role: str = "noun"

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The name, fit for a column."""
        if value in draft.view.substances:
            draft.note(
                "duplicate", self.words, value, at=at, sentence=f"substance {value} exists already"
            )
        elif bad := bad_substance(value, draft.view.substances):
            draft.note(
                "name", "letters and digits, apart from other names by more than case", bad, at=at
            )
        return value


@dataclass(frozen=True)
class NewLot(NewName):
    """A lot that the command makes."""

    words: str = "the name of a new lot"
    role: str = "new lot"
    noun: str = "lot"

    def check(self, value: str, at: str, draft: Draft) -> str:
        """The name, used by no lot of the book and once in the command."""
        if draft.view.lot(value) is not None or value in draft.new_lots:
            is_twice = value in draft.new_lots
            text = (
                f"{value} is named twice, as two lots"
                if is_twice
                else f"lot {value} exists already"
            )
            draft.note("duplicate", self.words, value, at=at, sentence=text)
        for other in draft.new_lots if look(value) != value else ():
            if other != value and look(other) == look(value):
                draft.note(
                    "alike",
                    "names that look different",
                    " and ".join(told_apart(value, other)),
                    at=at,
                )
        draft.new_lots.add(value)
        return super().check(value, at, draft)


# -- fields by name, for annotations

Mass = Annotated[Kg, MassField()]
SomeMass = Annotated[Kg, MassField(some=True)]
Share = Annotated[Kg, SHARE]
Shares = Annotated[Mapping[str, Kg], SharesField(Substance(), SHARE)]
Amounts = Annotated[Mapping[str, Kg], MapOf(Substance(), MassField())]
ExistingLot = Annotated[str, LotField()]
AssayedLot = Annotated[
    str, LotField(counts_from="an assay counts from the moment of its sample, not of its report")
]
WeighedLot = Annotated[str, LotField(counts_from="a ticket counts from the moment of weighing")]
CountedLot = Annotated[str, LotField(recounted=True)]
DeliveredLot = Annotated[str, LotField(delivered=True)]
FreeLot = Annotated[str, LotField(free=True)]
MadeLot = Annotated[str, NewLot()]
KnownParty = Annotated[str, Known("a party of the book", noun="party")]
KnownVehicle = Annotated[str, Known("a vehicle of the book", noun="vehicle")]
KnownSite = Annotated[str, Known("a site of the book", noun="site")]
KnownMaterial = Annotated[str, Known("a material of the book", role="material", noun="material")]
KnownPeriod = Annotated[str, Known("a period of the book", role="noun", noun="period")]
Consignment = Annotated[str, NewName("a consignment number")]
