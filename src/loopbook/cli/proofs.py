"""``loopbook book``: the metal statement, and proofs for people who do not trust the book."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.options import (
    address_option,
    known_at_option,
    lot_option,
    moment,
    open_book,
    party_option,
    site_option,
)
from loopbook.cli.parts import as_json_option, print_json, shows_answer

if TYPE_CHECKING:
    from loopbook.book import Statement


@click.command("statement")
@address_option
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
def statement_command(
    *, address: str, period: str | None, start: int | None, end: int | None, **scope: Any
) -> Statement:
    """Print the metal statement of a period: opening, in, out, losses, unaccounted, closing.

    \b
    Example:
      loopbook book statement --period 2026-03 --party LGES
      loopbook book statement --from 2026-03-01T00:00-05:00 --to 2026-04-01T00:00-04:00
    """
    from loopbook.book import metal_statement, period_statement

    if (period is None) == (start is None) or (start is None) != (end is None):
        raise click.UsageError("give --period, or --from and --to")
    with open_book(address) as opened:
        if period is not None:
            return period_statement(opened, period, **scope)
        assert start is not None
        assert end is not None
        return metal_statement(opened, start=start, end=end, **scope)


_key_file = click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="Private key, PEM."
)


@click.command("checkpoint")
@address_option
@_key_file
@click.option("--name", required=True, help="Who signs, such as gmbi.example/book.")
@click.option("--new-key", is_flag=True, help="Make the key file first.")
@as_json_option
def checkpoint_command(
    address: str, key_file: Path, *, name: str, new_key: bool, as_json: bool
) -> None:
    """Sign the book as it stands and print the checkpoint, for others to keep.

    \b
    Example:
      loopbook book checkpoint --key book.pem --name gmbi.example/book --new-key
    """
    from loopbook.book import checkpoint, signer_of

    signer = signer_of(key_file, name, new=new_key)
    with open_book(address) as opened:
        note = checkpoint(opened, signer)
    if as_json:
        print_json({"checkpoint": note, "verifier_key": str(signer.verifier)})
    else:
        click.echo(note.rstrip())
        click.echo(f"verifier key: {signer.verifier}", err=True)


@click.command("prove")
@click.argument("key", required=False)
@address_option
@click.option("--sizes", nargs=2, type=int, help="Prove that the book only grew between two.")
def prove_command(key: str | None, address: str, sizes: tuple[int, int] | None) -> None:
    """Print a proof, as JSON, that the event KEY is in the book, or that it only grew.

    \b
    Example:
      loopbook book prove tickets.csv/T-1/weigh
      loopbook book prove --sizes 120 450
    """
    from loopbook.book import consistency, inclusion

    if (key is None) == (sizes is None):
        raise click.UsageError("give the key of an event, or --sizes")
    with open_book(address) as opened:
        bundle = inclusion(opened, key) if key is not None else consistency(opened, *sizes or ())
    print_json(bundle)


@click.command("check")
@click.argument("proof", type=click.File("rb"))
@click.option("--verifier-key", required=True, help="The book's public key, NAME+ID+BASE64.")
@as_json_option
def check_command(proof: Any, verifier_key: str, as_json: bool) -> None:
    """Check a PROOF (- for stdin) without the book, with its public key only.

    \b
    Example:
      loopbook book prove T-1 > proof.json
      loopbook book check proof.json --verifier-key gmbi.example/book+b043c182+AQAA...
    """
    from loopbook.book import check_proof

    proven = check_proof(proof.read(), verifier_key)
    if as_json:
        print_json(proven)
    else:
        for name, value in proven.items():
            click.echo(f"{name.replace('_', ' '):<12} {value}")


@click.command("verify")
@address_option
@click.option("--verifier-key", "keys", multiple=True, help="Public key for its checkpoints.")
@as_json_option
def verify_command(address: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Compute the whole book again from its rows; name the first wrong event.

    \b
    Example:
      loopbook book verify
    """
    from dataclasses import asdict

    from loopbook.book import VerifierKey, verify

    with open_book(address) as opened:
        report = verify(opened, keys=[VerifierKey.parse(text) for text in keys])
    if as_json:
        print_json({**asdict(report), "clean": report.clean})
    else:
        for finding in report.findings:
            click.echo(str(finding), err=True)
        told = "clean" if report.clean else f"findings: {report.found}"
        first = f"; first wrong: {report.first_wrong}" if report.first_wrong else ""
        click.echo(f"events: {report.events}, checkpoints: {report.checkpoints}, {told}{first}")
    if not report.clean:
        raise click.exceptions.Exit(1)


@click.command("migrate")
@address_option
@click.option("--edges", is_flag=True, help="Derive the genealogy's edges again, too.")
@as_json_option
def migrate_command(address: str, edges: bool, as_json: bool) -> None:
    """Bring a book of an older version of Loopbook to this one; all of it or nothing.

    Every event keeps its number and its hash. Make a copy first, and verify the book afterwards.

    \b
    Example:
      loopbook book migrate --book gmbi.sqlite
      loopbook book migrate --edges
    """
    from loopbook.book import VERSION, migrate, rebuild_edges

    found = migrate(address)
    made = rebuild_edges(address) if edges else None
    if as_json:
        told = {"book": address, "from_version": int(found), "to_version": VERSION}
        print_json(told | ({} if made is None else {"edges": made}))
        return
    if made is not None:
        click.echo(f"{address}: {made:,} edges derived again from the postings")
    if found == str(VERSION):
        click.echo(f"{address}: of version {VERSION} already")
    else:
        click.echo(f"{address}: from version {found} to {VERSION}; now: loopbook book verify")
