"""The base of all commands: the envelope, and what a kind of command declares about itself."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from loopbook.book.nouns import Content, negate
from loopbook.book.plugins import Kind
from loopbook.errors import Findings
from loopbook.tables import PLUGIN_ERRORS, Name, Value, fields_of, in_words, names_in, read_fields

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

ROAD = "transit"
"""In the names of the lines between a site and the road."""
OWN_LINES = {"emission": "emissions", "waste": "waste", "unaccounted": "unaccounted"}
"""Lines of the boundaries that have their own."""
_ENVELOPE = {"key": "k-1", "actor": "amy", "occurred_at": "2026-03-02T08:00:00Z"}


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
    version : of the rules of a plugin, a whole number: raise it when `plan` makes other legs of the
        same command. It is sealed with the events.
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
    version: ClassVar[int] = 1
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
    def flaws(cls) -> Iterator[tuple[str, str, str]]:
        """Errors in the declaration, each as expected, found and remedy."""
        yield from super().flaws()
        if "__dataclass_params__" not in vars(cls):
            remedy = "write @dataclass(frozen=True, kw_only=True) above the class"
            yield "a dataclass", "a plain class", remedy
            return
        if not (type(cls.line) is tuple and len(cls.line) == 2 and {*cls.line} <= {"", *LINES}):
            lines = f"two of {', '.join(LINES)}; or two empty texts"
            yield (
                lines,
                f"line = {cls.line!r}",
                'write, for example, line = ("from lots", "to lots")',
            )
        if type(cls.version) is not int or not 1 <= cls.version < 10**6:
            yield "a whole number from 1 on", f"version = {cls.version!r}", "write version = 2"
        try:
            fields = {field.name: field for field in fields_of(cls)}
        except PLUGIN_ERRORS as error:
            yield "fields with annotations that can be read", in_words(error), ""
            return
        own = vars(cls).get("__annotations__", {})
        for name in (
            own.keys() & {*vars(Command), *vars(Kind)} - vars(Command)["__annotations__"].keys()
        ):
            yield "a field of another name", name, "give the field another name"
        for step, read in cls.steps.items():
            if other := sorted(read.keys() - fields.keys()):
                remedy = f"name fields of the command: {', '.join(fields)}"
                yield f"parameters of {step}() that are fields", ", ".join(other), remedy
        yield from cls._flaws_of_example()

    @classmethod
    def _flaws_of_example(cls) -> Iterator[tuple[str, str, str]]:
        """Errors in the example: it has fields of the command, as JSON has them."""
        if not cls.example:
            return
        written = json.loads(json.dumps({**_ENVELOPE, **cls.example}, default=str))
        findings = Findings("example")
        read_fields(cls, written, findings)
        for one in findings:
            yield f"in its {one.where}: {one.expected}", one.found, one.hint

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


def lines_of(
    command: type[Command], account: str, content: Content, *, road: bool, sign: int
) -> list[tuple[str, Content]]:
    """Lines of the statement that legs of one sort belong to, with what they add to them.

    Parameters
    ----------
    command : kind of the event.
    account : kind of the legs' account: ``lot``, or one of `OWN_LINES`.
    road : whether the account is on the road.
    sign : 1 for gains, -1 for losses.
    """
    gained, lost = command.line
    if account != "lot":
        line = OWN_LINES[account]
        if command.of_which:
            return [(f"run {line}", negate(content))]
        # Matter that is missing on arrival did not arrive: it left the road as unaccounted.
        back = [(lost, content)] if ROAD in lost else []
        return [*back, (line, negate(content))]
    if not lost:  # its boundary legs have the lines
        return []
    if ROAD in gained + lost:  # it moves between a site and the road, whatever the sign
        return [(gained if road == (ROAD in gained) else lost, content)]
    return [(gained if sign > 0 else lost, content)]
