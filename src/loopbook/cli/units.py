"""``loopbook units``: the unit operations that flowsheets are built of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.report import Answer


@click.command("units")
@click.argument("kind", required=False)
@shows_answer
def units_command(kind: str | None) -> Answer:
    """List the unit operations of flowsheets, or describe one KIND with its law and parameters.

    \b
    Example:
      loopbook units
      loopbook units sieve
    """
    from loopbook.flowsheet import describe_unit, unit_kinds

    return unit_kinds() if kind is None else describe_unit(kind)
