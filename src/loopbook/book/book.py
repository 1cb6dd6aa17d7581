"""The book: post commands, ask for balances and events, as of any moment on both clocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from loopbook.book.commands.command import Command
from loopbook.book.commands.fields import bad_substance
from loopbook.book.commands.planning import plan
from loopbook.book.commands.warnings import read_limits
from loopbook.book.nouns import SUBSTANCES, Account, Content, Event
from loopbook.book.recording import note_clock, refuse_future, refuse_modelled, repeats
from loopbook.book.scope import TRANSIT, AsOf, Scope
from loopbook.book.storage.open import open_store
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.events import event_number, last_event, recent_keys
from loopbook.book.storage.questions.lots import lots_named, unknown_lot
from loopbook.book.storage.rows import read_event
from loopbook.book.storage.session import Session
from loopbook.book.storage.snapshots import balances
from loopbook.errors import Finding, InputError, UnknownNameError, nearest_hint, raise_findings

_BACK_US = 5_000_000  # a clock may step back this far, for example when it is set


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a command: the event's key and number, and whether it was there already."""

    key: str
    number: int
    again: bool


class Book(AbstractContextManager["Book"]):
    """A double-entry ledger of mass.

    Parameters
    ----------
    path : the file of the book, or the address of its server, ``postgresql://...``.
    create : whether to make a new book there.
    substances : substances of a new book.
    clock : gives now in microseconds since 1970 UTC; by default the storage's clock.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        create: bool = False,
        substances: Sequence[str] = SUBSTANCES,
        clock: Callable[[], int] | None = None,
    ) -> None:
        if create:
            raise_findings(_substance_findings(substances))
        self.address = str(path)
        self.store = open_store(path, create=create, substances=substances)
        self._clock, self._is_maker = clock, create

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file or connection."""
        self.store.close()

    @property
    def substances(self) -> tuple[str, ...]:
        """Declared substances, in the order of every content."""
        return self.store.nouns().substances

    @property
    def modelled(self) -> str:
        """What computed the book; empty for a book of what happened."""
        return self.store.nouns().modelled

    def post(self, commands: Command | Sequence[Command], *, judged: bool = False) -> list[Receipt]:
        """Post commands in order: all of them or none.

        A command whose key was posted before changes nothing and gets its first receipt, if it
        is the same as then.

        Parameters
        ----------
        judged : whether warnings that a command does not accept stop it, as they do in files;
            for programs that pass on what people enter.

        Raises
        ------
        InputError
            The errors of the first command that cannot be posted; nothing was posted.
        """
        limits = read_limits() if judged else None
        batch = [commands] if isinstance(commands, Command) else list(commands)

        def work(session: Session) -> list[Receipt]:
            recorded_at: int | None = None  # a retry asks no clock
            receipts = []
            for command in batch:
                known = session.event(command.key)
                if known is not None:
                    receipts.append(_again(session, command, known))
                    continue
                if recorded_at is None:
                    recorded_at = self.recorded_at(session)
                refuse_future(session, command)
                number = session.append(*plan(session, command, recorded_at, limits))
                receipts.append(Receipt(command.key, number, again=False))
            return receipts

        try:
            return self.store.transact(batch, work)
        except UnicodeEncodeError as error:  # half of a surrogate pair, in a name to look up
            name = ascii(error.object)
            raise InputError([Finding("text", "commands", "text that UTF-8 has", name)]) from error

    def recorded_at(self, session: Session) -> int:
        """Now, by the book's clock; never before the last event, see `loopbook.book.recording`.

        A modelled book is refused, unless this is who made it.
        """
        if not self._is_maker:
            refuse_modelled(session, self.address)
        now, last = session.now if self._clock is None else self._clock(), session.last
        if now < last - _BACK_US:
            note_clock(session, now)
        return max(now, last + 1)  # so that what was known at a moment never changes

    def settled(self) -> int:
        """Number of the last event; all events up to it are in the book now, or never will be."""
        last = last_event(self.store)
        self.store.settle(2**62)
        return last

    def event(self, key: str) -> Event:
        """A posted event, read back from its rows.

        Raises
        ------
        UnknownNameError : no event has this key; the nearest keys are offered.
        """
        number = event_number(self.store, key)
        if number is None:
            hint = nearest_hint(key, recent_keys(self.store))
            raise UnknownNameError([Finding("unknown-name", "event", "a posted event", key, hint)])
        return read_event(self.store, number, self.substances)

    def balances(
        self,
        *,
        lot: str | None = None,
        party: str | None = None,
        site: str | None = None,
        occurred: int | None = None,
        recorded: int | None = None,
    ) -> Mapping[Account, Content]:
        """The content of each account, without the empty ones.

        Parameters
        ----------
        lot, party, site : only accounts of these; ``in transit`` is a site.
        occurred : as of this moment of what happened, inclusive; microseconds since 1970 UTC.
        recorded : as of what the book knew at this moment, inclusive.
        """
        if recorded is not None:
            self.store.settle(recorded)
        asof, scope = AsOf(occurred, recorded), Scope(party, site, lot)
        return balances(self.store, self.substances, asof, scope=scope)


def unknown_names(store: Store, scope: Scope) -> Iterator[Finding]:
    """A finding for each name of a scope that the book does not have."""
    nouns = store.nouns()
    for kind, name, known in (
        ("party", scope.party, [*nouns.parties]),
        ("site", scope.site, [*nouns.sites, TRANSIT]),
    ):
        if name is None or name in known or (kind == "site" and name.startswith(TRANSIT)):
            continue
        yield Finding(
            "unknown-name", kind, f"a {kind} of the book", name, nearest_hint(name, known)
        )
    if scope.lot is not None and not lots_named(store, [scope.lot]):
        yield unknown_lot(store, scope.lot)


def _substance_findings(substances: Sequence[str]) -> Iterator[Finding]:
    """Errors in the substances of a new book."""
    for k, name in enumerate(substances):
        if bad := bad_substance(name, substances[:k]):
            yield Finding(
                "name",
                "substances",
                "letters and digits, and a difference from other names by more than case",
                bad,
            )
    if "other" not in substances:
        yield Finding("missing", "substances", "other, for what has no column", "none", "add other")


def _again(session: Session, command: Command, known: Event) -> Receipt:
    if not repeats(command, known):
        raise InputError(
            [
                Finding(
                    "duplicate",
                    f"{type(command).__name__} {command.key}",
                    "the command first posted with this key",
                    "another",
                    "a new command needs a new key",
                )
            ]
        )
    session.flush()
    return Receipt(command.key, event_number(session.db, command.key) or 0, again=True)
