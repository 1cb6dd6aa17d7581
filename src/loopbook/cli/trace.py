"""``loopbook trace``, ``recall``, ``path``, ``suspect``, ``on-site``, ``origins``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loopbook.cli.options import register_option, substance_option, with_book, with_clocks
from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.book import AsOf, Book
    from loopbook.report import Answer


_out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the lineage: .svg, .json, .csv or .graphml.",
)


@click.command("trace")
@click.argument("lot")
@substance_option
@click.option("--sure", is_flag=True, help="With standard uncertainties from the measurements.")
@_out_option
@shows_answer
@with_book
@with_clocks
def trace_command(
    *, book: Book, lot: str, asof: AsOf, only: tuple[str, ...], sure: bool, out: Path | None
) -> Answer:
    """Show where the matter of LOT came from: each origin with its share, by element.

    \b
    Example:
      loopbook trace CELLS-7
      loopbook trace CELLS-7 -s Ni --sure --as-of 2026-03-31T23:59:59-05:00
      loopbook trace CELLS-7 --out cells-7.svg
    """
    from loopbook.trace import trace_lot

    return trace_lot(book, lot, asof=asof, sure=sure, picture=out, only=only)


@click.command("recall")
@click.argument("lot")
@substance_option
@_out_option
@shows_answer
@with_book
@with_clocks
def recall_command(
    *, book: Book, lot: str, asof: AsOf, only: tuple[str, ...], out: Path | None
) -> Answer:
    """Show where the matter of LOT went: each lot, customer and loss that it reached, by element.

    \b
    Example:
      loopbook recall L-012
      loopbook recall L-012 -s Ni --out l-012.svg
    """
    from loopbook.trace import recall_lot

    return recall_lot(book, lot, asof=asof, picture=out, only=only)


@click.command("path")
@click.argument("source")
@click.argument("target")
@_out_option
@shows_answer
@with_book
@with_clocks
def path_command(*, book: Book, source: str, target: str, asof: AsOf, out: Path | None) -> Answer:
    """Show all ways on which matter went from lot SOURCE to lot TARGET.

    \b
    Example:
      loopbook path L-012 CELLS-7
    """
    from loopbook.trace import path_between

    return path_between(book, source, target, asof=asof, picture=out)


@click.command("suspect")
@click.argument("lot")
@substance_option
@click.option(
    "--certificates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV of what was stated of lots: certificate, lot, claim.",
)
@register_option
@shows_answer
@with_book
@with_clocks
def suspect_command(
    *,
    book: Book,
    lot: str,
    asof: AsOf,
    only: tuple[str, ...],
    certificates: Path | None,
    folder: Path | None,
) -> Answer:
    """Show what is affected if LOT is bad.

    Who received matter from it, what is still in stock, which certificates to withdraw.

    \b
    Example:
      loopbook suspect L-012 --certificates certificates.csv
      loopbook suspect CELL-1 --book postgresql://db.example/plant --register serials
    """
    from loopbook.serials import open_register, register_of
    from loopbook.trace import read_certificates, suspect

    stated = read_certificates(certificates, book) if certificates else ()
    register = register_of(book.address) if folder is None else open_register(folder)
    return suspect(book, lot, asof=asof, certificates=stated, register=register)


@click.command("on-site")
@click.argument("site")
@substance_option
@click.option(
    "--by",
    type=click.Choice(["supplier", "material"]),
    help="Also show where all of it came from, by supplier or by material.",
)
@shows_answer
@with_book
@with_clocks
def on_site_command(
    *, book: Book, site: str, asof: AsOf, only: tuple[str, ...], by: str | None
) -> Answer:
    """List what is at SITE ('in transit' for the road): each lot and owner, and its origins.

    \b
    Example:
      loopbook on-site Recycler --by supplier
    """
    from loopbook.trace import on_site

    return on_site(book, site, asof=asof, by=by)


@click.command("origins")
@click.option("-s", "--substance", default="Ni", show_default=True, help="Whose shares.")
@click.option(
    "--by",
    type=click.Choice(["supplier", "material", "both"]),
    default="supplier",
    show_default=True,
    help="What the groups are.",
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV with supplier, material, group: countries, chemistries, pre- and post-consumer, ...",
)
@click.option("--material", help="Only lots of this material.")
@click.option("--keep", is_flag=True, help="Keep the genealogy beside the book, for next time.")
@shows_answer
@with_book
@with_clocks
def origins_command(
    *,
    book: Book,
    asof: AsOf,
    substance: str,
    by: str,
    groups: Path | None,
    material: str | None,
    keep: bool,
) -> Answer:
    """Show for many lots at once where their matter came from, by group.

    For a large book, --keep writes its genealogy to a folder beside the file; the next questions
    map it into memory and add what is new.

    \b
    Example:
      loopbook origins -s Ni --by supplier --material cells --keep
      loopbook origins -s Co --groups countries.csv --save origins.parquet
    """
    from loopbook.trace import genealogy_beside, origins_of

    genealogy = genealogy_beside(book, asof, keep=keep)
    return origins_of(book, genealogy, substance, by=by, groups=groups, material=material)
