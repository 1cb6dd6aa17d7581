"""Serials that the book's events name: of which lot, and where they went."""

from collections.abc import Iterator
from dataclasses import dataclass

from loopbook.book.commands.kinds import all_commands
from loopbook.book.commands.serial_spans import Span, read_span
from loopbook.book.storage.known import stored_object
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.serials import commands_with_serials


@dataclass(frozen=True, slots=True)
class SerialMove:
    """Serials that an event names.

    Parameters
    ----------
    event : its number.
    source : the lot that they were of; empty where all serials of the target are named.
    target : the lot that they are of since then; or the end that they left the book's lots by.
    span : the serials.
    """

    event: int
    source: str
    target: str
    span: Span


def serial_moves(store: Store, after: int) -> Iterator[SerialMove]:
    """Serials that the events after a number name, in the order of the events."""
    kinds = all_commands()
    for event, kind, command in commands_with_serials(store, after):
        stored = stored_object(command, f"the command of event {event}")
        if kind not in kinds or not stored.get("serials"):
            continue
        for source, target, texts in kinds[kind].serial_moves(stored):
            for text in texts:
                span = read_span(text)
                if span is not None:
                    yield SerialMove(event, source, target, span)
