"""What page one has: stations, key figures, statements with their readings, and messages.

A formula is one of results, and one number: ``sum(scrap.taken_t)``. A text quotes formulas in
braces: ``full in {when(scrap.taken_t)}``; see `loopbook.loop.answers.texts`.
"""

from dataclasses import dataclass
from typing import Annotated

from loopbook.errors import Findings
from loopbook.loop.nouns.row import Row
from loopbook.loop.values.cells import Own, Ref
from loopbook.tables import Choice, Text

_TITLE: Text[Findings] = Text("a title")
_FORMULA: Text[Findings] = Text("a formula")
_UNIT: Text[Findings] = Text("a unit")
_TEXT: Text[Findings] = Text("a text with formulas in braces")
_DECIMALS: Choice[Findings] = Choice(*"0123456")
_OF_ANSWER = "of the answer; 1 for a plain number or a share"


@dataclass(frozen=True, kw_only=True)
class Figured(Row):
    """A row with a number that people read.

    Attributes
    ----------
    places : decimals as a number.
    """

    answer: Annotated[str, _FORMULA, "what it shows"] = ""
    unit: Annotated[str, _UNIT, _OF_ANSWER] = ""
    decimals: Annotated[str, _DECIMALS, "that people read"] = "0"

    @property
    def places(self) -> int:
        """Decimals."""
        return int(self.decimals)


@dataclass(frozen=True, kw_only=True)
class Station(Figured):
    """A place on the loop's line, or one of its accounts, in order."""

    table = "stations"
    key = ("station",)
    role = "station"

    station: Annotated[str, Own(), "its name"]
    title: Annotated[str, _TITLE, "for people; its name if empty"] = ""
    place: Annotated[str, Text(), "where it is, or whose"] = ""
    note: Annotated[str, _TEXT, "what it depends on, in a few words"] = ""
    kind: Annotated[
        str, Choice("place", "account"), "place on the line, or account of the loop"
    ] = "place"
    back: Annotated[
        str, Ref("a station", "station"), "earlier station to which something returns from it"
    ] = ""
    back_text: Annotated[str, _TEXT, "what returns"] = ""


@dataclass(frozen=True, kw_only=True)
class KeyFigure(Figured):
    """A key figure, in order."""

    table = "figures"
    key = ("figure",)
    role = "figure"

    figure: Annotated[str, Own(), "its name"]
    title: Annotated[str, _TITLE, "for people; its name if empty"] = ""
    note: Annotated[str, _TEXT, "what it depends on, a sentence"] = ""


@dataclass(frozen=True, kw_only=True)
class Statement(Figured):
    """A statement that results are compared with, or a question that they answer."""

    table = "statements"
    key = ("id",)
    role = "statement"

    id: Annotated[str, Own(), "its name"]
    text: Annotated[str, Text(), "the statement"]
    stated: Annotated[
        str, Text(), "the numbers in it, with ; between them; empty for a question"
    ] = ""
    test: Annotated[
        str, _FORMULA, "whether it holds, as answer >= stated(A6); answer is its own answer"
    ] = ""
    readings: Annotated[
        str, Text("names"), "switches and rows of readings that may bring it there, with ; between"
    ] = ""
    meaning: Annotated[str, _TEXT, "what is computed instead, a sentence"] = ""
    words: Annotated[str, Text(), "a few words behind those of its verdict"] = ""
    reading: Annotated[str, Text(), "how it is read"] = ""
    doubt: Annotated[str, Text(), "what stays doubtful"] = ""

    @property
    def tried(self) -> tuple[str, ...]:
        """Names of `readings`."""
        return tuple(filter(None, map(str.strip, self.readings.split(";"))))


@dataclass(frozen=True, kw_only=True)
class Reading(Row):
    """Another reading of a statement."""

    table = "readings"
    key = ("statement", "reading")

    statement: Annotated[str, Ref("a statement", "statement"), "what is read"]
    reading: Annotated[str, Own(), "its name, which the statement lists"]
    title: Annotated[str, _TITLE, "for people, as: tons are tonnes; its name if empty"] = ""
    answer: Annotated[str, _FORMULA, "instead of the statement's; the same if empty"] = ""
    test: Annotated[str, _FORMULA, "instead of the statement's; the same if empty"] = ""


@dataclass(frozen=True, kw_only=True)
class Message(Row):
    """A text of the page: of the rows of one name the first that holds is read."""

    table = "messages"
    key = ("message", "order")

    message: Annotated[
        str, Own(), "title or lead; or a section, a plot, a station or a figure, for its note"
    ]
    order: Annotated[str, Text(), "number of the row, where its name has several"] = ""
    when: Annotated[str, _FORMULA, "holds where it is above 0; always if empty"] = ""
    text: Annotated[str, _TEXT, "what people read"]
