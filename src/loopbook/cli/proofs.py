"""``loopbook book``: the metal statement, and proofs for people who do not trust the book."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from loopbook.cli.options import (
    address_option,
    kept_option,
    known_at_option,
    lot_option,
    moment,
    open_book,
    party_option,
    site_option,
    with_book,
)
from loopbook.cli.parts import MOST, shows_answer

if TYPE_CHECKING:
    from loopbook.book import Book, SignedCheckpoint
    from loopbook.report import Answer


@click.command("statement")
@click.option("--period", help="A period of the book.")
@click.option(
    "--from",
    "start",
    metavar="TIME",
    callback=moment,
    help="From this moment on, instead of a period.",
)
@click.option(
    "--to", "end", metavar="TIME", callback=moment, help="Up to, but not including, this moment."
)
@party_option
@site_option
@lot_option
@known_at_option
@shows_answer
@with_book
def statement_command(
    *,
    book: Book,
    period: str | None,
    start: int | None,
    end: int | None,
    party: str | None,
    site: str | None,
    lot: str | None,
    known_at: int | None,
) -> Answer:
    """Print the metal statement of a period: opening, in, out, losses, unaccounted, closing.

    \b
    Example:
      loopbook book statement --period 2026-03 --party Maker
      loopbook book statement --from 2026-03-01T00:00-05:00 --to 2026-04-01T00:00-04:00
    """
    from loopbook.book import metal_statement, period_statement

    if period is not None and start is None and end is None:
        return period_statement(book, period, party=party, site=site, lot=lot, known_at=known_at)
    if period is not None or start is None or end is None:
        raise click.UsageError("give --period, or --from and --to")
    return metal_statement(
        book, start=start, end=end, party=party, site=site, lot=lot, known_at=known_at
    )


@click.command("checkpoint")
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="Private key, PEM."
)
@click.option("--name", required=True, help="Who signs, such as plant.example/book.")
@click.option("--new-key", is_flag=True, help="Make the key file first.")
@shows_answer
@with_book
def checkpoint_command(*, book: Book, key_file: Path, name: str, new_key: bool) -> Answer:
    """Sign the book in its present state and print the checkpoint, for others to keep.

    \b
    Example:
      loopbook book checkpoint --key book.pem --name plant.example/book --new-key
    """
    from loopbook.book import sign_book

    return sign_book(book, key_file, name, new_key=new_key)


@click.command("prove")
@click.argument("key", required=False)
@click.option(
    "--sizes",
    nargs=2,
    type=click.IntRange(0, MOST),
    help="Prove that the book only grew between two.",
)
@kept_option
@shows_answer
@with_book
def prove_command(
    *,
    book: Book,
    key: str | None,
    sizes: tuple[int, int] | None,
    kept: tuple[SignedCheckpoint, ...],
) -> Answer:
    """Print a proof, as JSON, that the event KEY is in the book, or that it only grew.

    With --checkpoint the proof of KEY leads to the checkpoint that an outsider kept.

    \b
    Example:
      loopbook book prove tickets.csv/T-1/weigh
      loopbook book prove --sizes 120 450
    """
    from loopbook.book import consistency, inclusion

    if (key is None) == (sizes is None) or (sizes and kept):
        raise click.UsageError("give the key of an event, or --sizes; --checkpoint goes with a key")
    return inclusion(book, key, kept) if key is not None else consistency(book, *sizes or ())


@click.command("check")
@click.argument("proof", type=click.File("rb"))
@click.option("--verifier-key", required=True, help="The book's public key, NAME+ID+BASE64.")
@kept_option
@shows_answer
def check_command(
    *, proof: BinaryIO, verifier_key: str, kept: tuple[SignedCheckpoint, ...]
) -> Answer:
    """Check a PROOF (- for stdin) without the book, with its public key only.

    With --checkpoint, a proof of a shorter or another book than the one whose checkpoint you kept
    is refused.

    \b
    Example:
      loopbook book prove T-1 > proof.json
      loopbook book check proof.json --verifier-key plant.example/book+677e792b+AQAA...
    """
    from loopbook.book import check_proof

    return check_proof(proof.read(), verifier_key, kept)


@click.command("verify")
@click.option("--verifier-key", "keys", multiple=True, help="Public key for its checkpoints.")
@click.option("--replan", is_flag=True, help="Plan each event again from its command, too.")
@kept_option
@shows_answer
@with_book
def verify_command(
    *, book: Book, keys: tuple[str, ...], kept: tuple[SignedCheckpoint, ...], replan: bool
) -> Answer:
    """Compute the whole book again from its rows; name the first wrong event.

    With --checkpoint, a book is refused that is shorter than the checkpoint that you kept, or has
    another root at its size. With --replan, an event is found whose legs, lots, measurements or
    nouns are not those that its command makes.

    \b
    Example:
      loopbook book verify
      loopbook book verify --checkpoint kept.jsonl --replan
    """
    from loopbook.book import VerifierKey, verify

    public = [VerifierKey.parse(text) for text in keys]
    return verify(book, keys=public, kept=kept, replan=replan)


@click.command("witness")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verifier-key", default="", help="The book's public key; the file keeps it.")
@click.option(
    "--proof",
    type=click.File("rb"),
    help="Instead of the book, a proof of its growth (- for stdin).",
)
@address_option
@shows_answer
def witness_command(
    *, address: str, file: Path, verifier_key: str, proof: BinaryIO | None
) -> Answer:
    """Keep the book's last checkpoint in FILE, a line each; best on somebody else's computer.

    A book that does not begin with the last checkpoint of FILE is refused, and nothing is kept.
    Without access to the book, ask its owner for a proof of growth and give it with --proof.

    \b
    Example:
      loopbook book witness kept.jsonl --verifier-key plant.example/book+677e792b+AQAA...
      loopbook book witness kept.jsonl
      loopbook book witness kept.jsonl --proof growth.json
    """
    from loopbook.book import witness_book, witness_proof

    if proof is not None:
        return witness_proof(proof.read(), file, verifier_key)
    with open_book(address) as book:
        return witness_book(book, file, verifier_key)


@click.command("migrate")
@address_option
@click.option("--edges", is_flag=True, help="Derive the genealogy's edges again, too.")
@shows_answer
def migrate_command(*, address: str, edges: bool) -> Answer:
    """Bring a book of an older version of Loopbook to this one; all of it or nothing.

    Every event keeps its number and its hash. Make a copy first, and verify the book afterwards.

    \b
    Example:
      loopbook book migrate --book plant.sqlite
      loopbook book migrate --edges
    """
    from loopbook.book import migrated

    return migrated(address, edges=edges)
