"""The base of all commands: the envelope, and what a kind of command declares about itself."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from loopbook.book.plugins import Kind
from loopbook.tables import Name, Value, names_in

LINES = (
    "received",
    "returned",
    "title in",
    "title out",
    "from lots",
    "to lots",
    "consumed",
    "produced",
    "moved in",
    "moved out",
    "shipped out",
    "into transit",
    "out of transit",
    "shipped in",
    "delivered",
    "emissions",
    "waste",
    "unaccounted",
    "re-assay",
    "stock-take",
)
"""Lines of a metal statement between opening and closing, in their order."""


@dataclass(frozen=True, kw_only=True)
class Command(Kind):
    """Base of all commands; a kind of command is a subclass in a file of its own.

    The fields here are the envelope of every command; a subclass adds its own. A field's annotation
    gives how it is read and checked (`loopbook.book.commands.fields`) and what it means.

    Class attributes
    ----------------
    kind : name of the command and of its events, made from the name of the class.
    line : lines of the metal statement (`LINES`) for what lots gain, and for what they lose; empty
        where emissions, waste and unaccounted matter are all that it moves, on their own lines.
    of_which : whether emissions, waste and unaccounted matter of the event are shown as a part of
        the second line, as of a run. Otherwise they have lines of their own.
    copies : whether the lots that it makes have the content of the lots that it uses.
    example : fields of an example, without the envelope.
    plan : fills a draft. Its parameters name the fields that it reads; it gets their checked values
        when they are right, also where other fields are wrong, so that all errors of a command are
        reported together. A parameter with a default has it where its field is wrong.
    added : fields that came later: one that is empty is left out of the stored command, which so
        is what it was before.
    check_... : methods like `plan`, called before it: each a check that reads fewer fields.
    """

    line: ClassVar[tuple[str, str]] = ("from lots", "to lots")
    of_which: ClassVar[bool] = False
    copies: ClassVar[bool] = False
    example: ClassVar[Mapping[str, object]] = {}
    added: ClassVar[tuple[str, ...]] = ()
    methods = ("plan",)
    plan: ClassVar[Callable[..., None]]
    steps: ClassVar[Mapping[str, Mapping[str, bool]]] = {}

    key: Annotated[str, Name("a key"), "names the event; the same key is the same event, always"]
    actor: Annotated[str, Name("an actor"), "who reports it"]
    occurred_at: Annotated[datetime, "when it happened"]
    document: Annotated[str, "the paper that it is reported on"] = ""
    accepted: Annotated[
        Mapping[str, str] | None, "warnings that are accepted, each with the reason"
    ] = None

    def __init_subclass__(cls) -> None:
        """Note which fields each step reads, and whether it needs them to be right."""
        super().__init_subclass__()
        names = [name for name in dir(cls) if name == "plan" or name.startswith("check_")]
        cls.steps = {name: _fields_read(getattr(cls, name)) for name in names}
        if not set(cls.line) <= {"", *LINES}:
            raise TypeError(f"{cls.__name__}.line: {cls.line} are no lines of a metal statement")

    def __post_init__(self) -> None:
        """Drop empty fields that were added later; they read as their default."""
        for name in ("accepted", *self.added):
            if not getattr(self, name):
                vars(self).pop(name)

    @property
    def paper(self) -> tuple[str, ...]:
        """What files may report only once: quantity, sample, group, stage of a measurement, lot."""
        return ()

    @classmethod
    def serial_moves(cls, _: Mapping[str, Value], /) -> Iterator[tuple[str, str, Sequence[str]]]:
        """Serials that a stored command names: of which lot, where they are then, and their texts.

        The lot is empty where all serials that are there then are named.
        """
        yield from ()

    def names(self, *roles: str) -> list[str]:
        """Names in the fields that have one of these roles: ``lot``, ``new lot``, ``event``."""
        return [name for role, name in names_in(type(self), self, *roles) if role in roles]


def _fields_read(step: Callable[..., None]) -> dict[str, bool]:
    """Fields that a step reads, each with whether it must be right."""
    parameters = list(inspect.signature(step).parameters.values())[2:]  # without self and draft
    return {one.name: one.default is one.empty for one in parameters}
