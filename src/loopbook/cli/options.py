"""Options that many commands have: the book, the two clocks, the substances."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from loopbook.errors import Finding, InputError, StorageError, visible

if TYPE_CHECKING:
    from loopbook.book import Book, SignedCheckpoint
    from loopbook.report import Answer

A = TypeVar("A")


def same_names(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, str]:
    r"""Names of the book by names of a file, from texts such as ``L\u20111=L-1``."""
    from loopbook.tables import unescaped

    same = {}
    for pair in pairs:
        name, _, other = pair.partition("=")
        if not (name and other):
            raise click.BadParameter(f"{pair!r} is not two names, such as L_1=L-1", ctx, param)
        try:
            same[unescaped(name)] = unescaped(other)
        except ValueError as error:
            raise click.BadParameter(f"{pair!r}: {error}", ctx, param) from None
    return same


same_option = click.option(
    "--same",
    multiple=True,
    callback=same_names,
    metavar="A=B",
    help="The file's name A stands for B of the book; may be repeated.",
)


def accepted_kinds(
    ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, str]:
    """Reasons by the kinds of warnings, from texts such as ``ticket=moist pallets``."""
    from loopbook.book import WARNINGS

    reasons = {}
    for pair in pairs:
        kind, _, reason = (part.strip() for part in pair.partition("="))
        if kind not in WARNINGS or not reason:
            known = ", ".join(WARNINGS)
            text = f"{pair!r} is not a kind of warning and a reason, such as ticket=...; {known}"
            raise click.BadParameter(text, ctx, param)
        reasons[kind] = reason
    return reasons


accept_option = click.option(
    "--accept",
    multiple=True,
    callback=accepted_kinds,
    metavar="KIND=REASON",
    help="Accept the warnings of a kind, for a reason that is kept; may be repeated.",
)


def post_asking(
    post: Callable[[dict[str, str], dict[str, str]], A],
    same: dict[str, str],
    accept: dict[str, str],
) -> A:
    """What a function posts; at a terminal it is asked about look-alikes and warnings before.

    Parameters
    ----------
    post : posts with names that are the same, and with reasons by kind of warning.
    """
    from loopbook.book import CommandFinding, all_warned

    asked: set[tuple[str, str, str]] = set()
    while True:
        try:
            return post(same, accept)
        except InputError as error:
            alike = [f for f in error.findings if isinstance(f, CommandFinding) and f.twin[2]]
            alike = [f for f in alike if f.twin not in asked]
            kinds = all_warned(error.findings)
            if not ((alike or kinds) and sys.stdin.isatty() and sys.stderr.isatty()):
                raise
            for twin, finding in {f.twin: f for f in alike}.items():
                asked.add(twin)
                text = f"{finding.where}: {finding.sentence}. Are they one?"
                if click.confirm(visible(text), err=True):
                    same = {**same, twin[1]: twin[2]}
            accept = {**accept, **_reasons(error.findings, kinds)}


def _reasons(findings: Iterable[Finding], kinds: Iterable[str]) -> dict[str, str]:
    """The reason for which warnings of each kind are accepted; without one nothing is posted."""
    reasons = {}
    for kind in kinds:
        for finding in findings:
            if finding.code == kind:
                click.echo(visible(f"{finding.where}: {kind}: {finding.sentence}"), err=True)
        text = f"Reason to accept {kind} (empty: post nothing)"
        reasons[kind] = click.prompt(text, default="", show_default=False, err=True).strip()
        if not reasons[kind]:
            click.echo("nothing was posted", err=True)
            raise click.exceptions.Exit(1)
    return reasons


address_option = click.option(
    "--book",
    "address",
    default="book.sqlite",
    show_default=True,
    envvar="LOOPBOOK_BOOK",
    metavar="FILE",
    help="The book: a file, or postgresql://... (also LOOPBOOK_BOOK).",
)


def moment(
    ctx: click.Context | None, param: click.Parameter | None, value: str | None
) -> int | None:
    """Read ISO 8601 as microseconds since 1970 UTC; a time without an offset is refused."""
    from loopbook.book import microseconds
    from loopbook.tables import within_years

    if value is None:
        return None
    try:
        return microseconds(within_years(datetime.fromisoformat(value)))
    except ValueError:
        text = f"{value!r} is not a time with its offset, such as 2026-03-31T23:59:59-05:00"
        raise click.BadParameter(text, ctx, param) from None


def kept_notes(
    ctx: click.Context, param: click.Parameter, files: tuple[BinaryIO, ...]
) -> tuple[SignedCheckpoint, ...]:
    """The checkpoints of the files that ``--checkpoint`` names."""
    from loopbook.book import read_kept

    texts = []
    for file in files:
        with file:
            texts.append((file.read(), file.name))
    return tuple(note for text, name in texts for note in read_kept(text, name))


kept_option = click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    type=click.File("rb"),
    callback=kept_notes,
    metavar="FILE",
    help="Checkpoint that you kept, or a witness's file (- for stdin); may be repeated.",
)
known_at_option = click.option(
    "--known-at", metavar="TIME", callback=moment, help="Only what the book knew at this time."
)
register_option = click.option(
    "--register",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The register of serials; beside the book's file if not given.",
)
lot_option = click.option("--lot", help="Only this lot.")
party_option = click.option("--party", help="Only what this party owns.")
site_option = click.option("--site", help="Only what is at this site; 'in transit' for the road.")
substance_option = click.option(
    "-s",
    "--substance",
    "only",
    multiple=True,
    metavar="NAME",
    help="Show only this substance; may be repeated.",
)


@contextmanager
def open_book(address: str) -> Iterator[Book]:
    """An open book, closed afterwards; what cannot be read of a damaged one is said so."""
    import loopbook.book as room

    try:
        with room.Book(address) as opened:
            yield opened
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        damage = room.damage_of(address)
        if not damage:
            raise
        raise StorageError(f"{visible(address)} is damaged: {damage}") from error


@contextmanager
def open_if_there(address: str) -> Iterator[Book | None]:
    """An open book, closed afterwards; None where it cannot be opened."""
    with ExitStack() as stack:
        opened = None
        with suppress(InputError, StorageError):
            opened = stack.enter_context(open_book(address))
        yield opened


def with_book(command: Callable[..., Answer]) -> Callable[..., Answer]:
    """Give a command the book of ``--book``, which is open while it runs."""

    @address_option
    @functools.wraps(command)
    def in_book(*, address: str, **options: Any) -> Answer:
        with open_book(address) as book:
            return command(book=book, **options)

    return in_book


def with_clocks(command: Callable[..., Answer]) -> Callable[..., Answer]:
    """Give a command the moments of ``--as-of`` and ``--known-at`` as one `AsOf`."""

    @click.option(
        "--as-of",
        metavar="TIME",
        callback=moment,
        help="Only what had happened by this time, inclusive.",
    )
    @known_at_option
    @functools.wraps(command)
    def as_of_then(*, as_of: int | None, known_at: int | None, **options: Any) -> Answer:
        from loopbook.book import AsOf

        return command(asof=AsOf(as_of, known_at), **options)

    return as_of_then
